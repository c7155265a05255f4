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
    Fails where Slipway still writes the file, which a deploy with that setting changes.
options:
  name:
    description: The variable's name.
    type: str
    required: true
  value:
    description: Its value, which may have several lines, but not be blank.
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
path:
  description: The file that has it.
  type: str
  returned: success
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import (
    dotenv,
    environment,
    kept_files,
)
from ansible_collections.slipway.django.plugins.module_utils.arguments import (
    INSTANCE,
    LEASE,
    instance_of,
    require_provisioned,
)
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

OPTIONS = {
    **INSTANCE,
    **LEASE,
    "name": {"type": "str", "required": True},
    "value": {"type": "str", "required": True, "no_log": True},
}


def replaced(text: str, path: str, name: str, value: str) -> str:
    """The text of a file with the variable: in its own place if it has one, else at the end.

    Raises Failed where the text cannot be read.
    """
    line = environment.render({name: value}).rstrip("\n")
    places = [match for match in dotenv.assignments(text, path) if match["name"] == name]
    if not places:
        return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n"
    # Of two of one name the later one counts.
    return text[: places[-1].start()] + line + text[places[-1].end() :]


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """The module's result."""
    instance = instance_of(params)
    require_provisioned(instance)
    if not params["value"].strip():
        raise Failed(
            f"There is no value for {params['name']}: `invoke env.set` asks for it, and the "
            "playbook slipway.django.secret takes it from SLIPWAY_SECRET."
        )
    path = instance.keys_file
    text = dotenv.text_of(path)
    if kept_files.is_ours(instance, text):
        raise Failed(
            f"Slipway still writes {path}: deploy once with django_secrets_backend: env_file, then "
            f"set {params['name']}."
        )
    new = replaced(text, path, params["name"], params["value"])
    if new != text and not dry:
        write(path, new, 0o600, (0, 0))
    return {"changed": new != text, "path": path}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
