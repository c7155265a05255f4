#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands on a host; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_info
short_description: The releases, slots, history and log of an instance
version_added: 0.1.0
author: The Slipway authors
extends_documentation_fragment: slipway.django.instance
description:
  - Reads; changes nothing.
options:
  log_lines:
    description: How many lines of the application's journal to read.
    type: int
    default: 0
  events:
    description: How many events of C(deploys.jsonl) to read.
    type: int
    default: 5
attributes:
  check_mode:
    description: The same.
    support: full
"""

EXAMPLES = r"""
- name: Look
  slipway.django.instance_info:
    project: shop
    env: dev
"""

RETURN = r"""
live:
  description: Id of the release that answers; empty before the first.
  type: str
  returned: success
slot:
  description: The slot that is live; empty before the first release.
  type: str
  returned: success
unit:
  description: What systemd says of that slot, C(state), C(since), C(memory_bytes), C(restarts).
  type: dict
  returned: success
releases:
  description: The complete releases, oldest first.
  type: list
  elements: dict
  returned: success
events:
  description: The newest events of C(deploys.jsonl), oldest first.
  type: list
  elements: dict
  returned: success
disk_free_bytes:
  description: Free space where the releases stand.
  type: int
  returned: success
log:
  description: The newest lines of the journal.
  type: list
  elements: str
  returned: success
"""

import shutil
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.slipway.django.plugins.module_utils import releases
from ansible_collections.slipway.django.plugins.module_utils.activation import systemctl
from ansible_collections.slipway.django.plugins.module_utils.arguments import (
    INSTANCE,
    instance_of,
    require_provisioned,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps, run

OPTIONS = {
    **INSTANCE,
    "log_lines": {"type": "int", "default": 0},
    "events": {"type": "int", "default": 5},
}
PROPERTIES = {
    "ActiveState": "state",
    "ActiveEnterTimestamp": "since",
    "MemoryCurrent": "memory_bytes",
    "NRestarts": "restarts",
}


def unit_of(instance: Instance, slot: str) -> dict[str, str]:
    """What systemd says of the unit of a slot."""
    words = ["show", instance.slot_unit(slot), "--property", ",".join(PROPERTIES)]
    shown = systemctl(*words, problem="systemd does not answer.")
    pairs = (line.partition("=")[::2] for line in shown.splitlines())
    return {PROPERTIES[name]: value for name, value in pairs if name in PROPERTIES}


def log_of(instance: Instance, lines: int) -> list[str]:
    """The newest lines that both slots wrote to the journal, oldest first."""
    if not lines:
        return []
    units = [f"--unit={instance.slot_unit(slot)}" for slot in ("blue", "green")]
    words = ["--quiet", "--no-pager", "--output=short-iso", f"--lines={lines}"]
    return run(["journalctl", *words, *units], problem="The journal cannot be read.").splitlines()


def perform(params: dict[str, Any]) -> dict[str, Any]:
    """The module's result."""
    instance = instance_of(params)
    require_provisioned(instance)
    slot = releases.live_slot(instance)
    return {
        "changed": False,
        "live": releases.live(instance) or "",
        "slot": slot or "",
        "unit": unit_of(instance, slot) if slot else {},
        "releases": [
            {**record, "proven": releases.proven(instance, record["id"])}
            for record in releases.listing(instance)
        ],
        "events": releases.events(instance, params["events"]),
        "disk_free_bytes": shutil.disk_usage(instance.releases).free,
        "log": log_of(instance, params["log_lines"]),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(OPTIONS, supports_check_mode=True)
    try:
        result = perform(module.params)
    except Failed as failure:
        Steps().fail(module, failure)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
