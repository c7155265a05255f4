# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a line of a hand-off note promises of a release, and whether that is so.

People write these lines, so names are looked for in them, and what is not found is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils.items import Item

# ``httpx``, ``httpx 0.28.1``, ``httpx==0.28.1 (new)``, ``django 5.2.1 → 5.2.3``, ``six (removed)``
PACKAGE = re.compile(
    r"""(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[[^\]]*\])?
    (?P<versions>(?:\s*(?:[=<>!~]=?=?|→|->|to)?\s*v?\d[\w.+!-]*)*)
    \s*(?P<note>\([^)]*\))?""",
    re.VERBOSE,
)
COMMA = re.compile(r"[,;](?![^(]*\))")
VERSION = re.compile(r"\d[\w.+!-]*")
RANGE = re.compile(r"(?<!-)[<>!~]|\*")
GONE = re.compile(r"\b(?:removed?|gone|dropped)\b", re.IGNORECASE)
# ``notes 0003_carry_file, 0004``, ``notes.0003``, ``notes/0003_carry_file.py``
MIGRATION = re.compile(r"(?:(?P<app>[a-z_]\w*)[./:\s]\s*)?(?P<name>\d{4}(?:_\w+)?)(?:\.py)?\b")


@dataclass(frozen=True)
class Package:
    """A package that is to be there, at a version if one is named, or to be ``gone``."""

    name: str
    version: str = ""
    gone: bool = False

    def lacks(self, installed: Mapping[str, str]) -> str:
        """What is not so with the packages of a release, by normal name; empty if all is."""
        found = installed.get(normal(self.name))
        if self.gone:
            return f"{self.name} is still there" if found is not None else ""
        if found is None:
            return f"{self.name} is missing"
        return f"{self.name} is {found}" if self.version not in ("", found) else ""


@dataclass(frozen=True)
class Facts:
    """What there is: variables that have a value, packages, applied migrations, static files.

    None where it was not asked, for no line wanted it.
    """

    variables: Collection[str]
    packages: Mapping[str, str]
    applied: Optional[Collection[str]] = None
    static: Optional[str] = None


@dataclass(frozen=True)
class State:
    """Whether a promise is ``kept``, None where only people can tell; and that in words."""

    kept: Optional[bool] = None
    said: str = ""


def normal(name: str) -> str:
    """The normal form of a package's name, as the packaging standard has it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def packages(what: str) -> list[Package]:
    """The packages that a line of kind packages names; none where it speaks in sentences."""
    found = []
    for part in COMMA.split(what.replace("`", " ")):
        match = PACKAGE.fullmatch(part.strip())
        if not match:
            return []
        versions = VERSION.findall(match["versions"])
        exact = versions[-1] if versions and not RANGE.search(match["versions"]) else ""
        gone = bool(GONE.search(match["note"] or ""))
        found.append(Package(match["name"], "" if gone else exact, gone))
    return found


def migrations(what: str) -> list[str]:
    """The migrations that a line of kind migrations names, as ``app.0003`` or ``app.0003_name``."""
    found = []
    app = ""
    for match in MIGRATION.finditer(what.replace("`", " ")):
        app = match["app"] or app
        if app:
            found.append(f"{app}.{match['name']}")
    return found


def is_applied(wanted: str, applied: Collection[str]) -> bool:
    """Whether a migration is applied, of which the number may be all that is known."""
    return any(one == wanted or one.startswith(f"{wanted}_") for one in applied)


def state(item: Item, names: Collection[str], facts: Facts) -> State:
    """Whether what a line promises is so; ``names`` are the variables that it asks for."""
    if item.kind == "env":
        lacking = [f"{name} is not set" for name in names if name not in facts.variables]
        return judged(names, lacking, "set")
    if item.kind == "packages":
        wanted = packages(item.what)
        return judged(wanted, [one.lacks(facts.packages) for one in wanted], "in the release")
    if item.kind == "migrations" and facts.applied is not None:
        named = migrations(item.what)
        waiting = [f"{one} is not applied" for one in named if not is_applied(one, facts.applied)]
        return judged(named, waiting, "applied")
    if item.kind == "collectstatic" and facts.static is not None:
        return State(not facts.static, facts.static or "served")
    return State()


def judged(wanted: Collection[object], lacking: list[str], kept: str) -> State:
    """The state of what is wanted, all of which is ``kept`` but for what is lacking."""
    wrong = [one for one in lacking if one]
    if not wanted:
        return State()
    return State(not wrong, ", ".join(wrong) or kept)
