# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The blocks of a Markdown text: headings, points of a checklist, code, and words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Optional

BLANK, HEADING, BOX, POINT, WORDS, CODE, COMMENT, RULE = range(8)

# git and editors count lines so: a form feed or a lone carriage return ends none.
LINES = re.compile(r"[^\n]*\n|[^\n]+")
ATX = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)(.*)", re.DOTALL)
UNDERLINE = re.compile(r" {0,3}(?:(=+)|--+)[ \t]*")
RULED = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*")
BULLET = r"[ \t]*(?:[-*+]|\d{1,9}[.)])"
BOXED = re.compile(rf"{BULLET}[ \t]+\[([ xX]?)\](?=[ \t]|$)")
POINTED = re.compile(rf"{BULLET}(?:[ \t]|$)")
FENCE = re.compile(rf"(?:{BULLET}[ \t]+)?[ \t]*(`{{3,}}(?=[^`]*$)|~{{3,}})")
# What is indented more is no heading.
SHALLOW = 3
OPENING, CLOSING = "<!--", "-->"


@dataclass(frozen=True)
class Block:
    """Whole lines of a text, from ``line`` on, counted from 1; ``raw`` is how they stand there.

    ``text`` is the title of a heading, or what the first paragraph of a point says behind its box,
    with single spaces; ``done`` is whether the box is ticked. ``words`` is all that people read of
    it, but for the ``detail`` that is indented below the first paragraph of a point with a box.
    """

    kind: int
    raw: str
    line: int
    indent: int = 0
    level: int = 0
    text: str = ""
    words: str = ""
    detail: str = ""
    done: bool = False


def spaced(text: str) -> str:
    """A text with single spaces, however it is wrapped."""
    return " ".join(text.split())


def blocks(text: str, line: int = 1) -> list[Block]:
    """The blocks of a text whose first line has this number; their ``raw`` joined is the text."""
    found: list[Block] = []
    lines = LINES.findall(text)
    at = 0
    while at < len(lines):
        end, kind = closed(lines, at) or (at + 1, WORDS)
        block = read("".join(lines[at:end]), line + at, kind)
        last = found[-1] if found else None
        heading = underlined(last, block) if last else None
        if heading:
            found[-1] = heading
        elif last and goes_on(last, block):
            found[-1] = replace(
                last, raw=last.raw + block.raw, text=spaced(f"{last.text} {block.raw}")
            )
        else:
            found.append(block)
        at = end
    return list(nested(found))


def closed(lines: list[str], at: int) -> Optional[tuple[int, int]]:
    """Where the code or comment that a line opens ends; none that nobody closes hides the rest."""
    line = lines[at].rstrip("\r\n")
    opened, mark, behind = line.partition(OPENING)
    if mark and not opened.strip():
        for end, said in enumerate([behind, *lines[at + 1 :]], at + 1):
            if CLOSING in said:
                return end, COMMENT
    fence = FENCE.match(line)
    if fence:
        mark = fence[1]
        close = re.compile(rf"[ \t]*{re.escape(mark[0])}{{{len(mark)},}}\s*")
        for end in range(at + 1, len(lines)):
            if close.fullmatch(lines[end]):
                return end + 1, CODE
    return None


def read(raw: str, number: int, kind: int) -> Block:
    """One line, or the code or the comment that stands there."""
    line = raw.rstrip("\r\n")
    wide = line.expandtabs(4)
    indent = len(wide) - len(wide.lstrip(" "))
    if kind != WORDS:
        return Block(kind, raw, number, indent)
    if not line.strip():
        return Block(BLANK, raw, number, indent)
    heading, box = ATX.fullmatch(line), BOXED.match(line)
    if heading:
        return Block(HEADING, raw, number, indent, len(heading[1]), heading_of(heading[2]))
    if box:
        text, done = spaced(line[box.end() :]), bool(box[1].strip())
        return Block(BOX, raw, number, indent, text=text, done=done)
    if RULED.fullmatch(line):
        return Block(RULE, raw, number, indent)
    return Block(POINT if POINTED.match(line) else WORDS, raw, number, indent, text=spaced(line))


def heading_of(behind: str) -> str:
    """What a heading says, without the marks that may close it."""
    words = spaced(behind)
    bare = words.rstrip("#")
    return bare.rstrip() if bare != bare.rstrip() or not bare else words


def underlined(last: Block, block: Block) -> Optional[Block]:
    """The heading that a line makes of the words above it."""
    mark = UNDERLINE.fullmatch(block.raw.rstrip("\r\n"))
    if not mark or last.kind != WORDS or last.indent > SHALLOW:
        return None
    return replace(last, kind=HEADING, raw=last.raw + block.raw, level=1 if mark[1] else 2)


def goes_on(last: Block, block: Block) -> bool:
    """Whether words go on with the block before them; those of a checklist are indented."""
    if block.kind != WORDS:
        return False
    return last.kind in (WORDS, POINT) or (last.kind == BOX and block.indent > last.indent)


def nested(found: list[Block]) -> Iterator[Block]:
    """The blocks, each point of a checklist with what is indented below it, but for other boxes."""
    at = 0
    while at < len(found):
        end = ending(found, at) if found[at].kind == BOX else at + 1
        below = found[at + 1 : end]
        yield replace(
            found[at],
            raw="".join(block.raw for block in found[at:end]),
            words=words_of(found[at]),
            detail=" ".join(filter(None, map(words_of, below))),
        )
        at = end


def ending(found: list[Block], at: int) -> int:
    """Where what is indented below a point of a checklist ends."""
    end = at + 1
    for number in range(at + 1, len(found)):
        block, apart = found[number], found[number - 1].kind == BLANK
        if block.kind == BOX or (block.kind == HEADING and apart):
            break
        if block.kind != BLANK:
            if block.indent <= found[at].indent:
                break
            end = number + 1
    return end


def words_of(block: Block) -> str:
    """What people read of a block."""
    return "" if block.kind in (BLANK, COMMENT, RULE) else spaced(block.raw)
