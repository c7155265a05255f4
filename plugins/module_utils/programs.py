# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Running programs: as whom, with what environment, and what of them is shown on failure."""

from __future__ import annotations

# No module's run_command: what runs from the library has none (docs/decisions/0007-*).
# pylint: disable=ansible-bad-function
import grp
import os
import pwd
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, Optional

from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

# What a program needs of the environment that sudo left; the rest is not passed on.
KEPT = ("PATH", "LANG", "http_proxy", "https_proxy", "no_proxy")
# Descriptors that every program gets: the lock of the lease, which is held until the last one ends.
INHERITED: set[int] = set()


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


@contextmanager
def acting_as(user: str) -> Iterator[None]:
    """Let the kernel judge what the block does to files as if ``user`` did it.

    Where a user may write, a link may lead anywhere by the time that root follows it. No program
    is to be started in the block.
    """
    if os.geteuid() != 0:
        yield
        return
    entry, group, groups = pwd.getpwnam(user), os.getegid(), os.getgroups()
    os.setgroups([])
    os.setegid(entry.pw_gid)
    os.seteuid(entry.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def home(user: str) -> str:
    """The home directory of a user. Raises Failed where there is no such user."""
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError as error:
        raise Failed(f"There is no user {user} on this host: provision it first.") from error


def environment_of(user: Optional[str], env: Optional[Mapping[str, str]]) -> dict[str, str]:
    """What a program gets of our environment, its user's own, and ``env``."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    if user:
        environment.update(HOME=home(user), USER=user, LOGNAME=user)
    return {**environment, **(env or {})}


def start(
    argv: Sequence[str],
    *,
    user: str,
    group: str,
    env: Mapping[str, str],
    cwd: str,
    umask: int,
) -> subprocess.Popen[str]:
    """Start a program that is talked to: its input, and its output and errors in one stream."""
    try:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            errors="replace",
            env=environment_of(user, env),
            cwd=cwd,
            umask=umask,
            pass_fds=tuple(INHERITED),
            **drop_to(user, group),
        )
    except OSError as error:
        raise Failed(f"{argv[0]} does not start: {error.strerror}.") from error


def finished(
    argv: Sequence[str],
    *,
    problem: str,
    user: str | None = None,
    group: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    umask: int = 0o022,
    timeout: float = 600,
    stdin: IO[bytes] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, whatever that is.

    ``user`` and ``group`` are names to drop to, ``timeout`` is in seconds, ``stdin`` is an open
    file. Raises Failed with ``problem`` and the program's output when it is missing or takes too
    long.
    """
    try:
        return subprocess.run(
            list(argv),
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            env=environment_of(user, env),
            cwd=cwd,
            umask=umask,
            timeout=timeout,
            check=False,
            pass_fds=tuple(INHERITED),
            **drop_to(user, group),
        )
    except subprocess.TimeoutExpired as error:
        said = ((error.stdout or b"") + (error.stderr or b"")).decode(errors="replace")
        raise Failed(f"{problem} It took longer than {timeout:.0f} s.", said) from error
    except OSError as error:
        raise Failed(f"{problem} {argv[0]} does not start: {error.strerror}.") from error


def run(argv: Sequence[str], *, problem: str, **how: Any) -> str:
    """Run a program as ``finished`` does and return its standard output.

    Raises Failed with ``problem`` and the program's output when it fails, too.
    """
    done = finished(argv, problem=problem, **how)
    output: str = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise Failed(problem, output + done.stderr.decode(errors="replace"))
    return output
