"""Asking nginx as a visitor does."""

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_string
from email.message import Message

import pytest
from testinfra.host import Host

CURL = "curl --silent --show-error --max-time 10 --path-as-is --include --header Host:dev.test"


@dataclass(frozen=True)
class Answer:
    """What nginx answered; `text` is all of it, for the message of a test that fails."""

    status: int
    headers: Message
    body: str
    text: str


@pytest.fixture
def ask(host: Host) -> Callable[..., Answer]:
    """Ask nginx for a path of the site, with options of curl."""

    def answer(path: str, *options: str) -> Answer:
        done = host.run(f"{CURL} {' '.join(options)} 'http://127.0.0.1:8080{path}'")
        text: str = done.stdout.replace("\r\n", "\n")
        assert done.rc == 0, f"{done.stderr}\n{text}"
        head, _empty, body = text.partition("\n\n")
        first, _newline, headers = head.partition("\n")
        return Answer(int(first.split()[1]), message_from_string(headers), body, text)

    return answer
