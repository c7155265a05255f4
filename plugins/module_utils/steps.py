# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How modules of several steps time what they do and fail with evidence."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Optional, Protocol

# gunicorn says 48 lines of its own after a worker that does not boot.
EVIDENCE_LINES = 60


class Failed(Exception):
    """A step went wrong. ``evidence`` holds lines that show why: output, a log, an answer.

    ``asks`` holds what a person is to see to, where it can go on after that.
    """

    def __init__(self, sentence: str, evidence: str = "", asks: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.asks = list(asks)
        self.evidence = evidence.strip().splitlines()[-EVIDENCE_LINES:]


class Keeper(Protocol):
    """What a run holds while it works, and tells how far it is."""

    def keep(self, step: str = "") -> None:
        """Hold it on; ``step`` is what goes on now."""

    def end(self) -> None:
        """Give it back: the run has nothing more to do."""

    def event(self) -> dict[str, Any]:
        """What the history tells of the run."""


class Steps:
    """The steps that a module took, each with its seconds, for the report.

    ``release`` is the id of the release that they are about, once there is one; ``lease`` is what
    the run holds meanwhile.
    """

    def __init__(self, lease: Optional[Keeper] = None) -> None:
        self.taken: list[dict[str, Any]] = []
        self.release = ""
        self.lease = lease

    @property
    def run(self) -> dict[str, Any]:
        """What the history tells of the run; nothing outside of one."""
        return self.lease.event() if self.lease else {}

    def begin(self, name: str) -> dict[str, Any]:
        """Note that a step begins; its entry, whose ``seconds`` are to be set."""
        entry: dict[str, Any] = {"name": name, "seconds": 0.0}
        self.taken.append(entry)
        if self.lease:
            self.lease.keep(name)
        return entry

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Time a block; the block may set ``detail`` of what it is given."""
        started = time.monotonic()
        entry = self.begin(name)
        try:
            yield entry
        finally:
            entry["seconds"] = round(time.monotonic() - started, 2)

    def failure(self, failure: Failed) -> dict[str, Any]:
        """The result of a module that failed: the sentence, its evidence and the steps so far."""
        asked = {"asks": failure.asks} if failure.asks else {}
        return {
            "failed": True,
            "msg": str(failure),
            "evidence": failure.evidence,
            "steps": self.taken,
            **asked,
        }
