"""An nginx of the test's own, with all its files below a directory."""

import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

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
    """nginx with its files below a directory."""

    directory: Path
    render: Render
    port: int = field(default_factory=free_port)

    @property
    def root(self) -> Path:
        """The directory that holds every project."""
        return self.directory / "www"

    def write(self, template: str, **given: object) -> None:
        """Write a site, with its port and its logs where this user may have them."""
        text = self.render("nginx", template, slipway_root=str(self.root), **given)
        text = re.sub(r"\b80 default_server", f"{self.port} default_server", text)
        text = text.replace("/var/log/nginx", str(self.directory))
        text = re.sub("/etc/slipway/tls/[a-z_]+/current", str(self.directory), text)
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
