# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of logs: their newest lines, and what comes after those, whoever renames them."""

from __future__ import annotations

import gzip
import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, Optional

# Of a file that is larger only the end is read.
MOST_BYTES = 16 * 2**20
MOST_LINES = 50_000
MOST_ROTATED = 60


class Growing:
    """A file that grows, is renamed and made anew (logrotate), or is not there yet."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.file: Optional[BinaryIO] = None
        self.rest = b""

    def newest(self) -> list[str]:
        """The lines that are there, the end of them where they are many."""
        if not self.open() or not self.file:
            return []
        size = os.fstat(self.file.fileno()).st_size
        self.file.seek(max(0, size - MOST_BYTES))
        lines = self.read()
        # The first one may be half a line.
        return lines[1:] if size > MOST_BYTES else lines

    def more(self) -> list[str]:
        """The lines that came since the last look, of a file that was renamed meanwhile too."""
        lines = self.read() if self.file else []
        if self.is_another():
            self.close()
            if self.open():
                lines += self.read()
        return lines

    def open(self) -> bool:
        """Open the file; whether there is one that we may read."""
        with suppress(OSError):
            self.file = open(self.path, "rb")  # noqa: SIM115 - read on at the next look
        return self.file is not None

    def close(self) -> None:
        """Let go of the file, whose last line may have no end."""
        if self.file:
            self.file.close()
        self.file, self.rest = None, b""

    def is_another(self) -> bool:
        """Whether the path leads to another file than ours, or ours was cut short."""
        try:
            there = os.stat(self.path)
        except OSError:
            return False
        if not self.file:
            return True
        ours = os.fstat(self.file.fileno())
        same = (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
        return not same or there.st_size < self.file.tell()

    def read(self) -> list[str]:
        """The whole lines from here to the end."""
        if not self.file:
            return []
        *whole, self.rest = (self.rest + self.file.read()).split(b"\n")
        return [line.decode(errors="replace") for line in whole]


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
