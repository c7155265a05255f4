"""What the pyproject.toml (or Pipfile) nearest to the application says of its packages."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Self

from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.complements import canonical

from slipway.drafting.package_needs import (
    Need,
    requirements,
)

POETRY = ("tool", "poetry")

Table = dict[str, Any]


@dataclass(frozen=True)
class Project:
    """The file and its tables; ``pipfile`` has those of a Pipfile."""

    path: str = ""
    tables: Table = field(default_factory=dict)
    pipfile: Table = field(default_factory=dict)

    @classmethod
    def of(cls, code: Committed) -> Self:
        """That of a commit."""
        path, pipfile = (code.nearest([name]) for name in ("pyproject.toml", "Pipfile"))
        return cls(path or pipfile, read(code.text(path)), read(code.text(pipfile)))

    @property
    def name(self) -> str:
        """The name of the project's own package; empty if it has none."""
        named = (text(table(self.tables, *place), "name") for place in (("project",), POETRY))
        return canonical(next(filter(None, named), ""))

    @property
    def python(self) -> str:
        """The versions of Python that it asks for."""
        return (
            text(table(self.tables, "project"), "requires-python")
            or text(table(self.tables, *POETRY, "dependencies"), "python")
            or text(table(self.pipfile, "requires"), "python_version")
            or text(table(self.pipfile, "requires"), "python_full_version")
        )

    @property
    def default_groups(self) -> list[str]:
        """The groups that uv installs unasked."""
        options = table(self.tables, "tool", "uv")
        if text(options, "default-groups") == "all":
            # The lock has their names in this form.
            return [canonical(name) for name in table(self.tables, "dependency-groups")]
        return texts(options, "default-groups")

    @property
    def pipenv(self) -> list[str]:
        """The packages that a Pipfile names."""
        return [canonical(name) for name in table(self.pipfile, "packages")]

    def needs(self, groups: Collection[str], extras: Collection[str]) -> list[Need]:
        """The packages that it asks for by name, with those of some groups and extras."""
        project = table(self.tables, "project")
        found = requirements(texts(project, "dependencies"))
        for kind, chosen in (
            (table(project, "optional-dependencies"), extras),
            (table(self.tables, "dependency-groups"), groups),
        ):
            for name in chosen:
                found += requirements(texts(kind, name))
        return found + self.poetry(groups, extras)

    def poetry(self, groups: Collection[str], extras: Collection[str]) -> list[Need]:
        """What it asks for in the tables of Poetry."""
        own = table(self.tables, *POETRY)
        places = [own, *(table(own, "group", name) for name in groups)]
        optional = {
            canonical(name) for extra in extras for name in texts(table(own, "extras"), extra)
        }
        return [
            Need(canonical(name))
            for place in places
            for name, value in table(place, "dependencies").items()
            if name != "python"
            and (
                not any(one.get("optional") is True for one in tables(value))
                or canonical(name) in optional
            )
        ]


def read(toml: str) -> Table:
    """The tables of a file; none where it is no TOML."""
    try:
        return tomllib.loads(toml)
    except (ValueError, RecursionError):
        return {}


def table(within: Table, *keys: str) -> Table:
    """The table below some keys; an empty one where there is none."""
    for key in keys:
        found = within.get(key)
        within = found if isinstance(found, dict) else {}
    return within


def tables(value: object) -> list[Table]:
    """The tables of an array, or the one that stands for itself."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, dict)]


def text(within: Table, key: str) -> str:
    """A string; an empty one where there is none."""
    found = within.get(key)
    return found if isinstance(found, str) else ""


def texts(within: Table, key: str) -> list[str]:
    """The strings of an array."""
    found = within.get(key)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
