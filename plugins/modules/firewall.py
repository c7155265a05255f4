#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host's firewall; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall
short_description: Let nobody in but by declared ports, over IPv4 and IPv6
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Keeps a table of its own in nftables, C(inet slipway), and a unit that loads it before the
    network is up. What leaves the host or is passed on, and tables of others, stay as they are.
  - Each instance declares its ports; those of all are open, and SSH's always.
  - Tells which ports that listen now are closed to others.
options:
  instance:
    description: The name under which the ports are declared.
    type: str
    required: true
  enabled:
    description: Whether this instance asks for a firewall. Without one that does there is none.
    type: bool
    default: true
  ports:
    description: What is open.
    type: list
    elements: dict
    default: []
    suboptions:
      port:
        description: A port, or a range such as V(60000-61000).
        type: str
        required: true
      protocol:
        description: Its protocol.
        type: str
        choices: [tcp, udp]
        default: tcp
      from:
        description: Addresses, networks or names of hosts that may come in. Empty for everybody.
        type: list
        elements: str
        default: []
  directory:
    description: Where the declarations and the rules are kept.
    type: path
    default: /etc/slipway
extends_documentation_fragment:
  - slipway.django.guarded
attributes:
  check_mode:
    description: Says what it would open and close.
    support: full
"""

EXAMPLES = r"""
- name: Let visitors in, and one network to a port of its own
  slipway.django.firewall:
    instance: shop_dev
    ports:
      - port: 80
      - port: 443
      - port: 9100
        from: [10.0.0.0/24]
"""

RETURN = r"""
closed:
  description: Ports that listen to others and are closed to them.
  type: list
  elements: str
  returned: success
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import guarding
from ansible_collections.slipway.django.plugins.module_utils.firewalling import NAME, Firewall
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

HINT = "see base_firewall_ports, and where sshd listens"
OPTIONS = {
    "instance": {"type": "str", "required": True},
    "enabled": {"type": "bool", "default": True},
    "ports": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "port": {"type": "str", "required": True},
            "protocol": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
            "from": {"type": "list", "elements": "str", "default": []},
        },
    },
    "directory": {"type": "path", "default": "/etc/slipway"},
    "phase": {"type": "str", "choices": ["plan", "apply", "settle", "undo"], "default": "plan"},
}


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Go through a phase; the module's result. Raises Failed."""
    phase = params["phase"]
    if phase == "undo":
        guarding.undo(NAME)
        return {"changed": True, "hint": HINT}
    if phase == "plan" and guarding.pending(NAME) and not dry:
        guarding.undo(NAME)  # of a run that died
    own = {"enabled": params["enabled"], "ports": params["ports"]}
    firewall = Firewall(params["directory"], params["instance"], own)
    if phase == "apply":
        firewall.apply()
    if phase == "settle":
        guarding.settle(NAME)
        firewall.settle()
        return {"changed": True}
    changed, closed = firewall.differs(), firewall.closed()
    if changed and phase == "plan":
        with steps.step(NAME) as step:
            step["detail"] = firewall.told(closed)
    return {"changed": changed, "closed": closed, "name": NAME}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
