# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SSH session that a module runs in: whose login it is, from where, and by which port."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

PROC = Path("/proc")
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Session:
    """Whose ``login`` it is, the address that it comes from, and this host's own, with the port."""

    login: str
    client: str
    address: str
    port: int


def parent_of(stat: str) -> int:
    """The parent's id in the text of a /proc/<id>/stat, whose second word may have blanks."""
    return int(stat.rpartition(")")[2].split()[1])


def ancestors(process: int) -> Iterator[int]:
    """A process and those above it, the nearest first."""
    while process > 1:
        yield process
        try:
            process = parent_of((PROC / str(process) / "stat").read_text(encoding="utf-8"))
        except OSError:  # it ended meanwhile
            return


def environment_of(process: int) -> dict[str, str]:
    """What a process was started with; nothing where it is gone."""
    try:
        text = (PROC / str(process) / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    pairs = (entry.partition("=") for entry in text.split("\0"))
    return {name: value for name, _equals, value in pairs}


def current() -> Optional[Session]:
    """The session of this process; None where it came by another way than SSH.

    sudo keeps nothing of it from us, so the processes above are asked.
    """
    for process in ancestors(os.getpid()):
        environment = environment_of(process)
        if environment.get("SSH_CONNECTION"):
            client, _port, own, port = environment["SSH_CONNECTION"].split()
            return Session(environment.get("USER", "root"), client, own, int(port))
    return None


def anybody() -> Session:
    """The session of this process, or root's own on this host where it is none."""
    return current() or Session("root", LOOPBACK, LOOPBACK, 22)
