"""What answers on the instance's socket in the place of an application."""

import base64
import hashlib
import json
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

# What RFC 6455 has a server add to a WebSocket's key.
WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
OWN = {
    "/own": {"X-Frame-Options": "SAMEORIGIN", "X-Request-ID": "an application's own"},
    "/cookies": {"Set-Cookie": f"large={'x' * 12000}"},
    "/protected": {"X-Accel-Redirect": "/protected/invoice.txt"},
}


class Handler(BaseHTTPRequestHandler):
    """Tells what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/slow":
            time.sleep(5)
        if path == "/stream":
            return self.stream()
        if self.headers.get("Upgrade"):
            return self.echo()
        known = {"/": 200, "/slow": 200, "/error": 500, "/busy": 503} | dict.fromkeys(OWN, 200)
        well = path.startswith("/health/")
        return self.answer(200 if well else known.get(path, 404), dict(self.headers))

    def do_POST(self) -> None:
        self.answer(200, len(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, status: int, found: object) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        for name, value in OWN.get(urlsplit(self.path).path, {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        """Say something at once, and something else two thirds of a second later."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("X-Accel-Buffering", "no")
        self.end_headers()
        for word in (b"first", b"last"):
            self.wfile.write(word)
            time.sleep(0.7)

    def echo(self) -> None:
        """Shake hands for a WebSocket, and send back what comes."""
        key = self.headers["Sec-WebSocket-Key"] + WEBSOCKET
        accepted = base64.b64encode(hashlib.sha1(key.encode()).digest())  # noqa: S324
        self.send_response(101)
        self.send_header("Upgrade", self.headers["Upgrade"])
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accepted.decode())
        self.end_headers()
        self.wfile.write(self.rfile.read(4))
        self.close_connection = True

    def address_string(self) -> str:
        return "a socket, which has no address"


with socketserver.ThreadingUnixStreamServer(sys.argv[1], Handler) as server:
    server.serve_forever()
