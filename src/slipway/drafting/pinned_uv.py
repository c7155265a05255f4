"""The packages of uv.lock that a server gets: what the application needs, and what those need."""

import re
from collections.abc import Collection

from slipway.drafting.package_needs import (
    Need,
    Package,
    reached,
)
from slipway.drafting.project_file import (
    Project,
    Table,
    read,
    table,
    tables,
    text,
    texts,
)

# Code of the repository itself.
OWN = {"virtual", "editable", "directory"}
GIT = re.compile(r".*#([0-9a-f]{7})")
# As Slipway calls uv.
LEFT_OUT = "dev"


def versions(
    lock: str, project: Project, groups: Collection[str], extras: Collection[str]
) -> dict[str, str]:
    """The versions by name; those of all packages where the application is none of the lock's."""
    packages: dict[str, list[Package]] = {}
    own: set[str] = set()
    grouped: list[Need] = []
    for block in tables(read(lock).get("package")):
        package = packaged(block)
        packages.setdefault(package.name, []).append(package)
        if OWN & table(block, "source").keys():
            own.add(package.name)
        if package.name == project.name:
            wanted = {*groups, *project.default_groups} - ({LEFT_OUT} - set(groups))
            needs = table(block, "dev-dependencies")
            grouped = [need for group in wanted for need in entries(needs.get(group))]
    roots = [Need(project.name, tuple(extras)), *grouped]
    names = reached(packages, roots) if project.name in packages else set(packages)
    return {name: joined(packages[name]) for name in names - own}


def packaged(block: Table) -> Package:
    """The package of such a table."""
    commit = GIT.match(text(table(block, "source"), "git"))
    version = text(block, "version") + (f" at {commit[1]}" if commit else "")
    extras = table(block, "optional-dependencies")
    return Package(
        text(block, "name"),
        version.strip(),
        entries(block.get("dependencies")),
        {extra: entries(value) for extra, value in extras.items()},
    )


def entries(value: object) -> list[Need]:
    """The needs in an array of inline tables: ``{ name = "x", extra = ["y"], marker = "z" }``."""
    return [
        Need(text(one, "name"), tuple(texts(one, "extra")), text(one, "marker"))
        for one in tables(value)
    ]


def joined(packages: list[Package]) -> str:
    """The version of a package; all of them where it depends on the server."""
    return " or ".join(sorted({package.version for package in packages}))
