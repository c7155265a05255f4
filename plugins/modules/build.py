#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phase of a deploy that makes a release; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: build
short_description: Make and prove a release of a Django application beside the one that answers
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment:
  [slipway.django.instance, slipway.django.lease, slipway.django.source, slipway.django.recipe,
   slipway.django.snapshot, slipway.django.manage, slipway.django.serves]
description:
  - Brings the instance's mirror of the repository up to date, resolves the version to a commit,
    checks it out, gives it the Python environment of its lock and a snapshot of its environment
    variables.
  - Then boots Django in it once, runs its checks, compares its settings with what the host serves,
    asks which migrations wait and, if none does, collects static files.
  - The live release is not touched. Nothing is done if it has the same commit and variables.
  - Fails where the version is unknown or older, a variable that it needs has no value, a manual
    step of the hand-off notes is due, disk space is short, or a step or check fails.
options:
  force:
    description: Make a new release, and its Python environment anew, even if nothing changed.
    type: bool
    default: false
  allow_older:
    description: Release a commit even where the live one came after it.
    type: bool
    default: false
  acknowledge:
    description: Whether somebody has seen to the manual steps of the hand-off notes.
    type: bool
    default: false
  acknowledged:
    {description: The steps that somebody has seen to., type: list, elements: str, default: []}
  disk_reserve:
    description: Megabytes that must be free where releases stand.
    type: int
    default: 200
  keep_failed:
    description: How many releases that were given up remain; others go before a build.
    type: int
    default: 2
  promised:
    description: In check mode, whether an earlier task of the run promised to provision the host.
    type: bool
    default: false
attributes:
  check_mode:
    description: Fetches into a place of its own that goes again, and tells what would be made. Of
      the migrations it knows those that the repository itself holds, by their files.
    support: partial
    details: Nothing is built, so it cannot tell whether the release would pass its checks.
"""

EXAMPLES = r"""
- name: Build
  slipway.django.build:
    project: shop
    env: dev
    repository: git@example.com:you/shop.git
    version: main
    server: gunicorn==27.0.1
    serves: {hostnames: [dev.example.com]}
"""

RETURN = r"""
lacks:
  description: What the mirror has, where it lacks the commit that the controller is to push.
  type: list
  elements: str
  returned: when the action plugin is to call again, and nothing was done
needed:
  description: Whether the live release is not what was asked for, so that the next phases follow.
  type: bool
  returned: success
release:
  description: The release's record, as M(slipway.django.activate) has it; no C(id) in check mode.
  type: dict
  returned: success
live:
  description: The record of the release that answers, if any.
  type: dict
  returned: success
waiting:
  description: The migrations that wait, as C(app.name).
  type: list
  elements: str
  returned: success
lacking:
  {description: What else migrate has to make., type: list, elements: str, returned: success}
check_warnings:
  {description: What C(check --deploy) warns of., type: list, elements: str, returned: success}
maintenance:
  {description: Who closed the site to visitors and since when., type: dict, returned: success}
handoffs:
  {description: What the hand-off notes bring., type: list, elements: dict, returned: success}
asks:
  description: The manual steps of the hand-off notes that a person has to see to first.
  type: list
  elements: str
  returned: when there are any and O(acknowledge) is not set
steps:
  description: What was done, each step with C(name), C(seconds) and C(detail).
  type: list
  elements: dict
  returned: always
evidence:
  {description: Lines that show why it failed., type: list, elements: str, returned: failure}
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import arguments, maintenance, releases
from ansible_collections.slipway.django.plugins.module_utils.building import Build
from ansible_collections.slipway.django.plugins.module_utils.gate import Gate
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.pruning import clear, tidy
from ansible_collections.slipway.django.plugins.module_utils.requested import (
    build_of,
    manage_of,
    superuser_of,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps
from ansible_collections.slipway.django.plugins.module_utils.telling import warning_lines

OPTIONS = {
    **arguments.INSTANCE,
    **arguments.LEASE,
    **arguments.SOURCE,
    "force": {"type": "bool", "default": False},
    "allow_older": {"type": "bool", "default": False},
    "acknowledge": {"type": "bool", "default": False},
    "acknowledged": {"type": "list", "elements": "str", "default": []},
    "disk_reserve": {"type": "int", "default": 200},
    "keep_failed": {"type": "int", "default": 2},
    "promised": {"type": "bool", "default": False},
    **arguments.MANAGE,
    **arguments.RELEASE,
}
NEEDED: dict[str, Any] = {
    **{"changed": True, "needed": True},
    **{"lacking": [], "check_warnings": [], "handoffs": []},
}


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Make and prove the release if it is needed; the module's result."""
    if dry and params["promised"] and not arguments.is_provisioned(arguments.instance_of(params)):
        unknown = {"id": "", "commit": "", "subject": "", "version": params["version"]}
        return {**NEEDED, "live": None, "waiting": ["all of them"], "release": unknown}
    superuser_of(params)  # Is it as it should be? It is made much later.
    wanted = build_of(params, dry, steps)
    if (lacks := wanted.mirror.lacks()) is not None:
        return {"changed": False, "lacks": lacks}
    with wanted.rehearsed(dry) as build:
        return made(build, params, dry, steps)


def made(build: Build, params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """What comes of a build."""
    cleared = clear(build.instance, params["keep_failed"], dry)
    if cleared:
        steps.begin("clear")["detail"] = cleared
    commit = build.commit()
    live = releases.read(build.instance, releases.live(build.instance) or "none")
    closed = maintenance.standing(build.instance)
    result: dict[str, Any] = {**NEEDED, "live": live, "waiting": [], "maintenance": closed}
    if not params["force"] and build.is_current(live, commit):
        stopped = tidy(build.instance, steps, dry) | build.snapshot.keep(dry)
        if steps.lease:
            steps.lease.end()
        return {**result, "changed": stopped or bool(cleared), "needed": False, "release": live}
    gate = Gate(build, commit, live)
    gate.require(params, dry)
    result["handoffs"] = gate.pending.told()
    if dry:
        waiting = build.expected(commit, live)
        return {**result, "waiting": waiting, "release": build.record("", commit)}
    release = build.make(commit, params["force"])
    sources = build.snapshot.sources()
    manage = manage_of(build.instance, params, release["id"], steps, sources)
    found = manage("check", "settings", "plan", "collect")
    warned = warning_lines(found["warned"])
    wants = {key: found[key] for key in ("waiting", "lacking")}
    return {**result, "release": release, **wants, "check_warnings": warned}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
