#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many units that run and start at boot, in one go; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: services
short_description: Have units run now and at boot, and anew where what they read is newer
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - What a loop of M(ansible.builtin.systemd_service) and its handlers do, for the price of one task
    over SSH. A unit that is not installed is passed over.
  - A unit is enabled and started, unless its own conditions forbid it to run here, such as that of
    a clock in a container. What somebody masked is unmasked.
  - A unit that began before one of its O(files) was written is restarted, so a run that died in
    between is made good by the next one.
options:
  names:
    description: The units' whole names.
    type: list
    elements: str
    required: true
  files:
    description: Of some of them, by name, the files that they read at their start.
    type: dict
    default: {}
  written:
    description: Files that were written just now, or would be in a dry run.
    type: list
    elements: path
    default: []
attributes:
  check_mode:
    description: Says which it would enable, start or restart.
    support: full
"""

EXAMPLES = r"""
- name: Have the journal keep to its limits
  slipway.django.services:
    names: [systemd-journald.service]
    files:
      systemd-journald.service: [/etc/systemd/journald.conf.d/slipway.conf]
"""

RETURN = r"""
done:
  description: What was done, such as C(restart systemd-journald.service).
  type: list
  elements: str
  returned: success
"""

import os
import time
from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import units
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    "names": {"type": "list", "elements": "str", "required": True},
    "files": {"type": "dict", "default": {}},
    "written": {"type": "list", "elements": "path", "default": []},
}
PROPERTIES = (
    *("Id", "LoadState", "UnitFileState", "ActiveState", "NeedDaemonReload", "ConditionResult"),
    *("ActiveEnterTimestampMonotonic", "ConditionTimestampMonotonic"),
)
# systemd rounds to less than that; a file system's clock runs up to a tick behind.
TICK_SECONDS = 0.02


def tried(unit: Mapping[str, str]) -> float:
    """When a unit last began, or was kept from it by a condition, in seconds since the boot."""
    names = ("ActiveEnterTimestampMonotonic", "ConditionTimestampMonotonic")
    return max(int(unit.get(name) or 0) for name in names) / 1e6


def verbs(unit: Mapping[str, str], newest: Optional[float]) -> list[str]:
    """What systemctl is to do with a unit; nothing where it is as it should be.

    ``newest`` is when the newest of its files was written, in seconds since the boot.
    """
    if unit.get("LoadState") == "not-found":
        return []
    found = ["unmask"] if unit.get("LoadState") == "masked" else []
    if found or unit.get("UnitFileState") == "disabled":
        found.append("enable")
    # Kept from it by a condition, it would be so again.
    kept = unit.get("ConditionResult") == "no" and tried(unit) > 0
    stands = unit.get("ActiveState") in units.RUNNING or (kept and not found)
    if not stands:
        return [*found, "start"]
    stale = newest is not None and newest > tried(unit) + TICK_SECONDS
    return [*found, "restart"] if stale or unit.get("NeedDaemonReload") == "yes" else found


def look(names: list[str]) -> dict[str, dict[str, str]]:
    """The properties of units by the names that they were asked for. Raises Failed."""
    words = ("show", "--property", ",".join(PROPERTIES), *names)
    said = units.systemctl(*words, problem="systemd does not tell of its units.") if names else ""
    blocks = [block for block in said.split("\n\n") if block.strip()]
    shown = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in blocks]
    return dict(zip(names, shown))


def newest_of(files: list[str], written: list[str]) -> Optional[float]:
    """When the newest of some files was written, in seconds since the boot; none without a file."""
    if set(files) & set(written):
        return time.monotonic()
    began = time.time() - time.monotonic()
    return max(
        (os.stat(file).st_mtime - began for file in files if os.path.exists(file)), default=None
    )


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Bring the units to what they should be; the module's result. Raises Failed."""
    shown = look(params["names"])
    if not dry and any(unit.get("NeedDaemonReload") == "yes" for unit in shown.values()):
        units.systemctl("daemon-reload", problem="systemd cannot read its units.")
    done = []
    for name, unit in shown.items():
        for verb in verbs(unit, newest_of(params["files"].get(name, []), params["written"])):
            done.append(f"{verb} {name}")
            if not dry:
                units.systemctl(verb, name, problem=f"systemd does not {verb} {name}.")
    return {"changed": bool(done), "done": done}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
