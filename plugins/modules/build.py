#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phase of a deploy that makes a release; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: build
short_description: Make a release of a Django application beside the one that answers
version_added: 0.1.0
author: The Slipway authors
extends_documentation_fragment: slipway.django.instance
description:
  - Fetches the repository into the instance's mirror, resolves the version to a commit, checks it
    out, gives it the Python environment of its lock and a snapshot of its environment variables.
  - The live release is not touched. Nothing is done if it has the same commit and variables.
options:
  repository:
    description: Where git fetches from, as C(git fetch) takes it.
    type: str
    required: true
  version:
    description: A branch, a tag or a commit (at least 7 characters), looked up in this order.
    type: str
    required: true
  builder:
    description: The user who owns the code and runs git and uv.
    type: str
    default: deploy
  python:
    description: The Python that the application runs on, as C(uv python find) takes it.
    type: str
    default: ">=3.12"
  requirements:
    description:
      - The file that pins the dependencies, relative to the repository. V(auto) takes C(uv.lock),
        else C(requirements.txt).
    type: str
    default: auto
  server:
    description: The requirement that brings gunicorn where the application does not list it.
    type: str
    required: true
  environment:
    description: The application's environment variables that people may read.
    type: dict
    default: {}
  secrets:
    description:
      - Those that nobody may read, an object in JSON. They win over O(environment).
      - In one text, for Ansible blots out each value of a dictionary wherever the result has it.
    type: json
    default: "{}"
  generated:
    description:
      - Secrets that are made on the host once, and kept in C(.keys), where neither O(secrets) nor
        O(environment) has them.
    type: list
    elements: str
    default: [SECRET_KEY]
  uv_environment:
    description: Environment variables for uv itself, as O(secrets).
    type: json
    default: "{}"
  force:
    description: Make a new release, and its Python environment anew, even if nothing changed.
    type: bool
    default: false
attributes:
  check_mode:
    description: Looks the version up without fetching, and tells what would be made.
    support: partial
"""

EXAMPLES = r"""
- name: Build
  slipway.django.build:
    project: shop
    env: dev
    repository: git@example.com:you/shop.git
    version: main
    server: gunicorn==27.0.1
"""

RETURN = r"""
needed:
  description: Whether the live release is not what was asked for, so that the next phases follow.
  type: bool
  returned: success
release:
  description: The release's record; its C(id) is empty in check mode.
  type: dict
  returned: success
live:
  description: The record of the release that answers, if any.
  type: dict
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

import json
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import dependencies, releases
from ansible_collections.slipway.django.plugins.module_utils.arguments import (
    INSTANCE,
    instance_of,
    require_provisioned,
)
from ansible_collections.slipway.django.plugins.module_utils.building import Build
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.snapshot import Snapshot
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    **INSTANCE,
    "repository": {"type": "str", "required": True},
    "version": {"type": "str", "required": True},
    "builder": {"type": "str", "default": "deploy"},
    "python": {"type": "str", "default": ">=3.12"},
    "requirements": {"type": "str", "default": "auto"},
    "server": {"type": "str", "required": True},
    "environment": {"type": "dict", "default": {}},
    "secrets": {"type": "json", "default": "{}", "no_log": True},
    "generated": {"type": "list", "elements": "str", "default": ["SECRET_KEY"]},
    "uv_environment": {"type": "json", "default": "{}", "no_log": True},
    "force": {"type": "bool", "default": False},
}


def build_of(params: dict[str, Any], steps: Steps) -> Build:
    """The build that the arguments ask for."""
    instance = instance_of(params)
    require_provisioned(instance)
    builder = params["builder"]
    return Build(
        instance=instance,
        version=params["version"],
        builder=builder,
        mirror=Mirror(instance.repo, params["repository"], builder),
        uv=dependencies.Uv("/usr/local/bin/uv", builder, json.loads(params["uv_environment"])),
        recipe=dependencies.Recipe(params["python"], params["requirements"], params["server"]),
        snapshot=Snapshot(
            instance,
            params["environment"],
            json.loads(params["secrets"]),
            params["generated"],
        ),
        steps=steps,
    )


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Make the release if it is needed; the module's result."""
    build = build_of(params, steps)
    commit = build.commit(dry)
    live_id = releases.live(build.instance)
    live = releases.read(build.instance, live_id) if live_id else None
    if not params["force"] and build.is_current(live, commit):
        return {"changed": False, "needed": False, "release": live, "live": live}
    if dry:
        return {"changed": True, "needed": True, "release": build.record("", commit), "live": live}
    release = build.make(commit, params["force"])
    return {"changed": True, "needed": True, "release": release, "live": live}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
