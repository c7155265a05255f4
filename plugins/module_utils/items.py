# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One line of a hand-off note: what a release needs besides its code, where, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

KINDS = ("packages", "migrations", "collectstatic", "env", "manual", "test", "issue", "config")
EVERYWHERE = "all"
USUAL = {"local", "dev", "staging", "prod", EVERYWHERE}
KIND = re.compile(r"([A-Za-z][\w-]*):")
# From the one that people mean as a dash to those that stand in a sentence for other reasons.
DASHES = ("—", "\u2013", "--", "-")
DASH = re.compile(r"(?<!\S)(?:—|\u2013|--?)(?!\S)")
SEPARATOR = re.compile(r"[,/&]|\band\b")
ENVIRONMENT = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True)
class Item:
    """``- [ ] kind: what — environments: how``; without environments it is for all of them."""

    kind: str
    what: str
    environments: tuple[str, ...] = ()
    how: str = ""

    def line(self) -> str:
        """The open line of a checklist that says so."""
        places = ", ".join(self.environments)
        if places and (self.how or not USUAL.intersection(self.environments)):
            # Without a colon other names would be read as words.
            places += ":"
        told = " ".join(part for part in (places, self.how) if part)
        return f"- [ ] {self.kind}: {self.what}" + (f" — {told}" if told else "")


def read(text: str) -> Item:
    """The parts of a line, of what stands behind its box.

    What it names before the colon of its second half are its environments. Without a colon they
    are if one of the usual ones is among them: in "X — later" nobody names an environment.
    """
    kind, what = kind_of(text)
    cuts = list(DASH.finditer(what))
    for cut in cuts:
        environments, how = places(what[cut.end() :])
        if environments is not None:
            return Item(kind, what[: cut.start()].strip(), environments, how)
    if not cuts:
        return Item(kind, what)
    strongest = min(cuts, key=lambda cut: DASHES.index(cut[0]))
    return Item(kind, what[: strongest.start()].strip(), (), what[strongest.end() :].strip())


def kind_of(text: str) -> tuple[str, str]:
    """The kind that a line begins with, known or not, and the rest of it."""
    named = KIND.match(text)
    if not named:
        return "", text
    known, rest = named[1].lower() in KINDS, text[named.end() :]
    # An address has no blank behind its colon.
    if not known and rest[:1].strip():
        return "", text
    return named[1].lower() if known else named[1], rest.strip()


def places(after: str) -> tuple[Optional[tuple[str, ...]], str]:
    """The environments that the second half of a line names, if it does, and the rest of it."""
    before, colon, how = after.partition(":")
    words = [word.strip(" `*") for word in SEPARATOR.split(before)]
    named = tuple(word.lower() if word.lower() in USUAL else word for word in words)
    if not all(map(ENVIRONMENT.fullmatch, named)) or not (colon or USUAL.intersection(named)):
        return None, after
    return () if EVERYWHERE in named else named, how.strip()
