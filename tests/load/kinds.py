"""What is asked of the demo, how often, and which answer is the right one."""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable

from tests.load.http import Answer, Lost

SLOW_SECONDS = 3
UPLOAD_BYTES = 100_000


@dataclasses.dataclass(frozen=True)
class Question:
    """One request and the body that must come back; without one, JSON that names the release."""

    path: str
    body: bytes = b""
    expected: bytes | None = None

    def head(self, name: str, *, keep: bool) -> bytes:
        """The request's first line and headers."""
        method = f"POST {self.path}" if self.body else f"GET {self.path}"
        lines = [f"{method} HTTP/1.1", f"Host: {name}", "User-Agent: slipway-load"]
        if self.body:
            lines += [f"Content-Length: {len(self.body)}", "Content-Type: application/octet-stream"]
        if not keep:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode()

    def read(self, answer: Answer) -> str:
        """The release that the answer names, if it is asked to. Raises Lost if it is not right."""
        if answer.status != 200:
            raise Lost(f"status {answer.status}")
        if self.expected is None:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                return str(json.loads(answer.body)["release"])
        elif answer.body == self.expected:
            return ""
        raise Lost(f"another body: {answer.body[:60]!r}")


@dataclasses.dataclass(frozen=True)
class Kind:
    """Requests of one sort: ``ask`` makes the question of a number."""

    name: str
    per_second: float
    ask: Callable[[int], Question]
    keep: bool = False


def health(_number: int) -> Question:
    """Ask for the page that names the release."""
    return Question("/health/")


def slow(_number: int) -> Question:
    """Ask for an answer that takes its time."""
    return Question(f"/slow/?seconds={SLOW_SECONDS}", expected=b"slept %d s\n" % SLOW_SECONDS)


def upload(number: int) -> Question:
    """Send a body that no other request has; the answer is its hash."""
    body = (b"%d " % number).ljust(UPLOAD_BYTES, b"x")
    return Question("/upload/", body, hashlib.sha256(body).hexdigest().encode() + b"\n")


def stream(_number: int) -> Question:
    """Ask for lines that come one by one."""
    count = SLOW_SECONDS * 10
    lines = [b"line %d of %d\n" % (line, count) for line in range(1, count + 1)]
    return Question(f"/stream/?seconds={SLOW_SECONDS}", expected=b"".join(lines))


KINDS = (
    Kind("fast, kept connection", 40, health, keep=True),
    Kind("fast, fresh connection", 20, health),
    Kind("upload of 100 kB", 2, upload, keep=True),
    Kind("slow, 3 s", 1, slow),
    Kind("stream, 3 s", 0.5, stream),
)
