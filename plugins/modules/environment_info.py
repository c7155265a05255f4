#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which environment variables an instance has; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_info
short_description: The environment variables of the live release and of the next one, without values
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment:
  [slipway.django.instance, slipway.django.source, slipway.django.snapshot]
description:
  - Compares what the live release was built with and what the next one would get, by name.
  - Finds what the next one needs in its settings, in C(.env.example) and in hand-off notes, as
    M(slipway.django.build) does. It fetches the repository for that into a place that goes again;
    with O(source=push) it looks at the commit that was pushed last.
  - Changes nothing.
options:
  app_path:
    description: The directory of manage.py, relative to the repository's root.
    type: str
    default: ""
  settings_override:
    description: Python that is run after the settings module, as M(slipway.django.build) takes it.
    type: str
    default: ""
  builder:
    description: The user who owns the mirror and runs git.
    type: str
    default: deploy
  handed:
    description: Whether to tell C(handoffs) too. Lines about migrations have Django asked.
    type: bool
    default: false
attributes:
  check_mode:
    description: Does the same, since it changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Look
  slipway.django.environment_info:
    project: shop
    env: dev
    repository: git@example.com:you/shop.git
    version: main
"""

RETURN = r"""
live:
  description: Id of the release that answers; empty before the first.
  type: str
  returned: success
next:
  description: The commit that would be released, C(commit) and C(subject).
  type: dict
  returned: success
variables:
  description:
    - Each variable by C(name), with its C(source), whether it is C(set), C(blank) or C(missing) in
      the C(live) release and the C(next) one, the C(change) between them, one of C(added),
      C(changed), C(removed), C(missing) or C(), and C(need), who needs it, if anybody says so.
  type: list
  elements: dict
  returned: success
handoffs:
  description:
    - The entries of the hand-off notes that the next release brings, as
      M(slipway.django.handoff_info) has them, held against the live release and the variables of
      the next one.
  type: list
  elements: dict
  returned: success, empty unless O(handed) is set
"""

from collections.abc import Collection
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import (
    arguments,
    comparing,
    gathered,
    releases,
    requested,
    required_names,
    snapshot,
)
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.following import following
from ansible_collections.slipway.django.plugins.module_utils.handed import Pending
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.layers import merged
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.promises import Facts
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

PATIENCE_SECONDS = 60
SNAPSHOT = (
    *("environment", "secrets", "generated", "defaults", "default_secrets"),
    *("optional", "backend", "doppler", "settings_override"),
)
OPTIONS = {
    **arguments.INSTANCE,
    **arguments.SOURCE,
    **{name: arguments.RELEASE[name] for name in ("app_path", "builder", *SNAPSHOT)},
    "handed": {"type": "bool", "default": False},
}


def perform(params: dict[str, Any], _dry: bool, steps: Steps) -> dict[str, Any]:
    """The module's result."""
    instance = arguments.instance_of(params)
    arguments.require_provisioned(instance)
    live = releases.live(instance) or ""
    record = releases.read(instance, live) or {"commit": ""}
    given, settings = requested.variables_of(instance, params, steps, True)
    wanted = required_names.Wanted(settings.module, instance.env, record["commit"])
    after = given.held()
    with following(instance, params) as (mirror, commit):
        code = Committed(mirror, commit.hash, requested.place_of(params))
        needed = required_names.needs(code, wanted)
        brings = Pending(mirror, record["commit"], commit.hash, instance.env, code.place)
        lacking = required_names.missing(needed, after, params["optional"])
        handoffs = told(brings, instance, live, lacking) if params["handed"] else []
    before = snapshot.of_release(instance, live) if live else {}
    if live and snapshot.seal_of(instance, live):
        # What its service asked for when it started is taken to be what there is now.
        before.update(merged(layer for layer in given.layers if layer.elsewhere))
    return {
        "changed": False,
        "live": live,
        "next": {"commit": commit.hash, "subject": commit.subject},
        "variables": comparing.rows(before, after, given.sources(), needed, lacking),
        "handoffs": handoffs,
    }


def told(
    brings: Pending, instance: Instance, live: str, lacking: Collection[str]
) -> list[dict[str, Any]]:
    """The entries, held against the live release if there is one."""
    manage = Manage(instance, live, PATIENCE_SECONDS, 0, Steps())

    def ask(kinds: Collection[str]) -> Facts:
        # What static files the next release has, nobody knows yet.
        asked = [kind for kind in kinds if kind != "collectstatic"]
        return gathered.facts(manage, lacking, asked) if live else Facts(lacking, {}, [])

    return brings.told(ask)


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
