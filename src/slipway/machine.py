"""The controller's own machine: its commands, the packages that bring them, who may install."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway import state
from slipway.console import step
from slipway.errors import Problem

# Daemons and their tools live here, and an ordinary user's PATH often leaves them out.
SYSTEM_DIRECTORIES = ("/usr/sbin", "/sbin")
SYSTEMD_RUNS = Path("/run/systemd/system")
SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")

# Ignored signals reach apt-get ignored: cut in half, dpkg's work has to be repaired by hand.
# Without systemd a package's init script would start its daemon behind our back, unrecorded and
# with the wrong options; the policy file is Debian's way to forbid that.
APT_GET = r"""
systemd=$1 policy=$2; shift 2
trap '' INT TERM
if [ ! -d "$systemd" ] && [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 0755 "$policy"
fi
DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@"
"""


def attempt(
    argv: Sequence[str], *, feed: str = "", timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `argv` quietly with `feed` on its stdin and return what it said, whatever its exit code.

    Raises subprocess.TimeoutExpired after `timeout` seconds, Problem where there is no such
    command. Cut short, by Ctrl-C too, it ends the command and waits until that has cleaned up.
    """
    process = _started(argv)
    try:
        out, err = process.communicate(feed, timeout)
    except BaseException:
        _terminate(process)
        process.communicate()
        raise
    return subprocess.CompletedProcess(argv, process.returncode, out, err)


def _started(argv: Sequence[str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # mmdebstrap signals its whole process group when it fails
        )
    except FileNotFoundError as missing:
        raise Problem(f"The command {argv[0]} is not on this machine: install it.") from missing


def _terminate(process: subprocess.Popen[str]) -> None:
    # The group, as Ctrl-C does: mmdebstrap goes on until the apt-get below it has ended.
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError:  # sudo made it root's
        subprocess.run(["sudo", "-n", "kill", "--", f"-{process.pid}"], check=False)


def last_lines(text: str, count: int = 5) -> str:
    """Return the last `count` lines of `text` that say something, joined for one sentence."""
    return " | ".join([line.strip() for line in text.splitlines() if line.strip()][-count:])


def find(command: str) -> str | None:
    """Return the path of `command`, or None where the machine lacks it; a path finds that file."""
    if command.startswith("/"):
        return command if Path(command).exists() else None
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_DIRECTORIES])
    return shutil.which(command, path=path)


def systemd_is_init() -> bool:
    """Return whether systemd is PID 1 here, by the test of sd_booted(3)."""
    return SYSTEMD_RUNS.is_dir()


def may_install() -> bool:
    """Return whether Slipway may install and start things here; SLIPWAY_INSTALL=0 forbids it."""
    return os.environ.get("SLIPWAY_INSTALL") != "0"


def as_root() -> tuple[str, ...] | None:
    """Return the words before a command by which root runs it unprompted, None if none can."""
    if os.geteuid() == 0:
        return ()
    if find("sudo") and attempt(["sudo", "-n", "true"]).returncode == 0:
        return ("sudo", "-n")
    return None


def ensure_commands(packages: Mapping[str, str], why: str) -> None:
    """Make every command (or file) in `packages` available by the Debian package it is mapped to.

    `why` completes the sentence: "to run test hosts". Never prompts. Raises Problem, naming the
    packages, where SLIPWAY_INSTALL=0, apt-get or root's rights are missing, or apt-get fails.
    """
    if not (missing := _missing(packages)):
        return
    names = f"{', '.join(missing)} (Debian's names)"
    root = as_root()
    if reason := _why_not_install(root):
        raise Problem(f"Install {names} {why}: Slipway does not, since {reason}.")
    with state.locked("apt"):
        # Two commands may want it at once; who comes second finds it.
        if missing := _missing(packages):
            with step(f"Installing {names} {why}"):
                _apt_install(root or (), missing)


def _missing(packages: Mapping[str, str]) -> list[str]:
    return sorted({package for command, package in packages.items() if not find(command)})


def _why_not_install(root: tuple[str, ...] | None) -> str | None:
    if not may_install():
        return "SLIPWAY_INSTALL=0 forbids it"
    if not find("apt-get"):
        return "this machine has no apt-get"
    if root is None:
        return "this user is not root and has no passwordless sudo"
    return None


def _apt_install(root: tuple[str, ...], packages: Sequence[str]) -> None:
    apt_get = [*root, "sh", "-c", APT_GET, "apt-get", str(SYSTEMD_RUNS), str(SERVICE_POLICY)]
    install = [*apt_get, "install", "--yes", "--no-install-recommends", *packages]
    # Package lists that are absent or stale show as a failed install, and only then cost an update.
    if attempt(install).returncode == 0:
        return
    attempt([*apt_get, "update"])
    done = attempt(install)
    if done.returncode != 0:
        words = last_lines(done.stderr or done.stdout)
        raise Problem(f"apt-get could not install {', '.join(packages)}: {words}")
