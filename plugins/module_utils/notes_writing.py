# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing into hand-off notes: an entry is put into its section, and all else stays as it is."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils.markdown_blocks import (
    POINTED,
    blocks,
    heading_of,
)
from ansible_collections.slipway.django.plugins.module_utils.notes import (
    TO_LOCAL,
    Entry,
    Line,
    Notes,
    Part,
    Section,
    date_of,
    parse,
    part_of,
)

# In a clone and in an installed collection it stands beside plugins/; hosts do not have it.
TEMPLATE = os.path.join("templates", "handoff", "DEV_HANDOFF.md")
LEVEL, DEEPEST = 2, 6


def template() -> str:
    """The notes of an application that has none yet; only on the controller."""
    collection = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(collection, TEMPLATE), encoding="utf-8") as file:
        return file.read()


def extended(text: Optional[str], direction: str, title: str, body: Sequence[str]) -> str:
    """The notes with an entry that says that too, newest first in its section.

    ``text`` is None where there is no file yet. ``body`` has lines of a checklist and paragraphs,
    no headings. What the entry of this title says already stays as somebody wrote or ticked it.
    Without ``body`` nothing changes.
    """
    found = entry_in(text, direction, title) if any(parts_of(body)) else None
    if not found or not text:
        return begun(text, direction, title, body)
    entry, start = found
    old = {key(part) for part in entry.parts}
    fresh = [part for part in parts_of(body) if key(part) not in old]
    if not fresh:
        return text
    blank = leading(entry.parts[::-1])
    at = start + length(entry) - sum(len(part.raw) for part in blank)
    last = entry.parts[-1 - len(blank)] if len(blank) < len(entry.parts) else None
    return spliced(text, at, at, joined(fresh), tight=last is not None and follows(last, fresh[0]))


def begun(text: Optional[str], direction: str, title: str, body: Sequence[str]) -> str:
    """The notes with a new entry at the top of its section, which is made if it is not there."""
    if not any(parts_of(body)):
        return text or ""
    given = text or template()
    notes = parse(given)
    said = f"{heading_of(title)}\n\n{joined(parts_of(body))}"
    at = len(notes.head)
    for section in notes.sections:
        if section.direction == direction:
            top = [entry for entry in section.entries[:1] if not entry.raw]
            at += len(section.raw) + sum(map(length, top))
            return spliced(given, at, at, f"{'#' * level_in(section, title)} {said}")
        at += len(section.raw) + sum(map(length, section.entries))
    at, level = room(notes, direction)
    return begun(spliced(given, at, at, f"{'#' * level} {direction}"), direction, title, body)


def level_in(section: Section, title: str) -> int:
    """The level that a new entry's heading has in a section: that of the others."""
    levels = [entry.level for entry in section.entries if entry.raw]
    level = levels[0] if levels else section.level + 1
    if level == section.level and not date_of(title):
        level += 1
    return min(level, DEEPEST)


def room(notes: Notes, direction: str) -> tuple[int, int]:
    """Where a section is to be made, as an offset, and the level of its heading.

    What is for the servers comes first, and holds what stood below the title until now: without
    their section that was for them too.
    """
    at, level = len(notes.head), LEVEL
    for section in notes.sections:
        end = at + len(section.raw) + sum(map(length, section.entries))
        if section.direction:
            level = min(section.level, DEEPEST - 1)
            at = end if direction == TO_LOCAL else at
            break
        at = end
    if direction == TO_LOCAL:
        return at, level
    loose = [entry for one in notes.sections[:1] if not one.direction for entry in one.entries]
    headed = [entry for entry in loose if entry.raw]
    at = len(notes.head)
    if headed and headed[0].level == 1 and not headed[0].date:
        title = headed.pop(0)
        at += sum(map(length, loose[: loose.index(title)])) + len(title.raw)
    # A heading without a date ends a section of its level.
    return at, max(1, min([level, *(entry.level - (not entry.date) for entry in headed)]))


def entry_in(text: Optional[str], direction: str, title: str) -> Optional[tuple[Entry, int]]:
    """The entry of a title in the sections of a direction, and its offset in the text."""
    notes = parse(text or "")
    at = len(notes.head)
    for section in notes.sections:
        at += len(section.raw)
        for entry in section.entries:
            if section.direction == direction and entry.raw and entry.title == heading_of(title):
                return entry, at
            at += length(entry)
    return None


def length(entry: Entry) -> int:
    """How many characters an entry has."""
    return len(entry.raw) + sum(len(part.raw) for part in entry.parts)


def leading(parts: Sequence[Part]) -> list[Part]:
    """What nobody reads before the first part that says something."""
    said = next((at for at, part in enumerate(parts) if part.words), len(parts))
    return list(parts[:said])


def parts_of(body: Iterable[str]) -> Iterator[Part]:
    """What lines and paragraphs say."""
    for words in body:
        # Indented, it would belong to what stands above it.
        yield from filter(lambda part: part.words, map(part_of, blocks(words.strip())))


def key(part: Part) -> Hashable:
    """What a part says, ticked or not."""
    return (part.item, part.detail) if isinstance(part, Line) else part.words


def follows(last: Part, part: Part) -> bool:
    """Whether a part follows another without a blank line: both are points of a list."""
    return all(isinstance(one, Line) or POINTED.match(one.raw) for one in (last, part))


def joined(parts: Iterable[Part]) -> str:
    """Parts below each other."""
    said, last = "", None
    for part in parts:
        if last:
            said += "\n" if follows(last, part) else "\n\n"
        said, last = said + part.raw.strip("\r\n"), part
    return said


def spliced(text: str, start: int, end: int, said: str, tight: bool = False) -> str:
    """A text with something else from one offset to another, in the text's own newlines.

    What stands before and after is set apart by a blank line, unless it is ``tight``.
    """
    newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    before, after = text[:start], text[end:]
    if before.strip("\ufeff"):
        lines = before.split("\n")
        if lines[-1]:
            before, lines = before + newline, [*lines, ""]
        if not tight and lines[-2].strip():
            before += newline
    apart = newline if after and after.split("\n")[0].strip() and not tight else ""
    return before + said.replace("\r\n", "\n").replace("\n", newline) + newline + apart + after
