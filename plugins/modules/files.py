#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many directories, files and links in one go; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: files
short_description: Make directories, files and links with their owners and modes, all in one go
version_added: 0.1.0
author: The Slipway authors
description:
  - What a chain of M(ansible.builtin.file), M(ansible.builtin.copy) and M(ansible.builtin.template)
    does, for the price of one task over SSH. They are made in the order in which they are given.
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.slipway.django.plugins.module_utils.placing import Wanted
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

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
        },
    }
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(OPTIONS, supports_check_mode=True)
    done, diff = [], []
    try:
        for entry in module.params["files"]:
            wanted = Wanted(**entry)
            if not wanted.is_right():
                done.append(wanted.path)
                diff.append(wanted.diff())
                if not module.check_mode:
                    wanted.make(module.tmpdir)
    except Failed as failure:
        Steps().fail(module, failure, done=done)
    module.exit_json(changed=bool(done), done=done, diff=diff)


if __name__ == "__main__":
    main()
