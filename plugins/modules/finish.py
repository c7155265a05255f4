#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last phase of a deploy or rollback; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: finish
short_description: Record what a deploy did and remove releases that are no longer needed
version_added: 0.1.0
author: The Slipway authors
extends_documentation_fragment: slipway.django.instance
description:
  - Appends a line to C(deploys.jsonl) and prunes.
  - The live release, the one before it and what a slot runs are always kept.
options:
  event:
    description: What is recorded beside the time, such as C(action), C(who), C(release).
    type: dict
    required: true
  keep:
    description: How many complete releases remain.
    type: int
    default: 5
attributes:
  check_mode:
    description: Does nothing.
    support: full
"""

EXAMPLES = r"""
- name: Finish
  slipway.django.finish:
    project: shop
    env: dev
    event: {action: deploy, who: ada, release: 20261121T101500Z-3f2a1c9, result: live}
"""

RETURN = r"""
pruned:
  description: Releases and Python environments that were removed.
  type: list
  elements: str
  returned: success
steps:
  description: What was done, each step with C(name), C(seconds) and C(detail).
  type: list
  elements: dict
  returned: always
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import releases
from ansible_collections.slipway.django.plugins.module_utils.arguments import INSTANCE, instance_of
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.pruning import prune
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    **INSTANCE,
    "event": {"type": "dict", "required": True},
    "keep": {"type": "int", "default": 5},
}


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Record and prune; the module's result."""
    if dry:
        return {"changed": True, "pruned": []}
    instance = instance_of(params)
    releases.record_event(instance, params["event"])
    with steps.step("prune") as step:
        pruned = prune(instance, params["keep"])
        step["detail"] = ", ".join(pruned) or "nothing to remove"
    return {"changed": True, "pruned": pruned}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
