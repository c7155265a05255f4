#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phase of a deploy, and the whole of a rollback, that switches; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: activate
short_description: Make a release the one that answers, once it has proved itself
version_added: 0.1.0
author: The Slipway authors
extends_documentation_fragment: slipway.django.instance
description:
  - Starts the release in the idle slot, asks it on its own socket until it answers as this release,
    renames C(current.sock) over, asks again through nginx, then drains and stops the old slot.
  - Where anything fails, the old slot was never stopped, and the links are put back.
  - The release that is live already is left alone.
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
  path:
    description: The path that is asked.
    type: str
    default: /health/
  status:
    description: The HTTP status that is the right answer.
    type: int
    default: 200
  host:
    description: The Host header, as a visitor sends it.
    type: str
    required: true
  scheme:
    description: The scheme that visitors use.
    type: str
    choices: [http, https]
    default: http
  nginx_port:
    description: Port of nginx on this host; left out where none runs here.
    type: int
  patience:
    description: Seconds that the release may take until it answers rightly.
    type: int
    default: 60
  drain:
    description: Seconds between the switch and the stop of the old slot.
    type: float
    default: 1.0
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
  description: Whether another slot answers now than before.
  type: bool
  returned: success
release:
  description: The record of the release that answers now.
  type: dict
  returned: success
previous:
  description: Id of the release to which V(previous) would go now; empty if there is none.
  type: str
  returned: success
before:
  description: Id of the release that answered before; empty before the first.
  type: str
  returned: success
steps:
  description: What was done, each step with C(name), C(seconds) and C(detail).
  type: list
  elements: dict
  returned: always
evidence:
  description: Lines that show why it failed.
  type: list
  elements: str
  returned: failure
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import releases
from ansible_collections.slipway.django.plugins.module_utils.activation import Activation, stale
from ansible_collections.slipway.django.plugins.module_utils.arguments import (
    INSTANCE,
    instance_of,
    require_provisioned,
)
from ansible_collections.slipway.django.plugins.module_utils.asking import Question
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

ANSWER_SECONDS = 10.0
OPTIONS = {
    **INSTANCE,
    "release": {"type": "str", "required": True},
    "configuration": {"type": "list", "elements": "path", "default": []},
    "path": {"type": "str", "default": "/health/"},
    "status": {"type": "int", "default": 200},
    "host": {"type": "str", "required": True},
    "scheme": {"type": "str", "choices": ["http", "https"], "default": "http"},
    "nginx_port": {"type": "int"},
    "patience": {"type": "int", "default": 60},
    "drain": {"type": "float", "default": 1.0},
}


def switch(params: dict[str, Any], instance: Instance, release: str, steps: Steps) -> None:
    """Switch as the arguments ask for. Raises Failed."""
    path, host, scheme, status = (params[key] for key in ("path", "host", "scheme", "status"))
    Activation(
        instance=instance,
        release=release,
        question=Question(path, host, scheme, status, ANSWER_SECONDS),
        nginx_port=params["nginx_port"],
        patience=params["patience"],
        drain=params["drain"],
        steps=steps,
    ).perform()


def is_stale(instance: Instance, configuration: list[str]) -> bool:
    """Whether there is a live release, and it runs with an older configuration."""
    slot = releases.live_slot(instance)
    return slot is not None and stale(instance.slot_unit(slot), configuration)


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Switch if it is needed; the module's result."""
    instance = instance_of(params)
    before = releases.live(instance) or ""
    again = params["release"] == "live"
    if again and not is_stale(instance, params["configuration"]):
        return {"changed": False, "switched": False, "release": {}, "before": before}
    require_provisioned(instance)
    if dry and not params["release"]:
        return {"changed": True, "switched": True, "release": {}, "before": before}
    record = releases.wanted(instance, before if again else params["release"])
    changed = again or record["id"] != before or not releases.settled(instance)
    if changed and not dry:
        switch(params, instance, record["id"], steps)
    return {
        "changed": changed,
        "switched": changed,
        "release": record,
        "before": before,
        "previous": releases.previous(instance) or "",
    }


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
