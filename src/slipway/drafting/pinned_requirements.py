"""The packages that a commit's files of requirements name, with those that they include."""

from __future__ import annotations

import posixpath
import re

from ansible_collections.slipway.django.plugins.module_utils.committed import Committed

from slipway.drafting.package_needs import (
    Need,
    applies,
    requirement,
)

INCLUDED = re.compile(
    r"(?:(?:-r|--requirement)|(?P<constrains>-c|--constraint))[ \t=]*(?P<path>[^\s=]\S*)(?:\s.*)?"
)
# Options of one requirement, such as its hashes.
OPTIONS = re.compile(r"\s--?[A-Za-z].*")


def versions(code: Committed, path: str) -> dict[str, str]:
    """What is installed by a file of requirements; nothing as the version of what is not pinned.

    A constraint says the version of what is required elsewhere, and requires nothing itself.
    """
    required: dict[str, str] = {}
    constrained: dict[str, str] = {}
    seen: set[tuple[str, bool]] = set()
    read(code, path, (required, constrained), seen)
    return {name: version or constrained.get(name, "") for name, version in required.items()}


def read(
    code: Committed,
    path: str,
    found: tuple[dict[str, str], dict[str, str]],
    seen: set[tuple[str, bool]],
    constrains: bool = False,
) -> None:
    """Add what a file and those that it includes say to ``found``."""
    path = posixpath.normpath(path)
    if (path, constrains) in seen:
        return
    seen.add((path, constrains))
    for line in lines(code.text(path)):
        included = INCLUDED.fullmatch(line)
        if included and "://" not in included["path"]:
            below = posixpath.join(posixpath.dirname(path), included["path"])
            read(code, below, found, seen, constrains or bool(included["constrains"]))
        elif need := needed(line):
            known = found[constrains].get(need.name, "")
            found[constrains][need.name] = need.version or known


def lines(text: str) -> list[str]:
    """The lines of a file, whole and without comments."""
    joined = re.sub(r"\\\r?\n", " ", text)
    return [re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines()]


def needed(line: str) -> Need | None:
    """What a line asks for on a server; None for options, addresses and what is for others."""
    need = None if line.startswith(("-", ".", "/")) else requirement(OPTIONS.sub("", line))
    return need if need and applies(need.marker) else None
