#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phase of a deploy, and the whole of a rollback, that switches; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: activate
short_description: Make a release the one that answers, once it has proved itself
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment:
  [slipway.django.instance, slipway.django.lease, slipway.django.question, slipway.django.limits]
description:
  - Starts the release in the idle slot, asks it on its own socket until it answers as this release,
    renames C(current.sock) over, asks again through nginx, adds to the history, prunes, and lets
    the old slot end what it began.
  - Where anything fails before that, the old slot was never stopped, and the links are put back.
  - Fails where there is no such release, where two releases do not fit into memory, and where the
    new one does not answer rightly in time; RV(evidence) then ends with its log.
options:
  release:
    description:
      - Id of the release. V(previous) is the newest one older than the live one that has answered
        before. V(live) is the live one, started anew in the other slot without a lost request where
        O(configuration) is newer than its start. Empty in check mode, where it was not built.
    type: str
    required: true
  configuration:
    description: Files that the service reads when it starts, for O(release=live).
    type: list
    elements: path
    default: []
  written:
    description:
      - Files that an earlier task of the run wrote. Those of O(configuration) among them are newer
        than the release's start, also in check mode, which wrote none.
    type: list
    elements: path
    default: []
  keep:
    description: How many releases that have answered remain.
    type: int
    default: 5
  keep_failed:
    description: How many releases that were given up remain for inspection.
    type: int
    default: 2
  given_up:
    description: Why the release that answers now is marked as failed. Empty for not at all.
    type: str
    default: ""
attributes:
  check_mode:
    description: Tells whether it would switch.
    support: full
"""

EXAMPLES = r"""
- name: Roll back
  slipway.django.activate:
    project: shop
    env: prod
    release: previous
    host: shop.example.com
"""

RETURN = r"""
switched:
  {description: Whether another slot answers now than before., type: bool, returned: success}
release:
  description:
    - The record of the release that answers now, with C(id), C(commit), C(subject), C(author),
      C(version), C(recipe) and C(who). Empty where O(release=live) needed no switch.
  type: dict
  returned: success
previous:
  description: Id of the release to which V(previous) would go now; empty if there is none.
  type: str
  returned: success
before:
  {description: Id of the release that answered before; empty before the first., type: str,
    returned: success}
unknown_migrations:
  description: Migrations that the release before knew and this older one does not.
  type: list
  elements: str
  returned: success
maintenance:
  {description: Who closed the site to visitors and since when., type: dict, returned: success}
steps:
  description: What was done, each step with C(name), C(seconds) and C(detail).
  type: list
  elements: dict
  returned: always
evidence:
  {description: Lines that show why it failed., type: list, elements: str, returned: failure}
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import (
    arguments,
    maintenance,
    releases,
    units,
)
from ansible_collections.slipway.django.plugins.module_utils.activation import Activation
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.memory import Budget
from ansible_collections.slipway.django.plugins.module_utils.migrations import unknown_to
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.pruning import prune
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    **arguments.INSTANCE,
    **arguments.LEASE,
    **arguments.QUESTION,
    "release": {"type": "str", "required": True},
    "configuration": {"type": "list", "elements": "path", "default": []},
    "written": {"type": "list", "elements": "path", "default": []},
    "patience": {"type": "int", "default": 60},
    "drain": {"type": "float", "default": 10.0},
    "memory_reserve": {"type": "int", "default": 64},
    "memory_max": {"type": "int", "default": 0},
    "keep": {"type": "int", "default": 5},
    "keep_failed": {"type": "int", "default": 2},
    "given_up": {"type": "str", "default": ""},
}


def switch(
    params: dict[str, Any], instance: Instance, record: releases.Record, steps: Steps
) -> None:
    """Switch as the arguments ask for, record it and prune. Raises Failed."""
    before = releases.live(instance) or ""
    activation = Activation(
        instance=instance,
        release=record["id"],
        question=arguments.question_of(params),
        nginx_port=params["nginx_port"],
        patience=params["patience"],
        drain=params["drain"],
        budget=Budget(params["memory_reserve"], params["memory_max"]),
        steps=steps,
    )
    activation.perform()
    if params["given_up"] and before != record["id"]:
        releases.mark_failed(instance, before, {"step": "go back", "reason": params["given_up"]})
    about = {"release": record["id"], "before": before, "commit": record.get("commit", "")}
    if trouble := releases.record_event(instance, {**steps.run, **about, "result": "live"}):
        steps.begin("record")["detail"] = trouble
    with steps.step("prune") as step:
        pruned = prune(instance, params["keep"], params["keep_failed"])
        step["detail"] = pruned or "nothing to remove"
    activation.drain_old()


def is_stale(instance: Instance, configuration: list[str], written: list[str]) -> bool:
    """Whether there is a live release, and it runs with an older configuration."""
    slot = releases.live_slot(instance)
    if slot is None or set(configuration) & set(written):
        return slot is not None
    return units.stale(instance.slot_unit(slot), configuration)


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Switch if it is needed; the module's result."""
    instance = arguments.instance_of(params)
    before = releases.live(instance) or ""
    same = {"changed": False, "switched": False, "release": {}, "before": before}
    again = params["release"] == "live"
    if again and not is_stale(instance, params["configuration"], params["written"]):
        return same
    if dry and not params["release"]:
        return {**same, "changed": True, "switched": True}
    arguments.require_provisioned(instance)
    record = releases.wanted(instance, before if again else params["release"])
    changed = again or record["id"] != before or not releases.settled(instance)
    if changed and not dry:
        switch(params, instance, record, steps)
    return {
        "changed": changed,
        "switched": changed,
        "release": record,
        "before": before,
        "previous": releases.previous(instance) or "",
        "unknown_migrations": unknown_to(instance, record["id"], before),
        "maintenance": maintenance.standing(instance),
    }


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
