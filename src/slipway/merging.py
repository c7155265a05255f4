"""A draft that is put into the entry of an earlier one, where people may have written since."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.markdown_blocks import BOXED, spaced
from ansible_collections.slipway.django.plugins.module_utils.notes import (
    TO_SERVERS,
    Entry,
    Line,
)
from ansible_collections.slipway.django.plugins.module_utils.notes_writing import (
    entry_in,
    extended,
    joined,
    length,
    parts_of,
    spliced,
)

from slipway import drafting
from slipway.drafting.forms import Subject
from slipway.noted import Matter, item_of, matter

BOX = "- [ ] "


@dataclass(frozen=True)
class Walked:
    """The parts of an entry as they are to stand, empty where one goes, and what they say."""

    raws: tuple[str, ...]
    subjects: frozenset[Subject]
    matters: frozenset[Matter]


def merged(
    old: str | None, title: str, found: Sequence[Item], elsewhere: Collection[Matter]
) -> str | None:
    """Return the notes with what was found in the entry of a title, and all else as it is.

    Lines that the draft wrote say what is so now, or go. What people wrote, moved or ticked stays
    where it is. ``elsewhere`` is what other entries say already, which is not added. An entry that
    has nothing left is gone.
    """
    wanted = by_subject(found)
    place = entry_in(old, TO_SERVERS, title)
    if not old or not place:
        fresh = [item.line() for item in wanted.values() if matter(item) not in elsewhere]
        return extended(old, TO_SERVERS, title, fresh) if fresh else old
    entry, start = place
    begins, ends = start + len(entry.raw), start + length(entry)
    walk = walked(entry, wanted)
    known = {*elsewhere, *walk.matters}
    fresh = [
        item.line()
        for about, item in wanted.items()
        if about not in walk.subjects and matter(item) not in known
    ]
    if not fresh and entry.lines and not "".join(walk.raws).strip():
        return without(old, start, ends)
    at = last(entry)
    before = old[:begins] + "".join(walk.raws[:at])
    text = before + "".join(walk.raws[at:]) + old[ends:]
    if not fresh:
        return text
    kept = [part for part, raw in zip(entry.parts, walk.raws[:at], strict=False) if raw]
    tight = bool(kept) and isinstance(kept[-1], Line)
    return spliced(text, len(before), len(before), joined(parts_of(fresh)), tight=tight)


def by_subject(found: Sequence[Item]) -> dict[Subject, Item]:
    """The items as they are read again, by what they are about."""
    read = [item_of(item.line()) for item in found]
    return {drafting.subject(item) or matter(item): item for item in read}


def walked(entry: Entry, wanted: Mapping[Subject, Item]) -> Walked:
    """An entry with what is wanted of the lines that a draft wrote into it."""
    raws: list[str] = []
    subjects: set[Subject] = set()
    matters: set[Matter] = set()
    for part in entry.parts:
        raw = part.raw
        if isinstance(part, Line):
            raw = renewed(part, wanted, subjects)
            if raw:
                matters.add(matter(part.item))
        elif not raw.strip() and raws[-1:] == [""] and not next(said(raws), "").strip():
            # One blank line is enough where there were two around what is gone.
            raw = ""
        raws.append(raw)
    return Walked(tuple(raws), frozenset(subjects), frozenset(matters))


def said(raws: Sequence[str]) -> Iterator[str]:
    """The parts that stand, the last one first."""
    return filter(None, reversed(raws))


def renewed(line: Line, wanted: Mapping[Subject, Item], subjects: set[Subject]) -> str:
    """A line as it is to stand, empty if it goes; what it is about is added to ``subjects``."""
    about = drafting.subject(line.item)
    item = wanted.get(about)
    own = drafting.has_own_how(line.item)
    if not about or line.done:
        if item and matter(item) == matter(line.item):
            subjects.add(about)
        return line.raw
    untouched = own and spaced(line.raw) == line.words
    if not item:
        return "" if untouched else line.raw
    same = {*item.environments} == {*line.item.environments}
    if untouched and same and about in subjects:
        return ""
    subjects.add(about)
    how = item.how if own else line.item.how
    return reworded(line, replace(item, environments=line.item.environments, how=how))


def reworded(line: Line, item: Item) -> str:
    """A line that says something else behind its own box, with all that stands below it."""
    if item == line.item:
        return line.raw
    words = re.match(r"\s*" + r"\s+".join(map(re.escape, line.words.split())), line.raw)
    box = BOXED.match(line.raw)
    if not words or not box:
        return line.raw
    return f"{box[0]} {item.line().removeprefix(BOX)}{line.raw[words.end() :]}"


def last(entry: Entry) -> int:
    """Behind which of its parts something new is put: the checklist, else all that is said."""
    lines = [at for at, part in enumerate(entry.parts, 1) if isinstance(part, Line)]
    parts = [at for at, part in enumerate(entry.parts, 1) if part.raw.strip()]
    return max(lines or parts, default=0)


def without(text: str, start: int, end: int) -> str:
    """A text without an entry."""
    before, after = text[:start], text[end:]
    if after.strip() or not before.strip():
        return before + after
    newline = "\r\n" if before.endswith("\r\n") else "\n"
    return before.rstrip("\r\n") + newline
