"""A visitor who never stops asking, and remembers each time that he was not answered."""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from .site import Site


PAUSE_SECONDS = 0.1


class Loss(NamedTuple):
    """A request that was not answered rightly."""

    moment: float
    what: str


class Visitor:
    """Asks for the health page through nginx ten times a second, each time on a new connection."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.asked = 0
        self.lost: list[Loss] = []
        self.leaves = threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.leaves.set()
        self.thread.join()
        assert self.asked, "The visitor never asked."

    def ask(self) -> None:
        """Ask until the block ends."""
        while not self.leaves.wait(PAUSE_SECONDS):
            moment = time.monotonic()
            self.asked += 1
            try:
                answer = self.site.ask("/health/", User_Agent="visitor")
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(Loss(moment, repr(error)))
            else:
                if answer.status != 200:
                    self.lost.append(Loss(moment, f"{answer.status}: {answer.body[:200]}"))

    def lost_but_between(self, start: float, end: float) -> list[Loss]:
        """What was lost outside of a time when there was nobody to answer."""
        return [loss for loss in self.lost if not start <= loss.moment <= end]
