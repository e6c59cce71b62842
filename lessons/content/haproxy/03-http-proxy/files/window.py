"""The shop window: hands out finished things, files below /static/ and nothing else."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOODS = {
    "/static/saree.txt": "A silk saree, peacock blue, with a temple border.\n",
    "/static/style.css": "body { background: #fdf6e3 }\n",
}


class Window(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        goods = GOODS.get(self.path.partition("?")[0])
        body = (goods or "Nothing of that name hangs in the window.\n").encode()
        self.send_response(200 if goods else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", "window")
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
    Server(("", 8000), Window).serve_forever()
