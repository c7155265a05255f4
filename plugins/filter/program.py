# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter that gives templates the path of a program of the library."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.slipway.django.plugins.plugin_utils import library

DOCUMENTATION = r"""
name: program
short_description: Where a program of the collection's library stands on a host
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - The library's directory bears the hash of its content, so the path is this version's alone.
options:
  _input:
    description: The program, C(deploy) or C(follow).
    type: str
    required: true
"""

EXAMPLES = r"""
rule: "deploy ALL=(root) NOPASSWD: {{ 'deploy' | slipway.django.program }}"
"""

RETURN = r"""
_value:
  description: The absolute path.
  type: str
"""


def path_of(name: str) -> str:
    """The path of a program."""
    return f"{library.directory()}/{name}"


class FilterModule:
    """The collection's filter of the same name."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"program": path_of}
