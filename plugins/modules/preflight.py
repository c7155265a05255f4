#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of action preflight, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Check an inventory before any host is touched
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Refuses variables that look like Slipway's and are none, naming the nearest right one.
  - Refuses values that are missing or of the wrong type for the roles that the host's groups get.
  - On the controller itself, outside the inventory, refuses one without a host in its group C(app).
  - Runs on the controller alone; the host need not be reachable.
  - Fails with a sentence for each fault, and names the inventory.
attributes:
  check_mode:
    description: Does the same, since it changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Check the inventory
  slipway.django.preflight:
"""

RETURN = r"""
"""
