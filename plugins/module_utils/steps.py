# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How modules of several steps run programs, time what they do and fail with evidence."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

EVIDENCE_LINES = 25
# What a program needs of the environment that sudo left; the rest is not passed on.
KEPT = ("PATH", "LANG", "SSH_AUTH_SOCK", "http_proxy", "https_proxy", "no_proxy")


class Failed(Exception):
    """A step went wrong. ``evidence`` holds lines that show why: output, a log, an answer."""

    def __init__(self, sentence: str, evidence: str = "") -> None:
        super().__init__(sentence)
        self.evidence = evidence.strip().splitlines()[-EVIDENCE_LINES:]


class Steps:
    """The steps that a module took, each with its seconds, for the report."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Time a block; the block may set ``detail`` of what it is given."""
        entry: dict[str, Any] = {"name": name}
        started = time.monotonic()
        self.taken.append(entry)
        try:
            yield entry
        finally:
            entry["seconds"] = round(time.monotonic() - started, 2)

    def fail(self, module: Any, failure: Failed, **result: Any) -> NoReturn:
        """End the module with the sentence, its evidence and the steps so far."""
        module.fail_json(msg=str(failure), evidence=failure.evidence, steps=self.taken, **result)
        raise SystemExit(1)


def drop_to(user: str | None, group: str | None = None) -> dict[str, Any]:
    """Arguments with which subprocess starts a program as ``user``; none when it is ourselves.

    ``group`` takes the place of the user's own, which remains as a supplementary one.
    """
    if user is None or os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    if group is None:
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return {
        "user": entry.pw_uid,
        "group": grp.getgrnam(group).gr_gid,
        "extra_groups": [entry.pw_gid],
    }


def home(user: str) -> str:
    """The home directory of a user. Raises Failed where there is no such user."""
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError as error:
        raise Failed(f"There is no user {user} on this host: provision it first.") from error


def run(
    argv: Sequence[str],
    *,
    problem: str,
    user: str | None = None,
    group: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    umask: int = 0o022,
    timeout: float = 600,
) -> str:
    """Run a program and return its standard output.

    ``user`` and ``group`` are names to drop to, ``timeout`` is in seconds. Raises Failed with
    ``problem`` and the program's output when it fails, is missing or takes too long.
    """
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    if user:
        environment.update(HOME=home(user), USER=user, LOGNAME=user)
    environment.update(env or {})
    try:
        done = subprocess.run(
            list(argv),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            cwd=cwd,
            umask=umask,
            timeout=timeout,
            check=False,
            **drop_to(user, group),
        )
    except subprocess.TimeoutExpired as error:
        said = ((error.stdout or b"") + (error.stderr or b"")).decode(errors="replace")
        raise Failed(f"{problem} It took longer than {timeout:.0f} s.", said) from error
    except OSError as error:
        raise Failed(f"{problem} {argv[0]} does not start: {error.strerror}.") from error
    output: str = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise Failed(problem, output + done.stderr.decode(errors="replace"))
    return output


def link(target: str, path: str) -> None:
    """Make ``path`` a symbolic link to ``target``; whoever looks sees the old or the new one."""
    temporary = f"{path}.next"
    if os.path.lexists(temporary):
        os.unlink(temporary)
    os.symlink(target, temporary)
    os.replace(temporary, path)


def write(path: str, text: str, mode: int = 0o644, owner: tuple[int, int] | None = None) -> None:
    """Write a whole file so that a reader sees the old or the new text and never more access."""
    temporary = f"{path}.next"
    if os.path.lexists(temporary):
        os.unlink(temporary)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    if owner:
        os.chown(temporary, *owner)
    os.chmod(temporary, mode)
    os.replace(temporary, path)
