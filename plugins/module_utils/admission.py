# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a login without other rights may ask of the modules that run as root.

sudo lets it run one program of the library, which asks here before it does anything. What decides
stands in places that root alone writes: the register of instances, and sudo's own word for who
asks.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

# Those of a deploy, a rollback, and what looks. No file, package or database of the host is theirs.
MODULES = (
    *("activate", "build", "environment_info", "handoff_info", "health", "instance_info"),
    *("lease", "logs", "maintenance", "manage", "secret", "server_info"),
)
REGISTER = "/etc/slipway/instances"
RELEASE = re.compile(r"|live|previous|\d{8}T\d{6}Z-[0-9a-f]{7}")
# It reads what an instance logged, also on a database's host, which has no register. Of an instance
# that is not in it, no file of its own is read.
ANYWHERE = "logs"
NOWHERE = "/var/empty/slipway"
# The argument that names a release, and becomes part of a path.
RELEASES = {"activate": "release", "handoff_info": "since", "manage": "release"}

Owned = tuple[str, str, str]


def registered(login: str, register: str = REGISTER) -> set[Owned]:
    """Project, environment and root of each instance on this host that the login deploys."""
    found = set()
    for name in os.listdir(register) if os.path.isdir(register) else []:
        with suppress(OSError, ValueError, KeyError, TypeError):
            with open(os.path.join(register, name), encoding="utf-8") as file:
                entry = json.load(file)
            if entry["login"] == login:
                found.add((entry["project"], entry["env"], entry["root"]))
    return found


def admitted(
    module: str, params: dict[str, Any], login: str, instances: Collection[Owned]
) -> dict[str, Any]:
    """The arguments as they are let. Raises Failed where ``login`` wants what no deploy needs."""
    if module not in MODULES:
        raise Failed(f"{login} may not run the module {module}: provision as an administrator.")
    wanted = (params.get("project"), params.get("env"), params.get("root"))
    if wanted not in instances:
        if module == ANYWHERE:
            return {**params, "root": NOWHERE}
        raise Failed(
            f"{wanted[0]} {wanted[1]} in {wanted[2]} was not provisioned on this host for {login}: "
            f"run `invoke provision {wanted[1]}` (playbook slipway.django.site) once, then deploy."
        )
    builder = params.get("builder", login)
    if builder != login:
        raise Failed(
            f"{login} may not build as {builder}: let django_builder be the login, or give it "
            "base_deploy_sudo: all."
        )
    release = params.get(RELEASES.get(module, ""), "")
    if not RELEASE.fullmatch(str(release)):
        raise Failed(f"{release!r} is no release: see `invoke releases`.")
    return params
