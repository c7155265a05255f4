# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of logs: their newest lines, and what comes after those, whoever renames them."""

from __future__ import annotations

import gzip
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Optional

# Of a file that is larger only the end is read.
MOST_BYTES = 16 * 2**20
MOST_LINES = 50_000
MOST_ROTATED = 60
# A program writes to the file that was renamed until it is told to open the new one.
LINGERS_SECONDS = 60.0
# By which a copy is known for one.
TAIL_BYTES = 1024


class Opened:
    """A file that is read on from look to look, whoever renames it. Raises OSError."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "rb")  # noqa: SIM115 - read on at the next look
        self.rest = b""
        self.tail = b""

    def read(self) -> list[str]:
        """The whole lines from here to the end."""
        return self.take(self.file.read())

    def take(self, said: bytes) -> list[str]:
        """The whole lines of what comes next; what has no end yet waits for it."""
        self.tail = (self.tail + said[-TAIL_BYTES:])[-TAIL_BYTES:]
        *whole, self.rest = (self.rest + said).split(b"\n")
        return [line.decode(errors="replace") for line in whole]

    def read_copy(self, path: str) -> list[str]:
        """The lines beyond ours of a copy that was made before this file was cut."""
        with suppress(OSError), open(path, "rb") as copy:
            copy.seek(self.file.tell() - len(self.tail))
            if self.tail and copy.read(len(self.tail)) == self.tail:
                return self.take(copy.read())
        return []

    def is_at(self, path: str) -> bool:
        """Whether the path leads to this file. Raises OSError."""
        ours, there = os.fstat(self.file.fileno()), os.stat(path)
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def is_cut(self) -> bool:
        """Whether it is shorter than what was read of it."""
        return os.fstat(self.file.fileno()).st_size < self.file.tell()


class Growing:
    """A file that grows, is renamed and made anew (logrotate), or is not there yet."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.file: Optional[Opened] = None
        self.before: Optional[Opened] = None
        self.until = 0.0

    def newest(self) -> list[str]:
        """The lines that are there, the end of them where they are many."""
        if not self.open() or not self.file:
            return []
        size = os.fstat(self.file.file.fileno()).st_size
        self.file.file.seek(max(0, size - MOST_BYTES))
        lines = self.file.read()
        # The first one may be half a line.
        return lines[1:] if size > MOST_BYTES else lines

    def more(self) -> list[str]:
        """The lines that came since the last look, of a file that was renamed meanwhile too."""
        lines = [line for one in (self.before, self.file) if one for line in one.read()]
        if time.monotonic() > self.until:
            self.part_with(None)
        return lines + self.turned() if self.is_another() else lines

    def turned(self) -> list[str]:
        """The rest of the file that was read, and what the one has that stands there now."""
        old, self.file = self.file, None
        lines: list[str] = []
        if old and old.is_cut():
            lines = old.read_copy(f"{self.path}.1")
            old.file.close()
        elif old:
            lines = old.read()
            self.part_with(old)
        if self.open() and self.file:
            lines += self.file.read()
        return lines

    def part_with(self, old: Optional[Opened]) -> None:
        """Let a file be the one before, of which some more may come, instead of another."""
        if self.before:
            self.before.file.close()
        self.before, self.until = old, time.monotonic() + LINGERS_SECONDS

    def open(self) -> bool:
        """Open the file; whether there is one that we may read."""
        with suppress(OSError):
            self.file = Opened(self.path)
        return self.file is not None

    def is_another(self) -> bool:
        """Whether the path leads to another file than ours, or ours was cut short."""
        try:
            return not self.file or self.file.is_cut() or not self.file.is_at(self.path)
        except OSError:
            # It was renamed, and is not made yet.
            return False


def rotated(path: str) -> Iterator[list[str]]:
    """The lines of the older files of a log, the newest file first."""
    for number in range(1, MOST_ROTATED):
        found = [
            name for name in (f"{path}.{number}", f"{path}.{number}.gz") if os.path.exists(name)
        ]
        if not found:
            return
        with suppress(OSError, EOFError):
            yield lines_of(found[0])


def lines_of(path: str) -> list[str]:
    """The lines of an older file, which may be packed. Raises OSError, EOFError."""
    if not path.endswith(".gz"):
        return Growing(path).newest()
    with gzip.open(path, "rt", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, MOST_LINES)]
