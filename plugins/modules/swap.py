#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The swap file of a small host; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: swap
short_description: Give a small host a swap file, or take it away
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Makes C(/var/lib/slipway/swapfile), which root alone reads, and a unit that swaps to it at each
    boot. Swap that is not Slipway's is left alone.
  - In a container nothing is done, for swap is its host's.
options:
  size:
    description:
      - V(auto), or its megabytes, V(0) for none. V(auto) gives 1024 MB to a host that has at most
        2048 MB of memory, no swap, and a disk with room whose file system takes one, and keeps a
        file that is there.
      - 2048 MB of the disk stay free.
    type: str
    default: auto
attributes:
  check_mode:
    description: Says whether it would make or remove the file.
    support: full
"""

EXAMPLES = r"""
- name: Let a small server swap
  slipway.django.swap:
    size: auto
"""

RETURN = r"""
megabytes:
  description: The size of the file, 0 for none.
  type: int
  returned: success
why:
  description: Why there is none where one was asked for.
  type: str
  returned: success
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import swapping
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {"size": {"type": "str", "default": "auto"}}


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Make or remove the file; the module's result. Raises Failed."""
    place = swapping.Place()
    host = swapping.look(place)
    wanted = swapping.size(params["size"], host)
    changed = wanted != host.own
    if changed and not dry:
        swapping.remove(place)
        if wanted:
            swapping.make(place, wanted)
    return {"changed": changed, "megabytes": wanted, "why": swapping.why(params["size"], host)}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
