from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *args):
        pass


servers = [ThreadingHTTPServer(("", port), Shop) for port in (8002, 8003, 8001)]
for server in servers[:-1]:
    Thread(target=server.serve_forever, daemon=True).start()
servers[-1].serve_forever()
