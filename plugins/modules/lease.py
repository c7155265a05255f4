#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease of an instance, by itself; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lease
short_description: Take or give back the lease of an instance on a host
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment: [slipway.django.instance, slipway.django.lease]
description:
  - For a run of several hosts or playbooks; the modules of a deploy take and give back the lease
    themselves.
  - While the run has the lease, every other one that would change the instance is refused.
  - Fails where another run has it, and tells whose it is, which step that is at and how to wait.
attributes:
  check_mode:
    description: Does nothing.
    support: full
"""

EXAMPLES = r"""
- name: Take the lease
  slipway.django.lease:
    project: shop
    env: dev
    lease: {begins: true}

- name: Give the lease back
  slipway.django.lease:
    project: shop
    env: dev
    lease: {ends: true}
"""

RETURN = r"""
steps:
  description: What was done, each step with C(name), C(seconds) and C(detail).
  type: list
  elements: dict
  returned: always
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.arguments import INSTANCE, LEASE
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {**INSTANCE, **LEASE}


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Nothing but what taking and giving back the lease does."""
    return {"changed": False}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
