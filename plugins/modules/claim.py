#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who owns which name on a host; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: claim
short_description: Claim an instance's names on a host, refusing those that another one owns
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment: [slipway.django.instance, slipway.django.lease]
description:
  - Keeps a register of the host's instances in O(register) and compares each new claim with it, so
    that two projects cannot write over each other's files or answer for each other's names.
  - Fails where another instance owns one of the names, and tells whose it is.
options:
  hostnames:
    description: The names that nginx answers to for this instance.
    type: list
    elements: str
    default: []
  login:
    description: The login that deploys it.
    type: str
    default: deploy
  register:
    description: The directory of the register.
    type: path
    default: /etc/slipway/instances
attributes:
  check_mode:
    description: Refuses the same, and claims nothing.
    support: full
"""

EXAMPLES = r"""
- name: Claim the names of the shop
  slipway.django.claim:
    project: shop
    env: dev
    hostnames: [dev.example.com]
"""

RETURN = r"""
claims:
  description: What the instance owns now, each kind of name with its values.
  type: dict
  returned: success
"""

import json
import os
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils.arguments import (
    INSTANCE,
    LEASE,
    instance_of,
)
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)

OPTIONS = {
    **INSTANCE,
    **LEASE,
    "hostnames": {"type": "list", "elements": "str", "default": []},
    "login": {"type": "str", "default": "deploy"},
    "register": {"type": "path", "default": "/etc/slipway/instances"},
}
# Kind of claim: the variable to set when another instance owns it.
VARIABLES = {
    "paths": "slipway_root",
    "names": "slipway_project",
    "hostnames": "slipway_hostnames",
}

Claims = dict[str, list[str]]


def claims_of(instance: Instance, hostnames: list[str]) -> Claims:
    """What an instance owns on its host; ``names`` are those of users, units and databases."""
    return {
        "paths": [instance.home, instance.static, instance.media, instance.log_file],
        "names": [instance.name, instance.web_group],
        "hostnames": [name.lower() for name in hostnames],
    }


def conflict(claims: Claims, owner: str, owned: Claims) -> Optional[str]:
    """The sentence that says what another instance owns already, if anything."""
    for kind, variable in VARIABLES.items():
        shared = sorted(set(claims[kind]) & set(owned.get(kind, [])))
        if shared:
            return f"{owner} on this host owns {', '.join(shared)} already: set another {variable}."
    return None


def others(register: str, own: str) -> dict[str, Claims]:
    """The claims of the other instances. Raises Failed for a file that cannot be read."""
    found = {}
    for name in sorted(os.listdir(register)) if os.path.isdir(register) else []:
        path = os.path.join(register, name)
        if name.endswith(".json") and path != own:
            try:
                with open(path, encoding="utf-8") as file:
                    claim = json.load(file)
                found[f"{claim['project']} {claim['env']} in {claim['root']}"] = claim["claims"]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise Failed(f"{path} cannot be read ({error}): mend or remove it.") from error
    return found


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Check and claim; the module's result. Raises Failed."""
    instance = instance_of(params)
    claims = claims_of(instance, params["hostnames"])
    place = instance.root.strip("/").replace("/", "-")
    own = os.path.join(params["register"], f"{instance.project}.{instance.env}@{place}.json")
    for owner, owned in others(params["register"], own).items():
        sentence = conflict(claims, owner, owned)
        if sentence:
            raise Failed(sentence)
    entry = {"project": instance.project, "env": instance.env, "root": instance.root}
    entry["login"] = params["login"]
    text = json.dumps({**entry, "claims": claims}, indent=2) + "\n"
    present = None
    if os.path.exists(own):
        with open(own, encoding="utf-8") as file:
            present = file.read()
    if present != text and not dry:
        os.makedirs(params["register"], mode=0o755, exist_ok=True)
        write(own, text)
    return {"changed": present != text, "claims": claims}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
