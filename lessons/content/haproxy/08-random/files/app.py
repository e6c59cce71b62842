"""One clerk of the village: answers every request with its own name.

On /busy/app2 the clerk app2 needs a fifth of a second and the others nothing; the header
X-Pace says which of the two it was.
"""

import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.environ["NAME"]


class Clerk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        busy = self.path.partition("?")[0] == f"/busy/{NAME}"
        time.sleep(0.2 if busy else 0)
        body = f"{NAME}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", NAME)
        self.send_header("X-Pace", "busy" if busy else "free")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """A clerk keeps no log; the balancer does."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A balancer's health check hangs up without a word; that is no error."""


if __name__ == "__main__":
    Server(("", 8000), Clerk).serve_forever()
