#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A secret in the file of an instance's credentials; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: secret
short_description: Set one variable in the file of an instance's credentials
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment: [slipway.django.instance, slipway.django.lease]
description:
  - Writes one variable into C(.keys) of the instance, in the place of the one of the same name, and
    keeps everything else there. The next release gets it.
  - For environments whose secrets people keep on the host (C(django_secrets_backend=env_file)).
options:
  name:
    description: The variable's name.
    type: str
    required: true
  value:
    description: Its value, which may have several lines.
    type: str
    required: true
attributes:
  check_mode:
    description: Tells whether the file would change.
    support: full
"""

EXAMPLES = r"""
- name: Set the key of the payment provider
  slipway.django.secret:
    project: shop
    env: dev
    name: PAYMENT_KEY
    value: "{{ lookup('ansible.builtin.env', 'PAYMENT_KEY') }}"
"""

RETURN = r"""
"""

import os
import re
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import environment
from ansible_collections.slipway.django.plugins.module_utils.arguments import (
    INSTANCE,
    LEASE,
    instance_of,
    require_provisioned,
)
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    **INSTANCE,
    **LEASE,
    "name": {"type": "str", "required": True},
    "value": {"type": "str", "required": True, "no_log": True},
}
# A value in quotes may have several lines.
VALUE = r"""(?:"(?:[^"\\]|\\.)*"[^\n]*|'[^']*'[^\n]*|[^\n]*)"""


def replaced(text: str, name: str, value: str) -> str:
    """The text of the file with the variable: in its own place if it has one, else at the end."""
    line = environment.render({name: value})
    own = re.compile(rf"^[ \t]*(?:export[ \t]+)?{name}[ \t]*=[ \t]*{VALUE}\n?", re.M | re.S)
    whole = text if not text or text.endswith("\n") else f"{text}\n"
    places = [*own.finditer(whole)]
    if not places:
        return whole + line
    # Of two of one name the later one would count.
    for match in reversed(places[1:]):
        whole = whole[: match.start()] + whole[match.end() :]
    return whole[: places[0].start()] + line + whole[places[0].end() :]


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """The module's result."""
    instance = instance_of(params)
    require_provisioned(instance)
    text = ""
    if os.path.exists(instance.keys_file):
        # As it is: Python would take the carriage returns out of a value.
        with open(instance.keys_file, encoding="utf-8", newline="") as file:
            text = file.read()
    new = replaced(text, params["name"], params["value"])
    if new != text and not dry:
        write(instance.keys_file, new, 0o600, (0, 0))
    return {"changed": new != text}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
