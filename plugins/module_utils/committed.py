# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a commit, read from the mirror before anything of it is checked out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils.locks import upwards
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed


@dataclass(frozen=True)
class Committed:
    """The files of ``commit``; ``place`` is the directory of manage.py, ``""`` for the root."""

    mirror: Mirror
    commit: str
    place: str = ""

    @cached_property
    def paths(self) -> frozenset[str]:
        """All paths."""
        # git ends the last one like the others.
        return frozenset(filter(None, self.mirror.paths(self.commit)))

    def text(self, path: str) -> str:
        """What a file holds; nothing where there is none."""
        if path not in self.paths:
            return ""
        return self.mirror.git("show", f"{self.commit}:{path}", problem=f"git cannot read {path}.")

    def module(self, name: str) -> Optional[tuple[str, str]]:
        """The path and the text of a module, as Python finds it beside manage.py."""
        base = os.path.join(self.place, *name.split("."))
        for path in (f"{base}/__init__.py", f"{base}.py"):
            if path in self.paths:
                return path, self.text(path)
        return None

    def nearest(self, names: Iterable[str]) -> str:
        """The first of these files, in the directory of manage.py or the nearest above it."""
        wanted = list(names)
        inside = [os.path.join(place, name) for place in upwards(self.place) for name in wanted]
        return next((path for path in inside if path in self.paths), "")

    def mentions(self, words: Iterable[str]) -> list[tuple[str, str]]:
        """Which file mentions which of these words, as ``(path, word)``."""
        patterns = [part for word in words for part in ("-e", word)]
        if not patterns:
            return []
        grep = ("grep", "-I", "--word-regexp", "--fixed-strings", "--only-matching")
        try:
            said = self.mirror.git(*grep, *patterns, self.commit, problem="Nobody mentions them.")
        except Failed:
            return []
        lines = [line.partition(":")[2].rpartition(":") for line in said.splitlines()]
        return sorted({(path, word) for path, _colon, word in lines})
