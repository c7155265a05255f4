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
  check:
    description:
      - A command that says whether all is right together, asked after a change. Where it, or the
        making of one, fails, files and links are put back as they were, and directories stay.
    type: str
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

import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.placing import Wanted
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.module_utils.telling import several

WayBack = tuple[Wanted, Callable[[], None]]

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
    },
    "check": {"type": "str"},
}


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Make what is not right; the module's result. Raises Failed."""
    entries, check = [Wanted(**entry) for entry in params["files"]], params["check"]
    back: list[WayBack] = []
    try:
        diff = [
            found for wanted in entries for found in place(wanted, dry, back if check else None)
        ]
        done = [found["before_header"] for found in diff]
        if back:
            run(shlex.split(check), problem=f"{several(done)} would not be right together.")
    except (Failed, OSError) as error:
        if not back:
            raise
        evidence = "\n".join(getattr(error, "evidence", []))
        raise Failed(f"{error} {put_back(back)}", evidence) from error
    return {"changed": bool(done), "done": done, "diff": diff}


def place(wanted: Wanted, dry: bool, back: Optional[list[WayBack]]) -> list[dict[str, str]]:
    """Make one if it is not right, and note the way back where that is asked for; its diff."""
    with wanted.rights():
        if wanted.is_right():
            return []
        diff = wanted.diff()
        if not dry:
            if back is not None:
                back.append((wanted, wanted.way_back()))
            wanted.make()
    return [diff]


def put_back(back: Sequence[WayBack]) -> str:
    """Go the ways back, the newest first; what came of it, in a sentence."""
    left = [said for wanted, undo in reversed(back) for said in undone(wanted, undo)]
    return f"Not put back: {', '.join(left)}." if left else "All is put back as it was."


def undone(wanted: Wanted, undo: Callable[[], None]) -> list[str]:
    """Go one of them; what it is and why, if it cannot be."""
    try:
        with wanted.rights(), suppress(FileNotFoundError):  # it was not made yet
            undo()
    except OSError as error:
        return [f"{wanted.path} ({error.strerror})"]
    return []


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
