"""A shop with moods: GET /NAME/MOOD answers by a script and remembers every hit.

NAME is any word. Each name has a script and a log of its own, so that customers
do not disturb each other. GET /NAME/log shows the log.

POST /NAME/pay with a number of rupees books a payment. The line goes dead every
second time, after the money was booked. GET /NAME/till shows what was booked.

On the node itself:  shop.py forget NAME    forgets what NAME did
                     shop.py crowd NAME     compares NAME-1, NAME-2, …
"""

import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8000
HANG = 20

# What each mood answers, one after the other and then from the beginning.
MOODS = {
    "fine": [200],
    "moody": [500, 500, 200],
    "broken": [500],
    "missing": [404],
    "empty": [204],
    "busy": [429, 200],
    "hang": ["hang", 200],
}

lock = threading.Lock()
hits = {}
tills = {}


def note(name, mood):
    """Writes down a hit and says what the script answers to it."""
    with lock:
        mine = hits.setdefault(name, [])
        if len(hits) > 200 or len(mine) > 500:
            return 507
        turn = sum(1 for hit in mine if hit[1] == mood)
        answer = MOODS[mood][turn % len(MOODS[mood])]
        mine.append((time.monotonic(), mood, answer))
        return answer


def gaps(name):
    with lock:
        times = [hit[0] for hit in hits.get(name, [])]
    return [later - sooner for sooner, later in zip(times, times[1:])]


def log(name):
    with lock:
        mine = list(hits.get(name, []))
    waits = [0.0] + gaps(name)
    lines = [f"{mood} {answer} after {wait:.2f} s" for (_, mood, answer), wait in zip(mine, waits)]
    return "\n".join(lines + [f"hits {len(mine)}"]) + "\n"


def crowd(name):
    """Compares the waits of NAME-1, NAME-2, … : do they grow, do they differ?"""
    with lock:
        members = sorted(n for n in hits if n.startswith(name + "-"))
    waits = [gaps(member) for member in members]
    usual = [sum(same) / len(same) for same in zip(*waits)]
    grows = len(usual) > 1 and usual[-1] > 1.5 * usual[0]
    spreads = sorted(max(same) - min(same) for same in zip(*waits)) or [0]
    apart = spreads[len(spreads) // 2]  # One gap alone may be wide because the machine was busy.
    counts = " ".join(str(len(w) + 1) for w in waits)
    return (f"hits {counts}\ngrowing {'yes' if grows else 'no'}\n"
            f"mostly apart by {apart * 1000:.0f} ms\n")


def forget(name):
    with lock:
        for book in hits, tills:
            for known in [n for n in book if n == name or n.startswith(name + "-")]:
                del book[known]
    return "forgotten\n"


def book(name, rupees, key):
    """Books a payment unless its key is known. Says the receipt, and whether the line holds."""
    with lock:
        till = tills.setdefault(name, {"calls": 0, "booked": []})
        till["calls"] += 1
        booked = till["booked"]
        known = [number for number, (_, old) in enumerate(booked, 1) if key and old == key]
        if not known:
            if len(tills) > 200 or len(booked) >= 500:
                return None, True
            booked.append((rupees, key))
            known = [len(booked)]
        number = known[0]
        return f"receipt {number}: {booked[number - 1][0]} rupees\n", till["calls"] % 2 == 0


def show_till(name):
    with lock:
        booked = list(tills.get(name, {"booked": []})["booked"])
    lines = [f"receipt {number}: {rupees} rupees, {'key ' + key[:8] if key else 'no key'}"
             for number, (rupees, key) in enumerate(booked, 1)]
    total = sum(rupees for rupees, _ in booked)
    return "\n".join(lines + [f"booked {len(booked)}, {total} rupees in all"]) + "\n"


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = self.path.strip("/").split("/")
        if len(parts) != 2:
            return self.answer(404, "Ask for /NAME/MOOD.\n")
        name, mood = parts
        own = {"crowd": crowd, "forget": forget}
        if mood == "log":
            return self.answer(200, log(name))
        if mood == "till":
            return self.answer(200, show_till(name))
        if mood in own and self.client_address[0] == "127.0.0.1":
            return self.answer(200, own[mood](name))
        if mood not in MOODS:
            return self.answer(404, "No such mood.\n")
        self.play(note(name, mood))

    def do_POST(self):
        parts = self.path.strip("/").split("/")
        sent = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 100)).decode("ascii", "replace").strip()
        if len(parts) != 2 or parts[1] != "pay":
            return self.answer(404, "Pay at /NAME/pay.\n")
        if not sent.isdigit():
            return self.answer(400, "Send a number of rupees.\n")
        receipt, holds = book(parts[0], int(sent), self.headers.get("Idempotency-Key", "")[:64])
        if receipt is None:
            return self.answer(507, "The book is full.\n")
        if holds:
            return self.answer(200, receipt)
        self.close_connection = True  # Booked, but nobody hears of it.

    def play(self, answer):
        if answer == "hang":
            time.sleep(HANG)
            answer = 200
        words = {200: "rice 52\n", 404: "no such shelf\n", 429: "one at a time, please\n"}
        self.answer(answer, words.get(answer, "the shelf fell down\n"))

    def answer(self, status, text):
        body = b"" if status == 204 else text.encode()
        try:
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "2")
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # The customer has gone.

    def log_message(self, *_):
        pass  # The log that counts is ours.


def main():
    if len(sys.argv) == 3:
        order, name = sys.argv[1:]
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/{name}/{order}", timeout=5) as answer:
            print(answer.read().decode(), end="")
    else:
        ThreadingHTTPServer(("", PORT), Shop).serve_forever()


main()
