# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Memory of the host and of a unit: two releases run for a moment, and both must fit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils import units
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed


def available() -> float:
    """Megabytes that the host can give without swapping (proc(5), MemAvailable)."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return kilobytes("MemAvailable", file.read()) / 1024


def used(unit: str) -> float:
    """Megabytes of a unit's own: what its processes do not share with files.

    Summed over the processes, for not every host accounts by unit. Pages that forked workers still
    share are counted for each, so it is rather too much than too little.
    """
    return sum(used_by(process) for process in units.processes(unit))


def used_by(process: int) -> float:
    """Megabytes of a process's own; none where it ended."""
    try:
        with open(f"/proc/{process}/status", encoding="utf-8", errors="replace") as file:
            return kilobytes("RssAnon", file.read()) / 1024
    except OSError:
        return 0


def kilobytes(name: str, text: str) -> int:
    """A figure of a file below /proc."""
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


@dataclass(frozen=True)
class Budget:
    """What may be used, in megabytes: ``reserve`` stays free on the host, ``most`` is the limit of
    the starting release's own, 0 for none."""

    reserve: int
    most: int

    def require_room(self, running: Optional[str]) -> None:
        """Raise Failed unless a second release of the same size fits beside a running unit."""
        needed = used(running) if running else 0.0
        left = available() - needed
        if left < self.reserve:
            raise Failed(
                f"Two releases do not fit into memory: {available():.0f} MB are available, "
                f"{running or 'a release'} uses {needed:.0f} MB, and {self.reserve} MB "
                "(gunicorn_systemd_memory_reserve_mb) shall remain: stop something, or take fewer "
                "workers."
            )

    def require_spared(self, unit: str) -> None:
        """Raise Failed where the kernel ended a unit over its memory, quicker than any watch."""
        if units.show(unit, "Result").get("Result") == "oom-kill":
            raise Failed(
                "The kernel ended the release, which took too much memory "
                f"(gunicorn_systemd_memory_max_mb is {self.most})."
            )

    def watch(self, unit: str) -> None:
        """Raise Failed where a starting unit takes more than it may."""
        taken = used(unit)
        if self.most and taken > self.most:
            raise Failed(
                f"The release took {taken:.0f} MB of memory while it started; "
                f"gunicorn_systemd_memory_max_mb allows {self.most}."
            )
        if available() < self.reserve:
            raise Failed(
                f"The release took {taken:.0f} MB of memory while it started, which left "
                f"{available():.0f} MB on the host; gunicorn_systemd_memory_reserve_mb asks for "
                f"{self.reserve}."
            )
