"""The crowd of the festival: many visitors, or many songs, asked for through haproxy.

    python3 /srv/crowd.py visitors shares   how many each keeper has
    python3 /srv/crowd.py visitors again    who meets another keeper the next time
    python3 /srv/crowd.py visitors close    who moves when app2 closes and opens again
    python3 /srv/crowd.py songs shares      the same for songs: again, close

Visitors come from 600 addresses. They arrive by bus, and the bus company announces each
of them with a PROXY header, so that one machine can bring a whole town. Songs are 600
paths that differ only behind the question mark. Nobody carries a cookie, and every
request has a connection of its own.
"""

import random
import socket
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

PEOPLE = 600
CLOSING = "app2"


def visitors():
    """Addresses, new ones on every run."""
    chosen = random.sample(range(1, 2**24 - 1), PEOPLE)
    return [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in chosen]


def songs():
    return [f"/song?number={n}" for n in random.sample(range(100_000), PEOPLE)]


def visit(address):
    return fetch(81, f"PROXY TCP4 {address} 127.0.0.1 40000 81\r\n", "/")


def listen(path):
    return fetch(8080, "", path)


def fetch(port, announcement, path):
    """The name of whoever answers."""
    request = f"{announcement}GET {path} HTTP/1.1\r\nHost: haproxy\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("haproxy", port), timeout=5) as door:
        door.sendall(request.encode())
        answer = b""
        while piece := door.recv(4096):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"port {port} answered {head.splitlines()[0].decode()!r}" if head else f"port {port} hung up")
    return body.decode().strip()


def ask(keys, how):
    """Everybody asks once, in an order of their own: who served whom."""
    shuffled = random.sample(keys, len(keys))
    with ThreadPoolExecutor(12) as pool:
        return dict(zip(shuffled, pool.map(how, shuffled)))


def order(command):
    """Gives an order to the running balancer and returns its answer."""
    try:
        with socket.create_connection(("haproxy", 9999), timeout=5) as line:
            line.sendall(f"{command}\n".encode())
            line.shutdown(socket.SHUT_WR)
            return "".join(iter(lambda: line.recv(4096).decode(), ""))
    except OSError as error:
        sys.exit(f"nobody takes orders on haproxy:9999 ({error}); the stats socket line is needed for this")


def open_again(backend):
    order(f"set server {backend}/{CLOSING} state ready")
    for _ in range(50):
        states = [line.split() for line in order(f"show servers state {backend}").splitlines()]
        if any(s[3:4] == [CLOSING] and s[5] == "2" for s in states):
            return
        time.sleep(0.1)
    sys.exit(f"{CLOSING} does not come back in the backend {backend}")


def shares(keys, how, backend):
    counts = Counter(ask(keys, how).values())
    for name, count in sorted(counts.items()):
        print(f"{name} {count:4}  {100 * count / len(keys):.1f} %")
    print(f"keepers: {len(counts)}, fewest: {100 * min(counts.values()) / len(keys):.1f} %, most: {100 * max(counts.values()) / len(keys):.1f} %")


def again(keys, how, backend):
    rounds = [ask(keys, how) for _ in range(4)]  # Not three: three keepers in turn must not look faithful.
    strayed = sum(len({r[key] for r in rounds}) > 1 for key in keys)
    print(f"{len(keys)} asked four times, in shuffled order")
    print(f"met different keepers: {strayed}")


def close(keys, how, backend):
    open_again(backend)
    before = ask(keys, how)
    if answer := order(f"set server {backend}/{CLOSING} state maint").strip():
        sys.exit(f"haproxy says: {answer}")
    try:
        during = ask(keys, how)
    finally:
        open_again(backend)
    after = ask(keys, how)
    moved = [key for key in keys if during[key] != before[key]]
    print(f"{CLOSING} had: {sum(name == CLOSING for name in before.values())}")
    print(f"moved when it closed: {len(moved)}")
    print(f"moved without need: {sum(before[key] != CLOSING for key in moved)}")
    print(f"back where they were when it opened: {sum(after[key] == before[key] for key in keys)}")


def main():
    crowds = {"visitors": (visitors, visit, "stands"), "songs": (songs, listen, "records")}
    actions = {"shares": shares, "again": again, "close": close}
    if len(sys.argv) != 3 or sys.argv[1] not in crowds or sys.argv[2] not in actions:
        sys.exit(__doc__)
    keys, how, backend = crowds[sys.argv[1]]
    try:
        actions[sys.argv[2]](keys(), how, backend)
    except OSError as error:
        sys.exit(f"haproxy: {error}")


if __name__ == "__main__":
    main()
