"""Asking nginx as a visitor does."""

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_string
from email.message import Message
from typing import Any

import pytest
from testinfra.host import Host

CURL = "curl --silent --show-error --max-time 10 --path-as-is --include"
TLS_PORT = 8443

Curl = Callable[[str], Any]


@dataclass(frozen=True)
class Answer:
    """What nginx answered; `text` is all of it, for the message of a test that fails."""

    status: int
    headers: Message
    body: str
    text: str


@pytest.fixture
def curl(host: Host) -> Curl:
    """Run curl on the host, whatever comes of it."""
    return lambda words: host.run(f"{CURL} {words}")


@pytest.fixture
def ask(curl: Curl) -> Callable[..., Answer]:
    """Ask nginx for a path of a site, with options of curl, whoever vouches for a certificate."""

    def answer(path: str, *options: str, name: str = "dev.test", port: int = 8080) -> Answer:
        to = f"--header 'Host: {name}' 'http://127.0.0.1:{port}{path}'"
        if port == TLS_PORT:
            to = f"--insecure --resolve {name}:{port}:127.0.0.1 'https://{name}:{port}{path}'"
        done = curl(f"{' '.join(options)} {to}")
        text: str = done.stdout.replace("\r\n", "\n")
        assert done.rc == 0, f"{done.stderr}\n{text}"
        head, _empty, body = text.partition("\n\n")
        first, _newline, headers = head.partition("\n")
        return Answer(int(first.split()[1]), message_from_string(headers), body, text)

    return answer
