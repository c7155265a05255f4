#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many directories in one go; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: directories
short_description: Make directories with their owners and modes, all in one go
version_added: 0.1.0
author: The Slipway authors
description:
  - What a loop over M(ansible.builtin.file) does, for the price of one task over SSH.
options:
  directories:
    description: The directories, each parent before what is in it.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Where it is.
        type: path
        required: true
      owner:
        description: Name of the user who owns it.
        type: str
        required: true
      group:
        description: Name of its group.
        type: str
        required: true
      mode:
        description: Its mode in octal digits.
        type: str
        required: true
attributes:
  check_mode:
    description: Says which it would make or change.
    support: full
"""

EXAMPLES = r"""
- name: Make the directories
  slipway.django.directories:
    directories:
      - {path: /var/www/shop, owner: root, group: root, mode: "0755"}
"""

RETURN = r"""
done:
  description: The directories that were made or changed.
  type: list
  elements: str
  returned: success
"""

import grp
import os
import pwd
import stat
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)

OPTIONS = {
    "directories": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "path": {"type": "path", "required": True},
            "owner": {"type": "str", "required": True},
            "group": {"type": "str", "required": True},
            "mode": {"type": "str", "required": True},
        },
    }
}


def is_right(wanted: dict[str, Any]) -> bool:
    """Whether a directory is there as it should be. Raises Failed where something else is."""
    path = wanted["path"]
    if not os.path.lexists(path):
        return False
    if not os.path.isdir(path):
        raise Failed(f"{path} should be a directory and is something else: move it away.")
    found = os.stat(path)
    try:
        owner = pwd.getpwnam(wanted["owner"]).pw_uid, grp.getgrnam(wanted["group"]).gr_gid
    except KeyError:
        return False
    mode = int(wanted["mode"], 8)
    return (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (*owner, mode)


def make(wanted: dict[str, Any]) -> None:
    """Make a directory, or give it its owner and mode. Raises Failed."""
    path = wanted["path"]
    try:
        owner = pwd.getpwnam(wanted["owner"]).pw_uid, grp.getgrnam(wanted["group"]).gr_gid
        os.makedirs(path, mode=0o700, exist_ok=True)
        os.chown(path, *owner)
        os.chmod(path, int(wanted["mode"], 8))
    except (OSError, KeyError) as error:
        raise Failed(f"{path} cannot be made: {error}.") from error


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Make what is not right; the module's result. Raises Failed."""
    done = []
    for wanted in params["directories"]:
        if not is_right(wanted):
            done.append(wanted["path"])
            if not dry:
                make(wanted)
    return {"changed": bool(done), "done": done}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
