# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease of an instance on a host: one run at a time may change it.

A run is an ansible-playbook of some controller. While one of its modules works, that module holds a
lock of the kernel, which dies with it; between two modules the lease's record stands for the run,
until a moment that each module puts off. Both lie in /run, so a reboot ends every lease.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from ansible_collections.slipway.django.plugins.module_utils import programs
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

DIRECTORY = "/run/slipway"
POLL_SECONDS = 0.2
OPTIONS: dict[str, Any] = {
    "id": {"type": "str", "default": ""},
    "who": {"type": "str", "default": ""},
    "action": {"type": "str", "default": ""},
    "seconds": {"type": "float", "default": 60.0},
    "wait": {"type": "float", "default": 0.0},
    "begins": {"type": "bool", "default": False},
    "ends": {"type": "bool", "default": False},
    "gone": {"type": "str", "default": ""},
}

Record = dict[str, Any]


class Leased(Failed):
    """Another run has the lease; ``holder`` is its record."""

    def __init__(self, sentence: str, holder: Record) -> None:
        super().__init__(sentence)
        self.holder = holder


@dataclass(frozen=True)
class Terms:
    """What a module says of the run it belongs to: the suboptions of its option ``lease``.

    ``seconds`` is how long the lease outlives this module, ``wait`` how long to wait for another
    run's. A run ``begins`` with the one module that may take a free lease; every other must find it
    still its own. ``gone`` names a run whose controller is known to be dead.
    """

    id: str
    who: str
    action: str
    seconds: float
    wait: float
    begins: bool
    ends: bool
    gone: str


def clock() -> float:
    """Seconds since the host booted, which nobody can set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Lease:
    """The lease of an instance, as one module of a run holds it."""

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name
        self.terms = terms
        self.path = path_of(name)
        self.record: Record = {}
        self.waited = ""

    @contextmanager
    def held(self) -> Iterator[Lease]:
        """Hold it in the block. Raises Leased where another run has it.

        A block that fails ends the run on this host, and with it the lease.
        """
        os.makedirs(DIRECTORY, mode=0o755, exist_ok=True)
        with open(os.path.join(DIRECTORY, f"{self.name}.lock"), "a", encoding="utf-8") as lock:
            self.acquire(lock)
            # What outlives a killed module, a migration say, holds the lock on.
            programs.INHERITED.add(lock.fileno())
            try:
                yield self
            except BaseException:
                self.end()
                raise
            finally:
                programs.INHERITED.discard(lock.fileno())
            if self.terms.ends:
                self.end()
            elif self.record:
                self.keep()

    def acquire(self, lock: IO[str]) -> None:
        """Get the lock and the record, waiting as the terms allow."""
        began = clock()
        while True:
            working = not locked(lock)
            other = read(self.path)
            if not working and self.may_take(other):
                break
            if clock() - began >= self.terms.wait or not self.terms.begins:
                raise self.refusal(other, working)
            if not working:
                fcntl.flock(lock, fcntl.LOCK_UN)
            time.sleep(POLL_SECONDS)
        mine = other.get("id") == self.terms.id
        if clock() - began > POLL_SECONDS:
            self.waited = f"waited {clock() - began:.0f} s"
        elif other and not mine:
            self.waited = f"taken over from {other['who']}, whose {other['action']} ended unseen"
        self.record = other if mine else self.first()
        self.keep()

    def first(self) -> Record:
        """The record of a lease that begins."""
        started = {"since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "began": clock()}
        return {"id": self.terms.id, "who": self.terms.who, "action": self.terms.action, **started}

    def may_take(self, other: Record) -> bool:
        """Whether the run may have the lease, given its record and that no module works."""
        if other.get("id") == self.terms.id:
            return True
        over = not other or other["until"] < clock() or other["id"] == self.terms.gone
        return self.terms.begins and over

    def refusal(self, other: Record, working: bool) -> Leased:
        """The failure that says who has the lease."""
        if not self.terms.begins:
            now = f"{other['who']} has it" if other else "nobody has it now"
            return Leased(
                f"This run lost the lease of {self.name} ({now}), so it changes nothing more: "
                "look at `invoke status`, then deploy again.",
                other,
            )
        if not other:
            return Leased(f"Something works on {self.name} just now: try again.", other)
        step = f" It is at step {other['step']!r}." if other.get("step") else ""
        rest = f"{other['until'] - clock():.0f} s"
        left = "" if working else f" If it died, its lease ends in {rest}."
        return Leased(
            f"{self.name} is leased: {other['who']} has run `{other['action']}` for "
            f"{clock() - other['began']:.0f} s.{step}{left} Wait for it with --wait 120.",
            other,
        )

    def keep(self, step: str = "") -> None:
        """Put off the end of the lease, and say at which step the run is."""
        if self.record:
            self.record |= {"until": clock() + self.terms.seconds, "step": step}
            write(self.path, json.dumps(self.record) + "\n", 0o644)

    def end(self) -> None:
        """Give the lease back."""
        if self.record and os.path.exists(self.path):
            os.unlink(self.path)
        self.record = {}

    def event(self) -> Record:
        """What the history tells of the run: who, what, and the seconds so far."""
        seconds = round(clock() - self.record["began"], 1) if self.record else 0.0
        return {"who": self.terms.who, "action": self.terms.action, "seconds": seconds}


def path_of(name: str) -> str:
    """Path of the record of an instance's lease."""
    return os.path.join(DIRECTORY, f"{name}.lease")


def locked(lock: IO[str]) -> bool:
    """Take the lock if no other module has it; whether it is ours."""
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def read(path: str) -> Record:
    """The record of a lease; empty where there is none."""
    with suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
        record: Record = json.load(file)
        return record
    return {}


def standing(name: str) -> Record:
    """The record of the lease that a run has on an instance just now; empty if none has."""
    record = read(path_of(name))
    return record if record and record["until"] > clock() else {}
