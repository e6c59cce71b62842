"""One scale of the ration shop: answers every request with its own name.

The path says what kind of day it is. On /quick/app1 the scale app1 works at once and
the others need a second. On /even every scale needs a twentieth of a second. Everywhere
else all are quick.
"""

import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.environ["NAME"]


def seconds(path):
    if path.startswith("/quick/"):
        return 0 if path == f"/quick/{NAME}" else 1
    return 0.05 if path == "/even" else 0


class Scale(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(seconds(self.path.partition("?")[0]))
        body = f"{NAME}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", NAME)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """A scale keeps no log; the balancer does."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A balancer's health check hangs up without a word; that is no error."""


if __name__ == "__main__":
    Server(("", 8000), Scale).serve_forever()
