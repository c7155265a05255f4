# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of every module that works under a lease: says which run the module belongs to.

The links in plugins/action name the modules.
"""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.plugin_utils.direct import ActionModule as Direct
from ansible_collections.slipway.django.plugins.plugin_utils.variables import value

SECONDS = 60
BOOT = Path("/proc/sys/kernel/random/boot_id")


def born(process: int) -> str:
    """When a process started, in the kernel's own count; empty where there is none."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def place() -> str:
    """This controller, as far as its processes can see each other."""
    try:
        return f"{platform.node()}/{BOOT.read_text().strip()}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return platform.node()


def who() -> str:
    """The person who runs this, or what SLIPWAY_WHO says."""
    return os.environ.get("SLIPWAY_WHO") or f"{getpass.getuser()}@{platform.node()}"


def run_id(process: int) -> str:
    """The name of the run of an ansible-playbook."""
    return f"{place()}/{process}/{born(process)}"


def exists(process: int) -> bool:
    """Whether there is such a process; /proc may hide those of other users."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def died(run: str) -> bool:
    """Whether a run is one of this controller's whose process is gone."""
    where, _slash, birth = run.rpartition("/")
    where, _slash, process = where.rpartition("/")
    if not birth or where != place():
        return False
    return not exists(int(process)) or born(int(process)) not in ("", birth)


class ActionModule(Direct):
    """The action of the same name."""

    def run(
        self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None
    ) -> dict[str, Any]:
        """Run the module; once more where the lease belongs to a run that died here."""
        variables = task_vars or {}
        lease = {**self.terms(variables), **(self._task.args.get("lease") or {})}
        result = self.leased({**lease, "wait": 0}, variables)
        holder = result.get("holder")
        if holder is None or not lease.get("begins"):
            return result
        gone = holder.get("id", "")
        if died(gone):
            return self.leased({**lease, "gone": gone}, variables)
        return self.leased(lease, variables) if lease["wait"] else result

    def leased(self, lease: Mapping[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Run the module under a lease."""
        return self.module({**self._task.args, "lease": dict(lease)}, variables)

    def terms(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Who runs what. A worker's parent is the ansible-playbook, whatever the fork."""
        # Each host waits for the others between two of its own modules.
        several = max(1, len(variables.get("ansible_play_hosts_all", [])))
        seconds = float(value(self._templar, variables, "slipway_lease_seconds", SECONDS))
        return {
            "id": run_id(os.getppid()),
            "who": who(),
            "action": str(value(self._templar, variables, "slipway_action", "ansible-playbook")),
            "seconds": seconds * several,
            "wait": float(value(self._templar, variables, "slipway_wait_seconds", 0)),
        }
