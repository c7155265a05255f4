# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand-off notes that travel with the application's code: which lines a host has not had yet."""

from __future__ import annotations

from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

NOTES = "claude/DEV_HANDOFF.md"
LINE = "- [ ]"


def pending(mirror: Mirror, live: str, version: str) -> list[str]:
    """The open lines of the notes at a version, as last fetched, that the live commit has not."""
    had = set(lines(mirror, live))
    return [line for line in lines(mirror, version) if line not in had]


def lines(mirror: Mirror, revision: str) -> list[str]:
    """The open lines of the notes at a revision; none where there are no notes."""
    try:
        text = mirror.git("show", f"{revision}:{NOTES}", problem="There are no notes.")
    except Failed:
        return []
    return [line.strip() for line in text.splitlines() if line.strip().startswith(LINE)]
