"""Markdown pages as tests read them: blocks, the commands in them, and what is said not to run.

A block of shell (```sh, or ```sh server and ```sh administrator, which are typed on the server) is
run, unless the line before it is `<!-- not run: reason -->`; the same line excuses a table or a
paragraph.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway import state

ROOT = state.CHECKOUT
# What people are told to type; the pages of roles and of the demo show no command of Slipway.
GUIDES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
GUIDES += sorted((ROOT / "claude").glob("*.md"))

PROSE = "prose"
# Here, and on the server as who deploys and as who provisions.
SHELL = ("sh", "sh server", "sh administrator")
LANGUAGES = (*SHELL, "text", "plain", "markdown", "yaml")

FENCE = re.compile(r"^[ ]*```.*?^[ ]*```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`[^`\n]+`")
CALL = re.compile(r"(?:\./inv|(?<![\w./-])(?:invoke|ansible-playbook))[ \t]+[^\n`#|&;]+")
COMMAND = re.compile(r"`((?:curl|journalctl|ssh|sudo|systemctl|\.venv/bin/\w+) [^`\n]+)`")
OPENING = re.compile(r"^ *```(.*)$")
NOT_RUN = re.compile(r"^ *<!-- not run: *(.*?) *-->$")
ENVIRONMENTS = ("dev", "staging", "prod")
RELEASE = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{7}")
# What differs from one run to the next: releases, commits, slots, seconds and counts.
VARYING = re.compile(rf"{RELEASE.pattern}|\b[0-9a-f]{{7}}\b|\b(?:blue|green)\b|\d+(?:\.\d+)?|\s+")


@dataclass(frozen=True)
class Block:
    """A fence (`info` is what follows the backticks), or lines of prose or a table (PROSE)."""

    page: Path
    line: int
    info: str
    text: str
    excuse: str | None

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether it is shell that a test runs."""
        return self.info in SHELL and self.excuse is None


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order; an excuse that no block follows is a block of its own."""
    return list(_blocks(page, page.read_text().splitlines()))


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    numbered = iter([*enumerate(lines, 1), (len(lines) + 1, "")])
    first, prose, excuse = 0, list[str](), None
    for number, line in numbered:
        opening, mark = OPENING.match(line), NOT_RUN.match(line)
        if line.strip() and not opening and not mark:
            first = first if prose else number
            prose.append(line)
            continue
        if prose or (excuse is not None and not opening):
            yield Block(page, first or number, PROSE, "\n".join(prose), excuse)
            first, prose, excuse = 0, [], None
        if mark:
            excuse = mark[1]
        if opening:
            yield Block(page, number, opening[1], _fenced(numbered), excuse)
            excuse = None


def _fenced(numbered: Iterator[tuple[int, str]]) -> str:
    """The lines up to the end of a fence, without the indentation of a list."""
    inside = []
    for _, line in numbered:
        if line.strip() == "```":
            break
        inside.append(line)
    return textwrap.dedent("\n".join(inside))


@dataclass(frozen=True)
class Call:
    """A call of the task runner or of ansible-playbook, as a page has it."""

    block: Block
    text: str

    @property
    def key(self) -> tuple[str, str, frozenset[str]]:
        """Task, environment or other object, options: what tells one call from another.

        Environments but `local` are alike, and so are the values of options.
        """
        tool, task, *words = self.text.split()
        named = words[0] if words and not words[0].startswith("-") else ""
        named = ENVIRONMENTS[0] if named in ENVIRONMENTS else named
        options = frozenset(word for word in words if word.startswith("-"))
        return (task if tool != "ansible-playbook" else f"{tool} {task}"), named, options

    def is_covered_by(self, others: Iterable[Call]) -> bool:
        """Whether one of the others is the same; a task that is only named is any of its calls."""
        keys = {other.key for other in others}
        task, *rest = self.key
        return self.key in keys or (not any(rest) and task in {key[0] for key in keys})


def calls(block: Block) -> list[Call]:
    """The calls in a block: the lines of shell, or what stands in the line of a text."""
    if block.info not in (PROSE, *SHELL):
        return []
    code = [block.text] if block.info in SHELL else INLINE.findall(block.text)
    return [Call(block, found.strip()) for text in code for found in CALL.findall(text)]


def loose(found: Iterable[Block]) -> list[Call]:
    """The calls that no block of shell has and nothing excuses, each once."""
    every = list(found)
    known = [call for block in every if block.info in SHELL for call in calls(block)]
    known += [call for block in every if block.excuse is not None for call in calls(block)]
    left: list[Call] = []
    for call in (call for block in every if block.info == PROSE for call in calls(block)):
        if not call.is_covered_by([*known, *left]):
            left.append(call)
    return left


def missing(expected: str, said: str) -> list[str]:
    """The lines of an expected output that `said` does not have, in their order.

    Numbers, releases, slots and spaces may differ, and a line of three dots stands for any.
    """
    absent, start = [], 0
    for line in expected.splitlines():
        words, varying = VARYING.split(line.strip()), VARYING.findall(line.strip())
        pattern = re.escape(words[0])
        for found, word in zip(varying, words[1:], strict=True):
            pattern += _alike(found) + re.escape(word)
        match = re.compile(pattern).search(said, start)
        if line.strip() in ("", "..."):
            continue
        if match is None:
            absent.append(line)
        else:
            start = match.end()
    return absent


def _alike(found: str) -> str:
    """The pattern of what may stand for a varying word."""
    if found.isspace():
        return r"\s+"
    return next(
        pattern
        for pattern in (RELEASE.pattern, "[0-9a-f]{7}", "(?:blue|green)", r"\d+(?:\.\d+)?")
        if re.fullmatch(pattern, found)
    )
