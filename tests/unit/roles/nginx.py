"""An nginx of the test's own, with all its files below a directory."""

import http.client
import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.unit.roles.conftest import Render

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
MAIN = """\
daemon off;
master_process off;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/sites/*;
}}
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@dataclass
class Server:
    """nginx with its files below a directory, and the application that it asks."""

    directory: Path
    render: Render
    port: int = field(default_factory=free_port)
    asked: list[dict[str, str]] = field(default_factory=list)
    answer: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The directory that holds every project."""
        return self.directory / "www"

    def write(self, template: str, **given: object) -> None:
        """Write a site, with its port and its logs where this user may have them."""
        text = self.render("nginx", template, slipway_root=str(self.root), **given)
        text = re.sub(r"\b80 default_server", f"{self.port} default_server", text)
        text = text.replace("/var/log/nginx", str(self.directory))
        (self.directory / "sites" / template).write_text(text)

    def command(self, *words: str) -> list[str]:
        """The words that start this nginx."""
        log = str(self.directory / "error.log")
        return [str(NGINX), "-e", log, "-c", str(self.directory / "nginx.conf"), *words]

    def complaint(self) -> str:
        """What `nginx -t` says against the configuration."""
        done = subprocess.run(self.command("-t", "-q"), capture_output=True, text=True, check=False)
        assert bool(done.returncode) == bool(done.stderr), done
        return done.stderr

    def get(self, path: str, host: str = "dev.example.com") -> http.client.HTTPResponse:
        """Ask as a visitor."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path, headers={"Host": host, "X-Forwarded-For": "1.2.3.4"})
        return connection.getresponse()


def application(server: Server) -> type[BaseHTTPRequestHandler]:
    """What answers behind nginx, with the headers that the test chose."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(dict(self.headers))
            self.send_response(200)
            for name, value in {"Content-Length": "0", **server.answer}.items():
                self.send_header(name, value)
            self.end_headers()

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    return Handler


def listens(port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
