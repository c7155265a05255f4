"""What answers on the instance's socket in the place of an application."""

import json
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler


class Handler(BaseHTTPRequestHandler):
    """Tells what it was asked."""

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(5)
        known = {"/": 200, "/slow": 200, "/own": 200, "/error": 500}
        self.answer(known.get(self.path, 404), dict(self.headers))

    def do_POST(self) -> None:
        self.answer(200, len(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, status: int, found: object) -> None:
        self.send_response(status)
        if self.path == "/own":
            self.send_header("X-Frame-Options", "SAMEORIGIN")
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def address_string(self) -> str:
        return "a socket, which has no address"


with socketserver.ThreadingUnixStreamServer(sys.argv[1], Handler) as server:
    server.serve_forever()
