"""The packages that a commit's lock brings to a server, as locks.py finds it in a release."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.complements import canonical
from ansible_collections.slipway.django.plugins.module_utils.exports import TOOLS

from slipway.drafting import pinned_poetry, pinned_requirements, pinned_uv
from slipway.drafting.package_needs import Need, applies
from slipway.drafting.project_file import Project

LOCKS = ("uv.lock", "requirements.txt", *TOOLS)


@dataclass(frozen=True)
class Choice:
    """What of its packages a release has: as django_requirements and its like say it."""

    requirements: str = "auto"
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pins:
    """The versions of packages, which the file ``path`` says; ``direct`` are asked for by name."""

    path: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    direct: frozenset[str] = frozenset()


def pins(code: Committed, choice: Choice) -> Pins:
    """The packages of a commit; none where nothing says them."""
    path = lock(code, choice.requirements)
    project = Project.of(code)
    direct = [need.name for need in project.needs(choice.groups, choice.extras)]
    name = posixpath.basename(path)
    if name == "uv.lock":
        found = pinned_uv.versions(code.text(path), project, choice.groups, choice.extras)
    elif name == "poetry.lock":
        found = pinned_poetry.versions(code.text(path), project, choice.groups, choice.extras)
    elif name == "Pipfile.lock":
        found, direct = of_pipenv(code.text(path)), project.pipenv
    elif name == "pyproject.toml":
        found = of_needs(project.needs(choice.groups, choice.extras))
    else:
        found = pinned_requirements.versions(code, path) if path else {}
        source = f"{posixpath.splitext(path)[0]}.in"
        # What a tool made of these names more than anybody asked for.
        direct = list(pinned_requirements.versions(code, source)) or direct or list(found)
    return Pins(path, found, frozenset(direct))


def lock(code: Committed, requirements: str) -> str:
    """The path of the file that a deploy takes; empty where there is none."""
    if requirements == "auto":
        return code.nearest(LOCKS) or code.nearest(["pyproject.toml"])
    if requirements in (*LOCKS, "pyproject.toml") and requirements != "requirements.txt":
        return code.nearest([requirements])
    path = posixpath.normpath(posixpath.join(code.place, requirements))
    return path if path in code.paths else ""


def of_needs(needs: Iterable[Need]) -> dict[str, str]:
    """What requirements say themselves, where nothing pins them."""
    return {need.name: need.version for need in needs if applies(need.marker)}


def of_pipenv(text: str) -> dict[str, str]:
    """The packages of Pipfile.lock, without those for development."""
    named: Mapping[str, Any] = {}
    with suppress(ValueError, AttributeError):
        named = json.loads(text).get("default", {})
    return {
        canonical(name): str(entry.get("version") or entry.get("ref", "")[:7]).lstrip("=")
        for name, entry in named.items()
        if applies(entry.get("markers", ""))
    }
