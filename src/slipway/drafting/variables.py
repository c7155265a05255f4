"""The environment variables that a commit needs more than the live one, and those that it lost."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils import required_names, variable_reads
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.reading_levels import (
    OPTIONAL,
    REQUIRED,
    Reads,
)
from ansible_collections.slipway.django.plugins.module_utils.required_names import (
    DOCUMENTS,
    EXAMPLES,
    OWN,
)
from ansible_collections.slipway.django.plugins.module_utils.snapshot import RELEASE

from slipway.drafting.changes import Change
from slipway.drafting.forms import Form

# A process has these by itself, and of Slipway.
GIVEN = {*OWN, RELEASE}
GONE, REMOVABLE = "is no longer read", "it can be removed"
DEFAULTED, MISSABLE = " with a default", ", where it may be missing"
WHY = rf"(?:now )?(?:required|optional), .+ (?:reads|names) it(?:{DEFAULTED}|{MISSABLE})?"
FORMS = (Form("env", rf"([A-Za-z_]\w*)(?: {GONE})?", rf"{WHY}|{REMOVABLE}"),)


@dataclass(frozen=True)
class Known:
    """What a commit says of its variables: its settings, its example, and both together."""

    reads: Reads
    example: str
    named: set[str]
    needed: set[str]


def known(change: Change, code: Committed) -> Known:
    """That of one of the commits."""
    reads = variable_reads.of_settings(change.module(code), code.module)
    example = code.nearest(EXAMPLES)
    named = set(required_names.assigned(code.text(example)))
    exampled = set(required_names.exampled(code, reads))
    given = set(required_names.brought(code, reads))
    return Known(reads, example, named, ({*exampled, *reads.at(REQUIRED)} - given) - GIVEN)


def items(change: Change) -> list[Item]:
    """A line for each variable that is new, is required now, or is read no longer."""
    before, after = (known(change, code) for code in (change.before, change.after))
    had = {*before.reads.names, *before.named}
    new = ({*after.reads.names, *after.needed} - had) - GIVEN
    stricter = after.needed - new - before.needed
    found = [Item("env", name, how=why(after, name)) for name in sorted(new)]
    found += [Item("env", name, how=f"now {why(after, name)}") for name in sorted(stricter)]
    gone = had - {*after.reads.names, *after.named} - GIVEN
    return found + [
        # The words keep a deploy from asking for it.
        Item("env", f"{name} {GONE}", how=REMOVABLE)
        for name in sorted(gone - mentioned(change.after, gone))
    ]


def why(after: Known, name: str) -> str:
    """Whether a variable needs a value, and who says so."""
    read = after.reads.names.get(name)
    if not read:
        return f"required, {after.example} names it"
    place = f"{read.path} line {read.line} reads it"
    if name in after.needed:
        return f"required, {place}"
    optional = after.reads.level(name) == OPTIONAL
    return f"optional, {place}{DEFAULTED if optional else MISSABLE}"


def mentioned(code: Committed, names: set[str]) -> set[str]:
    """Those of the names that other files than documents still have."""
    return {
        name
        for path, name in code.mentions(sorted(names))
        if not path.endswith(DOCUMENTS) and posixpath.basename(path) not in EXAMPLES
    }
