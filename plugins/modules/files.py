#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many directories, files and links in one go; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: files
short_description: Make directories, files and links with their owners and modes, all in one go
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - What a chain of M(ansible.builtin.file), M(ansible.builtin.copy) and M(ansible.builtin.template)
    does, for the price of one task over SSH. They are made in the order in which they are given.
  - Fails where something else stands at a path, and where O(files[].validate) does not take a text;
    the file then stays as it was.
options:
  files:
    description: What there shall be, each directory before what is in it.
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
        default: root
      group:
        description: Name of its group.
        type: str
        default: root
      mode:
        description: Its mode in octal digits; C(0644) for a file and C(0755) for a directory.
        type: str
      content:
        description: The text of a file. Without it and O(files[].link) there is a directory.
        type: str
      once:
        description: Whether the text is only for a new file; one that is there keeps its own.
        type: bool
        default: false
      validate:
        description: A command that says whether the text is right, C(%s) in the place of its path.
        type: str
      link:
        description: Where a symbolic link leads to.
        type: str
      as_owner:
        description:
          - Whether it is made with the rights of O(files[].owner), as in a home, whose owner may
            have put a link in its place.
        type: bool
        default: false
attributes:
  check_mode:
    description: Says which it would make or change.
    support: full
  diff_mode:
    description: Shows the old and the new text of files.
    support: full
"""

EXAMPLES = r"""
- name: Make a directory, a file in it and a link to that
  slipway.django.files:
    files:
      - {path: /etc/shop, group: shop, mode: "0750"}
      - path: /etc/shop/nginx.conf
        content: "{{ lookup('ansible.builtin.template', 'nginx.conf.j2') }}"
        validate: nginx -t -q -c %s
      - {path: /etc/nginx/nginx.conf, link: /etc/shop/nginx.conf}
"""

RETURN = r"""
done:
  description: What was made or changed.
  type: list
  elements: str
  returned: success
"""

import tempfile
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.placing import Wanted
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    "files": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "path": {"type": "path", "required": True},
            "owner": {"type": "str", "default": "root"},
            "group": {"type": "str", "default": "root"},
            "mode": {"type": "str"},
            "content": {"type": "str"},
            "once": {"type": "bool", "default": False},
            "validate": {"type": "str"},
            "link": {"type": "str"},
            "as_owner": {"type": "bool", "default": False},
        },
    }
}


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Make what is not right; the module's result. Raises Failed."""
    done, diff = [], []
    with tempfile.TemporaryDirectory(prefix="slipway-") as scratch:
        for wanted in (Wanted(**entry) for entry in params["files"]):
            with wanted.rights():
                if wanted.is_right():
                    continue
                done.append(wanted.path)
                diff.append(wanted.diff())
                if not dry:
                    wanted.make(scratch)
    return {"changed": bool(done), "done": done, "diff": diff}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
