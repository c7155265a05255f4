# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Locks of other tools than uv, which the tool itself turns into requirements with their hashes.

uv fetches the tool for that one call, in the version that is named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """``packages`` hold the program of ``words``, which prints what the lock beside ``project``
    pins; ``group`` and ``extra`` are its options for more than that, empty where it has none."""

    project: str
    packages: tuple[str, ...]
    words: tuple[str, ...]
    group: str = ""
    extra: str = ""

    def command(self, groups: Sequence[str], extras: Sequence[str]) -> list[str]:
        """The words with which uv runs it."""
        first, *others = self.packages
        chosen = [f"{self.group}={name}" for name in groups]
        chosen += [f"{self.extra}={name}" for name in extras]
        brought = ["--from", first, *(word for name in others for word in ("--with", name))]
        return ["tool", "run", "--quiet", *brought, *self.words, *chosen]


TOOLS = {
    "poetry.lock": Tool(
        project="pyproject.toml",
        packages=("poetry==2.2.1", "poetry-plugin-export==1.9.0"),
        words=("poetry", "export", "--no-interaction", "--format=requirements.txt"),
        group="--with",
        extra="--extras",
    ),
    "Pipfile.lock": Tool(
        project="Pipfile",
        packages=("pipenv==2026.10.3",),
        words=("pipenv", "requirements", "--hash"),
    ),
}
