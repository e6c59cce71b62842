"""Customers with browsers: they keep cookies and open a new connection for each request.

    python3 /srv/customers.py basket    one customer puts nine sweets into a basket
    python3 /srv/customers.py arrive    forty customers arrive; who serves them?
    python3 /srv/customers.py return    the same forty come again, ten times each, eight at once
    python3 /srv/customers.py login     three tries at the PIN
"""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

SHOP = "https://haproxy"
SEAL = "/etc/shop/ca.pem"
MEMORY = "/tmp/customers.json"


def ask(method, path, cookies):
    """One request on a connection of its own; new cookies go into cookies."""
    kept = "; ".join(f"{name}={value}" for name, value in cookies.items())
    answer = requests.request(method, SHOP + path, headers={"Cookie": kept, "Connection": "close"}, verify=SEAL, timeout=8)
    cookies.update(answer.cookies.get_dict())
    return answer


def basket():
    cookies, servers, marks = {}, Counter(), set()
    for _ in range(9):
        answer = ask("POST", "/basket", cookies)
        answer.raise_for_status()
        servers[answer.headers.get("X-Served-By", "nobody")] += 1
        for line in answer.raw.headers.getlist("Set-Cookie"):
            if not line.startswith("SHOPPER="):
                marks.add(line.lower())
    print(f"sweets in the basket: {answer.text.strip()}")
    print(f"counters visited: {len(servers)}")
    for mark in marks:
        print("haproxy's cookie:", "HttpOnly," if "httponly" in mark else "readable by scripts,", "Secure" if "secure" in mark else "sent openly")


def arrive():
    crowd, servers = [], Counter()
    for _ in range(40):
        cookies = {}
        answer = ask("GET", "/", cookies)
        answer.raise_for_status()
        servers[answer.headers.get("X-Served-By", "nobody")] += 1
        crowd.append([cookies, answer.text.strip()])
    with open(MEMORY, "w") as memory:
        json.dump(crowd, memory)
    print(", ".join(f"{name} {count}" for name, count in sorted(servers.items())))


def come_again(customer):
    cookies, before = customer
    seen, failed = set(), 0
    for _ in range(10):
        try:
            answer = ask("GET", "/", cookies)
            failed += answer.status_code != 200
            seen.add(answer.text.strip())
        except requests.RequestException:
            failed += 1
    return failed, seen == {before}


def again():
    with open(MEMORY) as memory:
        crowd = json.load(memory)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(come_again, crowd))
    print(f"requests: {10 * len(crowd)}, failed: {sum(failed for failed, _ in results)}")
    print(f"customers who kept their counter: {sum(faithful for _, faithful in results)} of {len(crowd)}")


def login():
    print(*(ask("POST", "/login", {}).status_code for _ in range(3)))


def main():
    actions = {"basket": basket, "arrive": arrive, "return": again, "login": login}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    try:
        actions[sys.argv[1]]()
    except requests.RequestException as error:
        sys.exit(f"the shop could not be reached: {error}")
    except FileNotFoundError:
        sys.exit("nobody has arrived yet: run arrive first")


if __name__ == "__main__":
    main()
