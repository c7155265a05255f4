# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How static files grow old and go; inside.py takes this file along into the release."""

from __future__ import annotations

import json
import os

COPIES = (".gz", ".br")


def listed(path: str) -> set[str]:
    """The names of a list that an earlier release left; none where it left no list."""
    try:
        with open(path, encoding="utf-8") as file:
            return set(json.load(file))
    except (OSError, ValueError):
        return set()


def touch(root: str, names: set[str]) -> None:
    """Let the age of files and of their compressed copies begin now."""
    for name in [each + ending for each in names for ending in ("", *COPIES)]:
        path = os.path.join(root, name)
        if os.path.exists(path):
            os.utime(path)


def age(root: str, wanted: set[str], before: float) -> int:
    """Remove the files that are not wanted and older; how many they were."""
    removed = 0
    for directory, _folders, names in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            known = os.path.relpath(path, root)
            # A compressed copy lives as long as what it is a copy of.
            plain = os.path.splitext(known)[0] if known.endswith(COPIES) else known
            if not {known, plain} & wanted and os.lstat(path).st_mtime < before:
                os.unlink(path)
                removed += 1
    return removed
