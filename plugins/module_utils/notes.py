# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand-off notes: sections of dated entries with checklists, read without losing a byte.

docs/handoff.md has the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from ansible_collections.slipway.django.plugins.module_utils import items, markdown_blocks
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.markdown_blocks import Block

TO_SERVERS, TO_LOCAL = "Local → Dev/Prod", "Dev → Local"
SERVER = r"(?:dev(?:elopment)?|prod(?:uction)?|stag(?:e|ing)|servers?)"
SERVERS = rf"{SERVER}(?:\s*(?:[/,&+]|\band\b)\s*{SERVER})*"
ARROW = r"\s*(?:[→⇒⟶➔➜➡]\ufe0f?|[-=\u2013—]+>|>|»|\bto\b)\s*"
AROUND = r"[\s*_`:]*"
DIRECTIONS = {
    TO_SERVERS: re.compile(rf"{AROUND}local{ARROW}{SERVERS}{AROUND}(?:\(.*)?", re.I),
    TO_LOCAL: re.compile(rf"{AROUND}{SERVERS}{ARROW}local{AROUND}(?:\(.*)?", re.I),
}
DATE = re.compile(r"(?<![0-9])[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9])")
# A byte order mark and the fields that a generator of pages reads.
HEAD = re.compile(r"\ufeff?(?:---[ \t]*\r?\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z))?")


@dataclass(frozen=True)
class Line:
    """A line of a checklist with what is indented below it, as ``raw`` has it.

    ``words`` is the line itself with its box, however it was wrapped; ``detail`` is what stands
    below its first paragraph; ``line`` is its number in the file, 0 before it stands in one.
    """

    raw: str
    item: Item
    done: bool
    words: str
    detail: str = ""
    line: int = 0


@dataclass(frozen=True)
class Text:
    """Anything else, a paragraph or a point at a time; ``words`` is empty where nobody reads it."""

    raw: str
    words: str = ""
    line: int = 0


Part = Union[Line, Text]


@dataclass(frozen=True)
class Entry:
    """What stands below a heading, which ``raw`` holds; without one ``title`` is empty.

    ``date`` is the first ISO date of the title, empty where it has none.
    """

    raw: str = ""
    title: str = ""
    date: str = ""
    level: int = 0
    line: int = 0
    parts: tuple[Part, ...] = ()

    @property
    def lines(self) -> list[Line]:
        """Its checklist."""
        return [part for part in self.parts if isinstance(part, Line)]


@dataclass(frozen=True)
class Section:
    """Entries of one ``direction``; those around the known sections have none."""

    raw: str = ""
    direction: str = ""
    level: int = 0
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Notes:
    """A file of notes; ``head`` is what stands before all Markdown."""

    head: str = ""
    sections: tuple[Section, ...] = ()


def parse(text: str) -> Notes:
    """What a text says. Any text is notes: what has no form is text."""
    found = HEAD.match(text)
    head = found[0] if found else ""
    blocks = markdown_blocks.blocks(text[len(head) :], head.count("\n") + 1)
    return Notes(head, tuple(section_of(part) for part in by_section(blocks)))


def render(notes: Notes) -> str:
    """The text that was parsed, byte for byte, with what was put into the model since."""
    return notes.head + "".join(
        section.raw
        + "".join(
            entry.raw + "".join(part.raw for part in entry.parts) for entry in section.entries
        )
        for section in notes.sections
    )


def direction_of(title: str) -> str:
    """Which section a heading opens; empty for any other."""
    return next((name for name, known in DIRECTIONS.items() if known.fullmatch(title)), "")


def date_of(title: str) -> str:
    """The first date of a title."""
    found = DATE.search(title)
    return found[0] if found else ""


def by_section(blocks: list[Block]) -> Iterator[list[Block]]:
    """The blocks of each section and of what stands around them.

    A heading that is not below that of a section ends it, unless it is dated and so an entry.
    """
    group: list[Block] = []
    level = 0
    for block in blocks:
        if block.kind == markdown_blocks.HEADING:
            known = direction_of(block.text)
            above = block.level < level or (block.level == level and not date_of(block.text))
            if known or above:
                yield from filter(None, [group])
                group, level = [], block.level if known else 0
        group.append(block)
    yield from filter(None, [group])


def section_of(blocks: list[Block]) -> Section:
    """The section that these blocks are."""
    first = blocks[0]
    direction = direction_of(first.text) if first.kind == markdown_blocks.HEADING else ""
    if not direction:
        return Section(entries=tuple(entry_of(part) for part in by_entry(blocks, False)))
    entries = tuple(entry_of(part) for part in by_entry(blocks[1:], True))
    return Section(first.raw, direction, first.level, entries)


def by_entry(blocks: list[Block], inside: bool) -> Iterator[list[Block]]:
    """The blocks of each entry of a section, or of what stands around the sections.

    There an entry without a date has no headings of its own: the title of the file is one.
    """
    group: list[Block] = []
    level, holds = 0, False
    for block in blocks:
        if block.kind == markdown_blocks.HEADING and not (holds and block.level > level):
            yield from filter(None, [group])
            group, level = [], block.level
            holds = inside or bool(date_of(block.text))
        group.append(block)
    yield from filter(None, [group])


def entry_of(blocks: list[Block]) -> Entry:
    """The entry that these blocks are."""
    first = blocks[0]
    if first.kind != markdown_blocks.HEADING:
        return Entry(line=first.line, parts=tuple(map(part_of, blocks)))
    parts = tuple(map(part_of, blocks[1:]))
    return Entry(first.raw, first.text, date_of(first.text), first.level, first.line, parts)


def part_of(block: Block) -> Part:
    """A line of a checklist, or text."""
    if block.kind != markdown_blocks.BOX:
        return Text(block.raw, block.words, block.line)
    item = items.read(block.text)
    return Line(block.raw, item, block.done, block.words, block.detail, block.line)
