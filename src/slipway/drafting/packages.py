"""The packages that the next deploy brings, changes and takes away, and the Python they run on."""

from __future__ import annotations

from ansible_collections.slipway.django.plugins.module_utils.items import Item

from slipway.drafting.changes import Change
from slipway.drafting.forms import Form
from slipway.drafting.pinned import Pins
from slipway.drafting.project_file import Project

SHOWN = 12
NEW, CHANGED, REMOVED = "new", "changed", "removed"
AGREE, COMPARE = "says so; django_python_version has to agree", "compare with django_requirements"
PYTHON, LOCK = "Python", "packages come from"
VERSION = r"(?:at )?\S+(?: (?:or|at|or at) \S+)*"
ENTRY = rf"(?:\S+ (?:{VERSION} )?)?\({NEW}\)|\S+ \({REMOVED}\)|\S+ {VERSION} → {VERSION}"
FORMS = (
    Form("packages", rf"(?:{ENTRY})(?:, (?:{ENTRY}))*(?: and \d+ more \([^()]*\))?"),
    Form("config", rf"({PYTHON}) .+", rf"(?:.+ before, )?.+ {AGREE}"),
    Form("config", rf"({LOCK}) .+", rf".+ before; {COMPARE}"),
)


def items(change: Change) -> list[Item]:
    """A line of packages, and one each where Python or the lock is another."""
    before, after = change.pins
    moved = differences(before, after)
    found = [Item("packages", told(moved, before, after))] if moved else []
    return found + python(change) + lock(before, after)


def differences(before: Pins, after: Pins) -> dict[str, str]:
    """What became of each package that differs; those that are asked for by name come first."""
    names = {*before.versions.items()} ^ {*after.versions.items()}
    changes = {
        name: REMOVED if name not in after.versions else CHANGED if name in before.versions else NEW
        for name, _version in names
    }
    order = (NEW, CHANGED, REMOVED)
    direct = before.direct | after.direct
    by_rank = sorted(
        changes, key=lambda name: (name not in direct, order.index(changes[name]), name)
    )
    return {name: changes[name] for name in by_rank}


def told(moved: dict[str, str], before: Pins, after: Pins) -> str:
    """The first of them with their versions, and how many more there are."""
    shown = [entry(name, how, before, after) for name, how in list(moved.items())[:SHOWN]]
    rest = list(moved.values())[SHOWN:]
    counts = [f"{rest.count(how)} {how}" for how in (NEW, CHANGED, REMOVED) if how in rest]
    return ", ".join(shown) + (f" and {len(rest)} more ({', '.join(counts)})" if rest else "")


def entry(name: str, how: str, before: Pins, after: Pins) -> str:
    """One package."""
    if how == REMOVED:
        return f"{name} (removed)"
    version = after.versions[name]
    if how == NEW:
        return f"{name} {version} (new)" if version else f"{name} (new)"
    return f"{name} {before.versions[name] or 'unpinned'} → {version or 'unpinned'}"


def python(change: Change) -> list[Item]:
    """Another Python that the application asks for."""
    before, after = (Project.of(code) for code in (change.before, change.after))
    if not after.python or after.python == before.python:
        return []
    earlier = f"{before.python} before, " if before.python else ""
    how = f"{earlier}{after.path} {AGREE}"
    return [Item("config", f"{PYTHON} {after.python}", how=how)]


def lock(before: Pins, after: Pins) -> list[Item]:
    """Another file that pins the packages."""
    if not before.path or not after.path or before.path == after.path:
        return []
    how = f"{before.path} before; {COMPARE}"
    return [Item("config", f"{LOCK} {after.path}", how=how)]
