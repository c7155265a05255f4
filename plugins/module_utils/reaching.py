# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether names lead to this host, asked as an ACME server asks: a file, over http, at port 80."""

from __future__ import annotations

import http
import http.client
import os
import secrets
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Optional

PORT = 80
PATIENCE_SECONDS = 5.0
PATH = ".well-known/acme-challenge"
SHOWN = 4


@dataclass(frozen=True)
class Found:
    """What was found of a name: its addresses, and what each of them gave; None for no answer."""

    name: str
    answers: dict[str, Optional[str]] = field(default_factory=dict)

    def complaint(self, token: str) -> str:
        """Why the CA would not find ``token`` at the name; empty if it would."""
        if not self.answers:
            return f"{self.name} does not resolve"
        strange = [at for at, said in self.answers.items() if said not in (None, token)]
        if strange:
            return f"{self.name} leads to {', '.join(strange[:SHOWN])}, which is not this host"
        if token not in self.answers.values():
            at = ", ".join(list(self.answers)[:SHOWN])
            return f"nothing answers for {self.name} at port {PORT} of {at}"
        return ""


def complaints(names: Collection[str], webroot: str) -> dict[str, str]:
    """Why the CA would not find this host at each of these names, for those where it would not."""
    place = os.path.join(webroot, PATH)
    os.makedirs(place, mode=0o755, exist_ok=True)
    token = f"slipway-{secrets.token_hex(16)}"
    path = os.path.join(place, token)
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(token)
    try:
        found = [Found(name, answers(name, token)) for name in names]
    finally:
        os.unlink(path)
    said = {one.name: one.complaint(token) for one in found}
    return {name: why for name, why in said.items() if why}


def answers(name: str, token: str) -> dict[str, Optional[str]]:
    """What each address of a name gives for the file of the token."""
    return {address: fetch(address, name, f"/{PATH}/{token}") for address in addresses(name)}


def addresses(name: str) -> list[str]:
    """The addresses of a name; none where it does not resolve."""
    try:
        found = socket.getaddrinfo(name, PORT, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def fetch(address: str, name: str, path: str) -> Optional[str]:
    """What an address answers for a name; None where nothing does, or it cannot be reached."""
    connection = http.client.HTTPConnection(address, PORT, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": name, "User-Agent": "slipway"})
        answer = connection.getresponse()
        body = answer.read(200).decode(errors="replace")
    except OSError:
        return None
    except http.client.HTTPException:
        return "no HTTP"
    finally:
        connection.close()
    return body if answer.status == http.HTTPStatus.OK else f"status {answer.status}"
