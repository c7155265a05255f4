"""The packages of poetry.lock that a server gets.

Poetry 2 writes for each package which groups it is for; before that it follows from what needs it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ansible_collections.slipway.django.plugins.module_utils.complements import canonical

from slipway.drafting.package_needs import (
    Need,
    Package,
    applies,
    reached,
)
from slipway.drafting.pinned_uv import blocks, joined
from slipway.drafting.project_file import Project
from slipway.drafting.toml_tables import Table, strings

OWN = ("directory", "file")
MARKERS = re.compile(r"\bmarkers\s*=\s*(\"(?:[^\"\\]|\\.)*\")")
MAIN = "main"


def versions(
    text: str, project: Project, groups: Collection[str], extras: Collection[str]
) -> dict[str, str]:
    """The versions by name."""
    packages: dict[str, list[Package]] = {}
    left_out: set[str] = set()
    for parts in blocks(text):
        package = packaged(parts)
        packages.setdefault(package.name, []).append(package)
        if is_own(parts) or not wanted(parts[0], {MAIN, *groups}, extras):
            left_out.add(package.name)
    names = set(packages)
    if not any("groups" in parts[0].values for parts in blocks(text)):
        names = reached(packages, project.needs(groups, extras))
    return {name: joined(packages[name]) for name in names - left_out}


def packaged(parts: list[Table]) -> Package:
    """The package of some tables."""
    found: dict[str, Table] = {one.name: one for one in parts}
    own, needs = parts[0], found.get("package.dependencies", Table(""))
    commit = found.get("package.source", Table("")).text("resolved_reference")[:7]
    version = own.text("version") + (f" at {commit}" if commit else "")
    return Package(
        canonical(own.text("name")),
        version,
        [Need(canonical(name), marker=marker(value)) for name, value in needs.values.items()],
    )


def marker(value: str) -> str:
    """The marker in an inline table, without what asks for extras: the lock has what they need."""
    found = MARKERS.search(value)
    told = strings(found[1])[0] if found else ""
    return "" if re.search(r"\bextra\b", told) else told


def is_own(parts: list[Table]) -> bool:
    """Whether a package is code of the repository itself."""
    return any(one.name == "package.source" and one.text("type") in OWN for one in parts)


def wanted(own: Table, groups: Collection[str], extras: Collection[str]) -> bool:
    """Whether a package is for one of some groups, and for servers."""
    if "groups" not in own.values:
        return True
    told = own.values.get("markers", "")
    # One marker for all groups, or one for each in an inline table.
    by_group = dict(re.findall(r"([\w-]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\")", told))
    whole = strings(told)[0] if told.startswith(("'", '"')) else ""
    markers = {group: (strings(by_group.get(group, '""'))[0] or whole) for group in groups}
    return any(applies(markers[group], extras) for group in groups if group in own.texts("groups"))
