# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A person's account on a host: made, given keys, and removed with all that runs in it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ansible_collections.slipway.django.plugins.module_utils.programs import finished, run
from ansible_collections.slipway.django.plugins.module_utils.session import PROC, parent_of
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

END_SECONDS = 10
# As the person, who may have made anything of the path: root would write where that leads to.
WRITE_KEYS = """umask 077 && mkdir -p .ssh && cat >.ssh/authorized_keys.next \
&& mv -T .ssh/authorized_keys.next .ssh/authorized_keys && rm -f .ssh/authorized_keys2
"""


def exists(name: str) -> bool:
    """Whether there is such a user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def keys_of(name: str, file: str = "authorized_keys") -> str:
    """The text of the keys that let a person in; empty where there are none."""
    path = os.path.join(pwd.getpwnam(name).pw_dir, ".ssh", file)
    # What waits for a writer would have us wait.
    return Path(path).read_text(errors="replace") if os.path.isfile(path) else ""


def make(name: str) -> None:
    """Make a person's user, who has no password. Raises Failed."""
    words = ["useradd", "--create-home", "--shell", "/bin/bash", name]
    run(words, problem=f"The login {name} cannot be made.")
    # Of somebody who was here before; root kept it.
    give(pwd.getpwnam(name).pw_dir, name)


def give(home: str, owner: str) -> None:
    """Let a home and all in it be a user's, and closed to others. Raises Failed."""
    problem = f"{home} cannot be given to {owner}."
    run(["chown", "--recursive", "--no-dereference", f"{owner}:{owner}", home], problem=problem)
    os.chmod(home, 0o700)


def write_keys(name: str, text: str) -> None:
    """Write the keys that let a person in. Raises Failed."""
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.seek(0)
        home, problem = pwd.getpwnam(name).pw_dir, f"The keys of {name} cannot be written."
        run(["sh", "-c", WRITE_KEYS], problem=problem, user=name, cwd=home, stdin=file)


def remove(name: str) -> None:
    """Remove a person's user and end what runs in it; the home is root's then. Raises Failed."""
    if not exists(name):
        return
    entry, problem = pwd.getpwnam(name), f"The login {name} cannot be removed."
    # Nobody comes in while the rest is done.
    run(["usermod", "--lock", "--expiredate", "1", name], problem=problem)
    end(entry.pw_uid)
    for words in (["crontab", "-r", "-u", name], ["loginctl", "disable-linger", name]):
        if shutil.which(words[0]):
            finished(words, problem=problem)
    if os.path.isdir(entry.pw_dir):
        give(entry.pw_dir, "root")
    run(["userdel", "--force", name], problem=problem)


def end(uid: int) -> None:
    """End the processes of a user, and what they started as somebody else. Raises Failed."""

    def left() -> set[int]:
        running = dict(processes())
        own = {process for process, (_parent, user) in running.items() if user == uid}
        return own | below(running, own)

    kill(left, f"Processes of user {uid}")


def kill(left: Callable[[], set[int]], words: str) -> None:
    """Kill processes until none is left. Raises Failed."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        found = left()
        if not found:
            return
        if time.monotonic() > deadline:
            raise Failed(f"{words} do not end: {sorted(found)}.")
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)


def processes() -> Iterator[tuple[int, tuple[int, int]]]:
    """Each process that runs, with its parent and its user."""
    for path in PROC.glob("[0-9]*"):
        with suppress(OSError):
            stat = (path / "stat").read_text(encoding="utf-8", errors="replace")
            if stat.rpartition(")")[2].split()[0] != "Z":
                yield int(path.name), (parent_of(stat), path.stat().st_uid)


def below(running: Mapping[int, tuple[int, int]], found: Collection[int]) -> set[int]:
    """The processes below others: of a person's shell, root's own by sudo, say."""
    known = set(found)
    while True:
        more = {process for process, (parent, _user) in running.items() if parent in known}
        if more <= known:
            return known - set(found)
        known |= more
