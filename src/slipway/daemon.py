"""dockerd where systemd is not PID 1: launched, remembered in the state directory, ended."""

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from slipway import machine, state
from slipway.errors import Problem

PID_FILE = Path("/run/docker.pid")
# dockerd refuses to start while the process of an old pid file seems alive, and where /run
# outlives a boot (a container, a sandbox) that number may by now belong to anything.
PID_FILES: Mapping[Path, str] = {
    PID_FILE: "dockerd",
    Path("/run/docker/containerd/containerd.pid"): "containerd",
}
STOP_SECONDS = 90


def log() -> Path:
    """Return the path of the log of the daemon that this checkout started."""
    return state.directory() / "dockerd.log"


def launch(root: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start dockerd in a session of its own, with root's rights by the words `root`."""
    _remove_stale_pid_files(root)
    with log().open("w") as output:
        return subprocess.Popen(
            [*root, machine.find("dockerd") or "dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def remember() -> None:
    """Record the daemon that runs as the one that this checkout started."""
    _record().write_text(f"{_pid(PID_FILE)}\n")


def ours() -> int | None:
    """Return the process id of the daemon that this checkout started, None if none runs."""
    pid = _pid(_record())
    return pid if _runs(pid, "dockerd") else None


def end(pid: int) -> None:
    """Stop the daemon and wait for its end. Raises Problem if it goes on after STOP_SECONDS."""
    root = machine.as_root() or ()
    machine.attempt([*root, "kill", str(pid)])
    deadline = time.monotonic() + STOP_SECONDS
    while _runs(pid, "dockerd"):
        if time.monotonic() > deadline:
            raise Problem(f"dockerd (process {pid}) does not stop: see {log()}, then kill it.")
        time.sleep(0.1)
    _record().unlink(missing_ok=True)
    _remove_stale_pid_files(root)


def _record() -> Path:
    return state.directory() / "dockerd.pid"


def _remove_stale_pid_files(root: tuple[str, ...]) -> None:
    for path, command in PID_FILES.items():
        if path.exists() and not _runs(_pid(path), command):
            machine.attempt([*root, "rm", "-f", str(path)])


def _pid(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def _runs(pid: int, command: str) -> bool:
    # cmdline is empty for a process that has ended and whose parent has not noticed yet.
    try:
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return Path(argv[0].decode(errors="replace")).name == command
