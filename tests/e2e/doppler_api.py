"""Doppler's API as its CLI asks it, in small: `python3 doppler_api.py PORT STATE`.

STATE is a file of JSON with the one good `token` and its `secrets`, read at each request.
"""

import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

ABOUT = {"DOPPLER_PROJECT": "shop", "DOPPLER_CONFIG": "dev", "DOPPLER_ENVIRONMENT": "dev"}


class Api(BaseHTTPRequestHandler):
    """The one call that the CLI makes."""

    state = Path(sys.argv[2] if len(sys.argv) > 2 else "state.json")

    def do_GET(self) -> None:
        """Answer with the secrets, if it is they who are wanted and the token is right."""
        state = json.loads(self.state.read_text())
        if urlsplit(self.path).path != "/v3/configs/config/secrets/download":
            self.answer(404, {"messages": ["Not found"], "success": False})
        elif self.headers.get("Authorization") != f"Bearer {state['token']}":
            self.answer(401, {"messages": ["Invalid Service token"], "success": False})
        else:
            self.answer(200, state["secrets"] | ABOUT)

    def answer(self, status: int, told: dict[str, object]) -> None:
        """Send it, or that it is known already."""
        body = json.dumps(told).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        known = status == 200 and self.headers.get("If-None-Match") == tag
        self.send_response(304 if known else status)
        self.send_header("Content-Type", "application/json")
        self.send_header("ETag", tag)
        self.send_header("Content-Length", "0" if known else str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if known else body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Api).serve_forever()
