#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands on a host; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_info
short_description: The releases, slots, history and health of an instance
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment: slipway.django.instance
description:
  - Reads what M(slipway.django.build) and M(slipway.django.activate) left, and asks systemd.
  - Changes nothing.
options:
  events:
    description: How many of the newest events of C(deploys.jsonl) to read.
    type: int
    default: 5
  sizes:
    description: Whether to measure the releases, which reads their directories.
    type: bool
    default: false
  version:
    description: The branch, tag or commit whose open hand-off lines are compared with the live one.
    type: str
    default: ""
  builder:
    description: The user who owns the mirror.
    type: str
    default: deploy
attributes:
  check_mode:
    description: Does the same, since it changes nothing.
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
  description:
    - What systemd says of that slot, C(state), C(restarts), C(uptime) as hours, minutes and
      seconds, and C(memory) in megabytes that its processes do not share with files.
  type: dict
  returned: success
releases:
  description:
    - The complete releases, oldest first, with C(mark), one of C(live), C(previous), C(failed), C()
      or C(never answered), and C(megabytes) of their own where O(sizes) asks for it.
  type: list
  elements: dict
  returned: success
lease:
  description: Who changes the instance just now, C(who), C(action), C(step), C(since); else empty.
  type: dict
  returned: success
maintenance:
  description: Who closed the site to visitors, C(who), and C(since) when; else empty.
  type: dict
  returned: success
handoffs:
  description: Open lines of the hand-off notes at O(version) that the live commit does not hold.
  type: list
  elements: str
  returned: success
events:
  description: The newest events of C(deploys.jsonl), oldest first.
  type: list
  elements: dict
  returned: success
health:
  description:
    - What the timer of the host found of the health, C(told) in a line, with C(state), C(since),
      C(said), C(failures) in a row, when it C(checked), when the certificate C(ends), the last
      C(changes), and why the C(webhook) was not told; times in seconds since 1970. Empty where
      there is no timer.
  type: dict
  returned: success
disk_free_bytes:
  description: Free space where the releases stand.
  type: int
  returned: success
"""

import shutil
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    handoffs,
    leasing,
    maintenance,
    overview,
    releases,
)
from ansible_collections.slipway.django.plugins.module_utils.arguments import (
    INSTANCE,
    instance_of,
    require_provisioned,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    **INSTANCE,
    "events": {"type": "int", "default": 5},
    "sizes": {"type": "bool", "default": False},
    "version": {"type": "str", "default": ""},
    "builder": {"type": "str", "default": "deploy"},
}


def handed(params: dict[str, Any], instance: Instance, live: Optional[str]) -> list[str]:
    """The open lines that the live release has not had."""
    record = releases.read(instance, live) if live and params["version"] else None
    if record is None:
        return []
    mirror = Mirror(instance.repo, "", params["builder"])
    return handoffs.pending(mirror, record["commit"], params["version"], env=instance.env)


def perform(params: dict[str, Any], _dry: bool, _steps: Steps) -> dict[str, Any]:
    """The module's result."""
    instance = instance_of(params)
    require_provisioned(instance)
    slot = releases.live_slot(instance)
    live = releases.live(instance)
    return {
        "changed": False,
        "live": live or "",
        "slot": slot or "",
        "unit": overview.unit_of(instance.slot_unit(slot)) if slot else {},
        "releases": overview.listing(instance, params["sizes"]),
        "events": releases.events(instance, params["events"]),
        "lease": leasing.standing(instance.name),
        "maintenance": maintenance.standing(instance),
        "handoffs": handed(params, instance, live),
        "health": overview.health_of(instance),
        "disk_free_bytes": shutil.disk_usage(instance.releases).free,
    }


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
