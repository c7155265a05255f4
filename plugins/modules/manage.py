#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phases of a deploy that Django itself carries out; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manage
short_description: Check a release, migrate its database, collect its static files
version_added: 0.1.0
author: The Slipway authors
extends_documentation_fragment: slipway.django.instance
description:
  - Runs C(manage.py) of a release as the application's user, with the variables that the release
    was built with.
options:
  release:
    description: Id of the release. Empty in check mode, where it was not built.
    type: str
    required: true
  phase:
    description:
      - V(prove) runs C(check --deploy) and names the migrations that wait.
      - V(migrate) applies them.
      - V(static) collects static files and keeps a copy of their manifest with the release.
    type: str
    choices: [prove, migrate, static]
    required: true
  timeout:
    description: Seconds that one command may take.
    type: int
    default: 600
attributes:
  check_mode:
    description: V(prove) is told apart from the others, which would change something.
    support: partial
"""

EXAMPLES = r"""
- name: Migrate
  slipway.django.manage:
    project: shop
    env: dev
    release: 20261121T101500Z-3f2a1c9
    phase: migrate
"""

RETURN = r"""
migrations:
  description: Migrations that wait (V(prove)) or were applied (V(migrate)), as C(app.name).
  type: list
  elements: str
  returned: success
copied:
  description: Static files that were copied.
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
from ansible_collections.slipway.django.plugins.module_utils.arguments import INSTANCE, instance_of
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage, require_built
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    **INSTANCE,
    "release": {"type": "str", "required": True},
    "phase": {"type": "str", "choices": ["prove", "migrate", "static"], "required": True},
    "timeout": {"type": "int", "default": 600},
}


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Carry out the phase; the module's result."""
    if dry:
        return {"changed": params["phase"] != "prove", "migrations": [], "copied": 0}
    instance = instance_of(params)
    require_built(instance, releases.read(instance, params["release"]))
    manage = Manage(instance, params["release"], params["timeout"], steps)
    migrations: list[str] = []
    copied = 0
    if params["phase"] == "prove":
        migrations = manage.prove()
    elif params["phase"] == "migrate":
        migrations = manage.migrate()
    else:
        copied = manage.collect_static()
    changed = params["phase"] != "prove" and bool(migrations or copied)
    return {"changed": changed, "migrations": migrations, "copied": copied}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
