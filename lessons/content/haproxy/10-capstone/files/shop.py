"""One counter of the sweet shop. It remembers baskets, in its own head only.

GET /            a greeting
POST /basket     one more sweet in the basket of the customer whose cookie SHOPPER this is
POST /login      checks a PIN, which is always wrong in this lab
GET /healthz     200 when well, 500 when ill
POST /fall-ill?9 ill for nine seconds: the port stays open, every answer is an error
"""

import os
import time
import uuid
from collections import Counter
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.environ["NAME"]
baskets = Counter()
ill_until = 0.0


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if time.monotonic() < ill_until:
            return self.answer(500, "I do not feel well.\n")
        return self.answer(200, f"{NAME}\n")

    def do_POST(self):
        global ill_until
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        if path == "/fall-ill":
            ill_until = time.monotonic() + min(float(query or 9), 60)
            return self.answer(200, "Oh dear.\n")
        if path == "/login":
            return self.answer(401, "Wrong PIN.\n")
        if path == "/basket" and time.monotonic() >= ill_until:
            return self.add()
        return self.do_GET()

    def add(self):
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("SHOPPER")
        shopper = cookie.value if cookie else uuid.uuid4().hex
        if len(baskets) < 10_000:
            baskets[shopper] += 1
        return self.answer(200, f"{baskets[shopper]}\n", f"SHOPPER={shopper}; Path=/; HttpOnly; Secure")

    def answer(self, status, text, cookie=None):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", NAME)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """The balancer keeps the log."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A balancer's health check hangs up without a word; that is no error."""


if __name__ == "__main__":
    Server(("", 8000), Shop).serve_forever()
