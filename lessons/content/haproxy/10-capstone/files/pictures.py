"""The album: pictures of sweets, in words."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Album(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"A picture of palkova, still warm.\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", "pictures")
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
    Server(("", 8000), Album).serve_forever()
