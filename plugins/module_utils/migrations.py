# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The migrations that releases know, as they said when they were proven."""

from __future__ import annotations

import json

from ansible_collections.slipway.django.plugins.module_utils.instance import Instance


def unknown_to(instance: Instance, older: str, newer: str) -> list[str]:
    """The migrations that one release knows and an older one does not."""
    known = [names_of(instance, release) for release in (older, newer)]
    return sorted(known[1] - known[0]) if all(known) else []


def names_of(instance: Instance, release: str) -> set[str]:
    """The migrations that a release knows, as it said when it was proven."""
    try:
        with open(instance.record(release, "migrations.json"), encoding="utf-8") as file:
            return set(json.load(file))
    except (OSError, ValueError):
        return set()
