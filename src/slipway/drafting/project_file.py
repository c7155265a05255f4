"""What the pyproject.toml (or Pipfile) nearest to the application says of its packages."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.complements import canonical

from slipway.drafting.package_needs import (
    Need,
    requirements,
)
from slipway.drafting.toml_tables import (
    Table,
    table,
    tables,
)

POETRY = "tool.poetry"


@dataclass(frozen=True)
class Project:
    """The file and its tables; ``pipfile`` has those of a Pipfile."""

    path: str = ""
    tables: list[Table] = field(default_factory=list)
    pipfile: list[Table] = field(default_factory=list)

    @classmethod
    def of(cls, code: Committed) -> Project:
        """That of a commit."""
        path, pipfile = (code.nearest([name]) for name in ("pyproject.toml", "Pipfile"))
        found = [tables(code.text(one)) for one in (path, pipfile)]
        return cls(path or pipfile, found[0], found[1])

    @property
    def name(self) -> str:
        """The name of the project's own package; empty if it has none."""
        named = (table(self.tables, name).text("name") for name in ("project", POETRY))
        return canonical(next(filter(None, named), ""))

    @property
    def python(self) -> str:
        """The versions of Python that it asks for."""
        return (
            table(self.tables, "project").text("requires-python")
            or table(self.tables, f"{POETRY}.dependencies").text("python")
            or table(self.pipfile, "requires").text("python_version")
            or table(self.pipfile, "requires").text("python_full_version")
        )

    @property
    def default_groups(self) -> list[str]:
        """The groups that uv installs unasked."""
        return list(table(self.tables, "tool.uv").texts("default-groups"))

    @property
    def pipenv(self) -> list[str]:
        """The packages that a Pipfile names."""
        return [canonical(name) for name in table(self.pipfile, "packages").values]

    def needs(self, groups: Collection[str], extras: Collection[str]) -> list[Need]:
        """The packages that it asks for by name, with those of some groups and extras."""
        found = requirements(table(self.tables, "project").texts("dependencies"))
        for kind, chosen in (
            ("project.optional-dependencies", extras),
            ("dependency-groups", groups),
        ):
            for name in chosen:
                found += requirements(table(self.tables, kind).texts(name))
        return found + self.poetry(groups, extras)

    def poetry(self, groups: Collection[str], extras: Collection[str]) -> list[Need]:
        """What it asks for in the tables of Poetry."""
        places = ["dependencies", *(f"group.{name}.dependencies" for name in groups)]
        optional = {
            canonical(name)
            for extra in extras
            for name in table(self.tables, f"{POETRY}.extras").texts(extra)
        }
        return [
            Need(canonical(name))
            for place in places
            for name, value in table(self.tables, f"{POETRY}.{place}").values.items()
            if name != "python"
            and (not re.search(r"\boptional\s*=\s*true", value) or canonical(name) in optional)
        ]
