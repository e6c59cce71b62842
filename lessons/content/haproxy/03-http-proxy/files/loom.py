"""The weaver: makes every answer fresh, and can fall ill without leaving the loom.

GET /healthz says 200 when the weaver is well and 500 when not. POST /thread-breaks?9
breaks the thread for nine seconds: the port stays open, the answers are errors.
?0 mends it at once.
"""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

broken_until = 0.0


class Loom(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if time.monotonic() < broken_until:
            return self.answer(500, "The thread is broken.\n")
        if path == "/api/sealed":
            return self.answer(200, f"{self.headers.get('X-Forwarded-Proto', 'nobody told me')}\n")
        return self.answer(200, f"Woven for you: {path}\n")

    def do_POST(self):
        global broken_until
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        if path == "/thread-breaks":
            broken_until = time.monotonic() + min(float(query or 9), 60)
            return self.answer(200, "The thread breaks.\n")
        return self.do_GET()

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", "loom")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """The door keeps the log."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A health check hangs up without a word; that is no error."""


if __name__ == "__main__":
    Server(("", 8000), Loom).serve_forever()
