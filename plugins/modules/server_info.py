#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people should know of a server; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_info
short_description: What people should know of a server, as lines for a hand-off note
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment: [slipway.django.instance]
description:
  - Names failed units, a disk that is nearly full, an application that is not well, a certificate
    near its end, security updates that wait, a reboot that they wait for, a slow start, starts of
    the application by itself, and the errors that it logged since the live release was switched
    to, each kind with how often it came.
  - Numbers, quoted words and addresses are taken out of errors, and the values of secrets.
  - Changes nothing.
attributes:
  check_mode:
    description: Does the same, since it changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Look
  slipway.django.server_info:
    project: shop
    env: dev
"""

RETURN = r"""
release:
  description: Id of the release that answers; empty before the first.
  type: str
  returned: success
commit:
  description: The commit of that release; empty before the first.
  type: str
  returned: success
items:
  description:
    - What there is to say, each with its C(kind), C(what) is the matter, and C(how) much of it
      there is. The same matter has the same C(what) at the next look.
  type: list
  elements: dict
  returned: success
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import (
    arguments,
    observed,
    releases,
)
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {**arguments.INSTANCE}


def perform(params: dict[str, Any], _dry: bool, _steps: Steps) -> dict[str, Any]:
    """The module's result."""
    instance = arguments.instance_of(params)
    arguments.require_provisioned(instance)
    live = releases.read(instance, releases.live(instance) or "none") or {"id": "", "commit": ""}
    items = observed.all_of(instance)
    return {
        "changed": False,
        "release": live["id"],
        "commit": live["commit"],
        "items": [{"kind": item.kind, "what": item.what, "how": item.how} for item in items],
    }


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
