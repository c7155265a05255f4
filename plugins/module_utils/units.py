# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Slipway asks of systemd."""

from __future__ import annotations

# No module's run_command: what runs from the library has none (docs/decisions/0007-*).
# pylint: disable=ansible-bad-function
import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from ansible_collections.slipway.django.plugins.module_utils.log_journal import message
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

POLL_SECONDS = 0.05
# systemd has limits of its own for a start and a stop, which the unit sets.
SYSTEMD_SECONDS = 3600.0
# The control group of each unit, once it has one: it is asked for many times during a start.
GROUPS: dict[str, str] = {}
RUNNING = ("active", "activating", "reloading")


def systemctl(*words: str, problem: str, timeout: float = SYSTEMD_SECONDS) -> str:
    """Run systemctl. Raises Failed."""
    return run(["systemctl", *words], problem=problem, timeout=timeout)


def show(unit: str, *names: str) -> dict[str, str]:
    """Properties of a unit."""
    words = ("show", unit, "--property", ",".join(names))
    shown = systemctl(*words, problem="systemd does not answer.")
    return dict(line.partition("=")[::2] for line in shown.splitlines())


def state(unit: str) -> str:
    """``active``, ``inactive``, ``failed`` ... (systemctl(1), ActiveState)."""
    return show(unit, "ActiveState").get("ActiveState", "")


def renew(unit: str) -> None:
    """Let systemd read a unit that was written since it did. Raises Failed."""
    if show(unit, "NeedDaemonReload").get("NeedDaemonReload") == "yes":
        systemctl("daemon-reload", problem="systemd cannot read its units.")


def start(unit: str, meanwhile: Callable[[], None]) -> None:
    """Start a unit; ``meanwhile`` is called until it is ready. Raises Failed, also what it raises.

    systemctl itself only says to look into the journal, which is shown anyway.
    """
    renew(unit)
    with subprocess.Popen(
        ["systemctl", "start", unit], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as starting:
        try:
            while starting.poll() is None:
                meanwhile()
                time.sleep(POLL_SECONDS)
        except Failed:
            starting.kill()
            raise
    if starting.returncode != 0:
        raise Failed(f"The release does not start as {unit}.")


def stop(unit: str) -> None:
    """Stop a unit and forget its failures, which would keep it from the next start."""
    if state(unit) != "inactive":
        systemctl("stop", unit, problem=f"{unit} does not stop.")
        if state(unit) == "failed":
            systemctl("reset-failed", unit, problem=f"{unit} cannot be reset.")


def stop_soon(unit: str) -> None:
    """Let a unit finish what it does and stop, within the time that it has for that."""
    systemctl("stop", "--no-block", unit, problem=f"{unit} cannot be told to stop.")


def journal(unit: str, since: float) -> str:
    """The last lines of a unit since a moment, and of systemd on it; none if they cannot be read.

    Its newest run alone would not do: systemd may have begun another one, which said nothing yet.
    """
    try:
        return newest([unit], since, 60)
    except Failed:
        # It is only evidence: what comes next is the way back.
        return ""


def newest(names: Sequence[str], since: float, count: int) -> str:
    """The newest messages of units since a moment, in their order. Raises Failed.

    Asked for from the end, for before systemd 254 they would be the first ones after the moment;
    and as JSON, which tells the lines of one message from those of others.
    """
    words = ["--quiet", "--no-pager", "--all", "--output=json", "--output-fields=MESSAGE"]
    words += ["--reverse", f"--lines={count}", f"--since=@{since:.6f}"]
    words += [f"--unit={name}" for name in names]
    said = run(["journalctl", *words], problem="The journal cannot be read.")
    found = [json.loads(line) for line in said.split("\n") if line]
    return "\n".join(message(fields.get("MESSAGE")) for fields in reversed(found))


def stale(unit: str, files: list[str]) -> bool:
    """Whether a unit started before one of the files that it reads at its start was written."""
    values = show(unit, "NeedDaemonReload", "ActiveEnterTimestampMonotonic")
    if values.get("NeedDaemonReload") == "yes":
        return True
    microseconds = int(values.get("ActiveEnterTimestampMonotonic") or 0)
    started = time.time() - time.monotonic() + microseconds / 1e6
    return any(os.path.exists(file) and os.stat(file).st_mtime > started for file in files)


def processes(unit: str) -> list[int]:
    """Ids of the processes of a unit."""
    group = GROUPS.get(unit) or show(unit, "ControlGroup").get("ControlGroup", "")
    GROUPS[unit] = group
    roots = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd")
    lists = [f"{root}{group}/cgroup.procs" for root in roots if group]
    for path in filter(os.path.exists, lists):
        # The unit may end meanwhile.
        with suppress(OSError), open(path, encoding="ascii") as file:
            return [int(line) for line in file]
    return []


def waiting(socket: str) -> int:
    """Connections of a Unix socket that are not accepted yet, and bytes that are not read yet.

    Both are lost when their process closes the socket (ss(8), Recv-Q).
    """
    shown = run(["ss", "-xaHn"], problem="ss does not say how many connections wait.")
    queues = [line.split() for line in shown.splitlines()]
    return sum(int(fields[2]) for fields in queues if socket in fields)
