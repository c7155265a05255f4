# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host's nginx can do, and whom it asks for names."""

from __future__ import annotations

import re

from ansible_collections.slipway.django.plugins.module_utils.programs import finished
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

RESOLVERS = "/etc/resolv.conf"


def says() -> str:
    """What nginx tells of its making; nothing where there is none, as in a dry run."""
    try:
        done = finished(["nginx", "-V"], problem="nginx does not start.")
    except Failed:
        return ""
    return done.stderr.decode(errors="replace")


def version_of(said: str) -> tuple[int, ...]:
    """The version of which nginx told; a new one where it told none."""
    found = re.search(r"nginx/([\d.]+)", said)
    return tuple(int(part) for part in found[1].split(".")) if found else (1, 26)


def resolvers(configuration: str) -> list[str]:
    """The resolvers of a resolv.conf, as nginx writes addresses."""
    found = re.findall(r"^\s*nameserver\s+([^\s%]+)", configuration, re.MULTILINE)
    return [f"[{one}]" if ":" in one else one for one in found]
