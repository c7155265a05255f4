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
    (?P<versions>(?:\s*(?:[=<>!~]=?=?|→|->|\b(?:to|or|at|unpinned)\b|\bv?\d[\w.+!-]*|\*))*)
    \s*(?P<note>\([^)]*\))?""",
    re.VERBOSE,
)
COMMA = re.compile(r"[,;](?![^(]*\))")
# How a long list ends: `` and 3 more (2 new, 1 removed)``
MORE = re.compile(r"\s+and \d+ more(?: \([^)]*\))?\s*$")
VERSION = re.compile(r"\d[\w.+!-]*")
SEVERAL = re.compile(r"(?<!-)[<>!~]|\*|\b(?:or|at)\b|unpinned\s*$")
ZEROS = re.compile(r"(?:\.0)+$")
GONE = re.compile(r"\b(?:removed?|gone|dropped)\b", re.IGNORECASE)
# Slipway brings it where the application does not.
OURS = "gunicorn"
# ``notes 0003_carry_file, 0004``, ``notes.0003``, ``notes 7 migrations, up to 0008_x, 0009_y``
WORD = re.compile(r"[A-Za-z_]\w*|\d{4}(?:_\w+)?\b")
NUMBER = re.compile(r"\d{4}(?:_\w+)?")
BETWEEN = {"and", "or", "to", "up", "through", "migration", "migrations", "py"}


@dataclass(frozen=True)
class Package:
    """A package that is to be there, at a version if one is named, or to be ``gone``.

    One that is named alone, without ``sure`` signs, may be one of the system.
    """

    name: str
    version: str = ""
    gone: bool = False
    sure: bool = False

    def lacks(self, installed: Mapping[str, str]) -> str:
        """What is not so with the packages of a release, by normal name; empty if all is."""
        found = installed.get(normal(self.name))
        if self.gone:
            return f"{self.name} is still there" if found is not None else ""
        if found is None:
            return f"{self.name} is missing"
        wanted = ZEROS.sub("", self.version)
        # ``5.2`` is kept by 5.2.3, and not by 5.20.
        same = f"{ZEROS.sub('', found)}.".startswith(f"{wanted}.") or not wanted
        return "" if same else f"{self.name} is {found}"

    def is_known(self, installed: Mapping[str, str]) -> bool:
        """Whether its state can be told."""
        return normal(self.name) in installed or (self.sure and normal(self.name) != OURS)


@dataclass(frozen=True)
class Facts:
    """What there is: variables that ``lack`` a value, packages, migrations, static files.

    None where it was not asked, or cannot be told.
    """

    lack: Collection[str]
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
    for part in COMMA.split(MORE.sub("", what.replace("`", " "))):
        match = PACKAGE.fullmatch(part.strip())
        if match:
            versions = VERSION.findall(match["versions"])
            exact = versions[-1] if versions and not SEVERAL.search(match["versions"]) else ""
            gone = bool(GONE.search(match["note"] or ""))
            sure = bool(match["versions"].strip() or match["note"])
            found.append(Package(match["name"], "" if gone else exact, gone, sure))
    return found


def migrations(what: str) -> list[str]:
    """The migrations that a line of kind migrations names, as ``app.0003`` or ``app.0003_name``."""
    found = []
    app = ""
    words = WORD.findall(what)
    for word, following in zip(words, [*words[1:], ""]):
        if NUMBER.fullmatch(word):
            found += [f"{app}.{word}"] if app else []
        elif word.lower() not in BETWEEN and (not app or NUMBER.fullmatch(following)):
            app = word
    return found


def is_applied(wanted: str, applied: Collection[str]) -> bool:
    """Whether a migration is applied, of which the number may be all that is known."""
    return any(one == wanted or one.startswith(f"{wanted}_") for one in applied)


def state(item: Item, names: Collection[str], facts: Facts, spoken: Collection[str] = ()) -> State:
    """Whether what a line promises is so; ``names`` are the variables that it asks for.

    A newer line has ``spoken`` of these packages, by normal name, and is the one that counts.
    """
    if item.kind == "env":
        lacking = [f"{name} is not set" for name in names if name in facts.lack]
        return judged(names, lacking, "set")
    if item.kind == "packages":
        wanted = [one for one in packages(item.what) if normal(one.name) not in spoken]
        wanted = [one for one in wanted if one.is_known(facts.packages)]
        return judged(wanted, [one.lacks(facts.packages) for one in wanted], "in the release")
    if item.kind == "migrations" and facts.applied is not None:
        # Where nothing of an app is applied, its label may be another than people call it by.
        apps = {one.partition(".")[0] for one in facts.applied}
        named = [one for one in migrations(item.what) if one.partition(".")[0] in apps]
        waiting = [f"{one} is not applied" for one in named if not is_applied(one, facts.applied)]
        return judged(named, waiting, "applied")
    if item.kind == "collectstatic" and facts.static is not None:
        return State(not facts.static, facts.static or "served")
    return State()


def spoken_of(item: Item) -> set[str]:
    """The packages that a line speaks of, by normal name."""
    named = packages(item.what) if item.kind == "packages" else []
    return {normal(one.name) for one in named}


def judged(wanted: Collection[object], lacking: list[str], kept: str) -> State:
    """The state of what is wanted, all of which is ``kept`` but for what is lacking."""
    wrong = [one for one in lacking if one]
    if not wanted:
        return State()
    return State(not wrong, ", ".join(wrong) or kept)
