"""The packages of poetry.lock that a server gets.

Poetry 2 writes for each package which groups it is for; before that it follows from what needs it.
"""

import re
from collections.abc import Collection

from ansible_collections.slipway.django.plugins.module_utils.complements import canonical

from slipway.drafting.package_needs import (
    Need,
    Package,
    applies,
    reached,
)
from slipway.drafting.pinned_uv import joined
from slipway.drafting.project_file import (
    Project,
    Table,
    read,
    table,
    tables,
    text,
    texts,
)

OWN = ("directory", "file")
MAIN = "main"


def versions(
    lock: str, project: Project, groups: Collection[str], extras: Collection[str]
) -> dict[str, str]:
    """The versions by name."""
    blocks = tables(read(lock).get("package"))
    packages: dict[str, list[Package]] = {}
    left_out: set[str] = set()
    for block in blocks:
        package = packaged(block)
        packages.setdefault(package.name, []).append(package)
        if is_own(block) or not wanted(block, {MAIN, *groups}, extras):
            left_out.add(package.name)
    names = set(packages)
    if not any("groups" in block for block in blocks):
        names = reached(packages, project.needs(groups, extras))
    return {name: joined(packages[name]) for name in names - left_out}


def packaged(block: Table) -> Package:
    """The package of a table."""
    commit = text(table(block, "source"), "resolved_reference")[:7]
    version = text(block, "version") + (f" at {commit}" if commit else "")
    return Package(
        canonical(text(block, "name")),
        version,
        [
            Need(canonical(name), marker=marker)
            for name, value in table(block, "dependencies").items()
            for marker in markers(value)
        ],
    )


def markers(value: object) -> list[str]:
    """The marker of each way to need a package; a version alone has an empty one.

    Those that ask for extras are empty too: the lock has what they need.
    """
    told = [text(one, "markers") for one in tables(value)] or [""]
    return ["" if re.search(r"\bextra\b", one) else one for one in told]


def is_own(block: Table) -> bool:
    """Whether a package is code of the repository itself."""
    return text(table(block, "source"), "type") in OWN


def wanted(block: Table, groups: Collection[str], extras: Collection[str]) -> bool:
    """Whether a package is for one of some groups, and for servers."""
    if "groups" not in block:
        return True
    # One marker for all groups, or one for each in an inline table.
    whole, by_group = text(block, "markers"), table(block, "markers")
    return any(
        applies(text(by_group, group) or whole, extras)
        for group in groups
        if group in texts(block, "groups")
    )
