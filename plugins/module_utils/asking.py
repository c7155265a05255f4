# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking an application over HTTP: on a slot's own socket, or through nginx."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import struct
from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlsplit

from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

SHOWN = 600


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket; ``peer`` is the process that listens there."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path
        self.peer = 0

    def connect(self) -> None:
        """Connect, and ask the kernel who listens (unix(7), SO_PEERCRED)."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
        credentials = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.peer = struct.unpack("3i", credentials)[0]


class TlsConnection(http.client.HTTPConnection):
    """HTTP over TLS to this host for a name, whoever vouches for the certificate."""

    def __init__(self, name: str, port: int, timeout: float) -> None:
        super().__init__("127.0.0.1", port, timeout=timeout)
        self.name = name

    def connect(self) -> None:
        """Connect, and ask for the name in the handshake."""
        super().connect()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock, server_hostname=self.name)


@dataclass(frozen=True)
class Question:
    """What is asked: a path, the Host and scheme that a visitor would use, the right status."""

    path: str
    host: str
    scheme: str
    status: int
    timeout: float

    def ask(self, connection: http.client.HTTPConnection, follow: bool = False) -> Optional[int]:
        """Ask once. Raises Failed with the answer when it is not the right one.

        The port where the same is to be asked over TLS, if that is the answer and may be
        followed.
        """
        headers = {
            "Host": self.host,
            "X-Forwarded-Proto": self.scheme,
            "X-Forwarded-For": "127.0.0.1",
            "User-Agent": "slipway",
        }
        try:
            connection.request("GET", self.path, headers=headers)
            answer = connection.getresponse()
            body = answer.read(SHOWN).decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{self.path} did not answer: {error}.") from error
        finally:
            connection.close()
        # Before the status is looked at: a redirect may be the right one, and this one is nginx's.
        port = self.secure_port(answer.getheader("Location") or "") if follow else None
        if port is None and answer.status != self.status:
            raise Failed(
                f"{self.path} answered {answer.status} {answer.reason}, not {self.status}.", body
            )
        return port

    def secure_port(self, location: str) -> Optional[int]:
        """The port to which a redirect sends a visitor for the same over TLS, if it does that."""
        try:
            place = urlsplit(location)
            port = place.port or 443
        except ValueError:
            return None
        asked = place._replace(scheme="", netloc="").geturl()
        same = (place.scheme, place.hostname, asked) == ("https", self.host.lower(), self.path)
        return port if same else None

    def ask_socket(self, path: str) -> int:
        """Ask on a Unix socket; the id of the process that listens there."""
        connection = UnixConnection(path, self.timeout)
        self.ask(connection)
        return connection.peer

    def ask_nginx(self, port: int) -> None:
        """Ask through the web server of this host, which may send on to the same over TLS."""
        plain = http.client.HTTPConnection("127.0.0.1", port, timeout=self.timeout)
        secure = self.ask(plain, follow=True)
        if secure is not None:
            self.ask(TlsConnection(self.host, secure, self.timeout))


def runs(process: int, instance: Instance, release: str) -> bool:
    """Whether a process of the instance runs in a release, in whichever directory of it.

    Only the process's own user and group may look, even where root lacks CAP_SYS_PTRACE.
    """
    directory = run(
        ["readlink", f"/proc/{process}/cwd"],
        problem="The process that answered is gone.",
        user=instance.user,
        group=instance.web_group,
    )
    whole = os.path.realpath(instance.release(release))
    return os.path.commonpath([whole, directory.strip()]) == whole
