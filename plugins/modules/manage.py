#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phases of a deploy that Django itself carries out; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manage
short_description: Migrate the database of a release, collect its static files
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment:
  [slipway.django.instance, slipway.django.lease, slipway.django.manage]
description:
  - Boots Django in a release, once for all steps, as the application's user and with the variables
    that the release was built with.
  - Fails where one of Django's commands does, with its last lines as RV(evidence).
options:
  release:
    description: Id of the release. Empty in check mode, where it was not built.
    type: str
    required: true
  steps:
    description:
      - V(migrate) makes the tables of caches that are not there, applies the migrations that wait
        and makes O(superuser).
      - V(collect) collects static files, keeps a copy of their manifest with the release, and
        removes those that no release has wanted for O(static_days).
    type: list
    elements: str
    choices: [migrate, collect]
    required: true
attributes:
  check_mode:
    description: Says that something would change.
    support: partial
    details: Which migrations and files those are, only Django in the release knows.
"""

EXAMPLES = r"""
- name: Migrate, then collect
  slipway.django.manage:
    project: shop
    env: dev
    release: 20261121T101500Z-3f2a1c9
    steps: [migrate, collect]
"""

RETURN = r"""
applied:
  description: Migrations that were applied.
  type: list
  elements: str
  returned: success
made:
  description: What else was made in the database, C(cache table name) and C(superuser name).
  type: list
  elements: str
  returned: success
copied:
  description: How many static files were copied.
  type: int
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
from ansible_collections.slipway.django.plugins.module_utils.arguments import (
    INSTANCE,
    LEASE,
    MANAGE,
    instance_of,
)
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.requested import manage_of
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)

OPTIONS = {
    **INSTANCE,
    **LEASE,
    **MANAGE,
    "release": {"type": "str", "required": True},
    "steps": {
        "type": "list",
        "elements": "str",
        "choices": ["migrate", "collect"],
        "required": True,
    },
}


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Take the steps; the module's result."""
    if dry:
        return {"changed": True, "applied": [], "made": [], "copied": 0}
    instance = instance_of(params)
    release = params["release"]
    if releases.read(instance, release) is None:
        raise Failed(f"{instance.name} has no release {release}: `invoke releases` lists them.")
    steps.release = release
    found = manage_of(instance, params, release, steps)(*params["steps"])
    told = {key: found.get(key, []) for key in ("applied", "made")}
    copied = found.get("copied", 0)
    return {"changed": bool(copied or any(told.values())), **told, "copied": copied}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
