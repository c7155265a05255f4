# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables of two releases side by side, by name and never by value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils.snapshot import RELEASE

Row = dict[str, str]


def rows(
    before: Mapping[str, str],
    after: Mapping[str, str],
    sources: Mapping[str, str],
    needed: Mapping[str, str],
    lacking: Collection[str],
) -> list[Row]:
    """A row for each variable that one of them has or the next one lacks.

    ``needed`` has who needs a variable; ``lacking`` names those that need a value and have none.
    """
    names = {*before, *after, *lacking} - {RELEASE}
    return [
        {
            "name": name,
            "source": sources.get(name, ""),
            "live": state(before.get(name)),
            "next": state(after.get(name)),
            "change": "missing" if name in lacking else change(before.get(name), after.get(name)),
            "need": needed.get(name, ""),
        }
        for name in sorted(names)
    ]


def state(value: Optional[str]) -> str:
    """Whether a value is set."""
    if value is None:
        return "missing"
    return "set" if value.strip() else "blank"


def change(before: Optional[str], after: Optional[str]) -> str:
    """What becomes of a variable."""
    if before == after:
        return ""
    if before is None:
        return "added"
    return "removed" if after is None else "changed"
