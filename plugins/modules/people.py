#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""People's own logins; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: people
short_description: Give people logins of their own, and take them away again
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Makes a user without a password for each person, whom the keys let in.
  - A person whom no instance on the host lists any more, or who is V(absent), is removed - the
    user, the right to become root, keys, timed jobs and all processes. The home stays, as root's.
  - Removes nobody but whom it made itself, and not the login or the key that it came in by.
options:
  instance:
    description: The name under which the people are listed.
    type: str
    required: true
  deploy_user:
    description: The user whom keys let in as where O(users[].deploy) says so.
    type: str
    required: true
  users:
    description: The people.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The login.
        type: str
        required: true
      keys:
        description: The public keys, whole lines.
        type: list
        elements: str
        default: []
      sudo:
        description: Whether the person becomes root, without a password.
        type: bool
        default: false
      deploy:
        description: Whether the keys let in as the deploy user too.
        type: bool
        default: false
      state:
        description: Whether the login is there.
        type: str
        choices: [present, absent]
        default: present
  directory:
    description: Where is written down who was listed and made.
    type: path
    default: /etc/slipway
attributes:
  check_mode:
    description: Says what it would do.
    support: full
"""

EXAMPLES = r"""
- name: Give Ada a login, and none to Bob
  slipway.django.people:
    instance: shop_dev
    deploy_user: deploy
    users:
      - name: ada
        keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMgaXMgbm8ga2V5 ada@example.com]
        sudo: true
      - {name: bob, state: absent}
"""

RETURN = r"""
done:
  description: What was done, in words.
  type: list
  elements: str
  returned: success
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.admitting import People
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.people import Register, person_of
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps
from ansible_collections.slipway.django.plugins.module_utils.telling import several

OPTIONS = {
    "instance": {"type": "str", "required": True},
    "deploy_user": {"type": "str", "required": True},
    "users": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "sudo": {"type": "bool", "default": False},
            "deploy": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
    },
    "directory": {"type": "path", "default": "/etc/slipway"},
}


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Do what is to be done; the module's result. Raises Failed."""
    user = params["deploy_user"]
    present = [entry for entry in params["users"] if entry["state"] == "present"]
    absent = [entry["name"] for entry in params["users"] if entry["state"] == "absent"]
    own = [person_of({**entry, "deploy": user if entry["deploy"] else ""}) for entry in present]
    people = People(Register(params["directory"], params["instance"]), own, absent)
    people.require()
    deeds = people.deeds()
    done = [words for words, _act in deeds]
    if not deeds:
        return {"changed": False, "done": done}
    with steps.step("people") as step:
        step["detail"] = several(done)
        for _words, act in [] if dry else deeds:
            act()
    return {"changed": True, "done": done}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
