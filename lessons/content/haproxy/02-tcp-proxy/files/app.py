"""A telephone line of the shop: says its own name, and who it thinks is calling.

Port 8000 speaks plain HTTP. Port 8001 speaks HTTP too, but insists that the first
line of every connection is a PROXY header (version 1) with the caller's address.
"""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.environ["NAME"]


class Line(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def caller(self):
        return self.client_address[0]

    def do_GET(self):
        text = self.caller() if self.path.startswith("/who") else NAME
        body = f"{text}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", NAME)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """The exchange keeps the log."""


class AnnouncedLine(Line):
    """A line whose calls are announced: PROXY TCP4 caller us caller-port our-port."""

    announced = None

    def caller(self):
        return self.announced or super().caller()

    def handle(self):
        words = self.rfile.readline(108).decode("ascii", "replace").split()
        if len(words) >= 2 and words[0] == "PROXY":
            self.announced = words[2] if len(words) == 6 else None
            super().handle()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A health check hangs up without a word; that is no error."""


if __name__ == "__main__":
    announced = Server(("", 8001), AnnouncedLine)
    threading.Thread(target=announced.serve_forever, daemon=True).start()
    Server(("", 8000), Line).serve_forever()
