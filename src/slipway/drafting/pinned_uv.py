"""The packages of uv.lock that a server gets: what the application needs, and what those need."""

from __future__ import annotations

import re
from collections.abc import Collection

from slipway.drafting.package_needs import (
    Need,
    Package,
    reached,
)
from slipway.drafting.project_file import Project
from slipway.drafting.toml_tables import (
    Table,
    listed,
    strings,
    tables,
)

# Code of the repository itself.
OWN = re.compile(r"\b(?:virtual|editable|directory)\s*=")
GIT = re.compile(r"\bgit\s*=\s*\"[^\"]*#([0-9a-f]{7})")
# As Slipway calls uv.
LEFT_OUT = "dev"


def versions(
    text: str, project: Project, groups: Collection[str], extras: Collection[str]
) -> dict[str, str]:
    """The versions by name; those of all packages where the application is none of the lock's."""
    packages: dict[str, list[Package]] = {}
    own: set[str] = set()
    grouped: list[Need] = []
    for parts in blocks(text):
        package = packaged(parts)
        packages.setdefault(package.name, []).append(package)
        if OWN.search(parts[0].values.get("source", "")):
            own.add(package.name)
        if package.name == project.name:
            wanted = {*groups, *project.default_groups} - ({LEFT_OUT} - set(groups))
            grouped = [need for group in wanted for need in named(parts, "dev", group)]
    roots = [Need(project.name, tuple(extras)), *grouped]
    names = reached(packages, roots) if project.name in packages else set(packages)
    return {name: joined(packages[name]) for name in names - own}


def blocks(text: str) -> list[list[Table]]:
    """The tables of each package: its own, and those below it."""
    found: list[list[Table]] = []
    for one in tables(text):
        if one.name == "package":
            found.append([one])
        elif found and one.name.startswith("package."):
            found[-1].append(one)
    return found


def packaged(parts: list[Table]) -> Package:
    """The package of such tables."""
    own = parts[0]
    commit = GIT.search(own.values.get("source", ""))
    version = own.text("version") + (f" at {commit[1]}" if commit else "")
    extras = [one.values for one in parts if one.name == "package.optional-dependencies"]
    return Package(
        own.text("name"),
        version.strip(),
        entries(own.values.get("dependencies", "")),
        {extra: entries(value) for values in extras for extra, value in values.items()},
    )


def named(parts: list[Table], kind: str, key: str) -> list[Need]:
    """What a group of a package needs."""
    return [
        need
        for one in parts
        if one.name == f"package.{kind}-dependencies"
        for need in entries(one.values.get(key, ""))
    ]


def entries(value: str) -> list[Need]:
    """The needs in an array of inline tables: ``{ name = "x", extra = ["y"], marker = "z" }``."""
    found = []
    for part in re.split(r"(?=\{\s*name\s*=)", value)[1:]:
        marker = re.search(r"\bmarker\s*=\s*(\"(?:[^\"\\]|\\.)*\")", part)
        told = strings(marker[1])[0] if marker else ""
        found.append(Need(strings(part)[0], tuple(strings(listed(part, "extra"))), told))
    return found


def joined(packages: list[Package]) -> str:
    """The version of a package; all of them where it depends on the server."""
    return " or ".join(sorted({package.version for package in packages}))
