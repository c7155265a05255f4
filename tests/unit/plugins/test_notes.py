"""Hand-off notes, read as people write them and without losing a byte."""

from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.notes import (
    TO_LOCAL,
    TO_SERVERS,
    Entry,
    Line,
    Text,
    direction_of,
    parse,
    render,
)
from hypothesis import given

from tests.unit.plugins import noted
from tests.unit.plugins.conftest import ROOT

EXAMPLE = """\
---
title: Notes
---
# Hand-off

Newest first.

## Local → Dev/Prod

### 2026-11-20 Mail

Ask Ada first.

- [ ] env: MAIL_KEY — dev,
  prod: from the
  provider
- [x] manual: restart the worker
  - with care

  and then look
- point

### Without a date

* [ ] test: send a mail -- all

## Dev → Local

- [ ] issue: slow
"""


def entries(text: str, direction: str = "") -> list[Entry]:
    """The entries of a direction."""
    sections = [one for one in parse(text).sections if one.direction == direction]
    return [entry for section in sections for entry in section.entries]


def lines(text: str) -> list[Line]:
    """All lines of checklists."""
    return [
        line
        for section in parse(text).sections
        for entry in section.entries
        for line in entry.lines
    ]


@noted.steady
@given(noted.notes)
def test_what_is_read_is_rendered_byte_for_byte(text: str) -> None:
    assert render(parse(text)) == text


@noted.steady
@given(noted.notes)
def test_each_part_knows_its_line_in_the_file(text: str) -> None:
    stands = text.removeprefix("\ufeff").split("\n")
    for section in parse(text).sections:
        for entry in section.entries:
            for part in [entry, *entry.parts] if entry.raw else entry.parts:
                assert stands[part.line - 1] == part.raw.split("\n")[0]


@pytest.mark.parametrize(
    "path", [*ROOT.glob("**/DEV_HANDOFF.md")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_notes_of_this_repository_have_both_sections(path: Path) -> None:
    text = path.read_bytes().decode()
    assert render(parse(text)) == text
    assert {one.direction for one in parse(text).sections} >= {TO_SERVERS, TO_LOCAL}


def test_sections_hold_entries_and_entries_hold_lines_and_text() -> None:
    assert parse(EXAMPLE).head == "---\ntitle: Notes\n---\n"
    mail, undated = [entry for entry in entries(EXAMPLE, TO_SERVERS) if entry.raw]
    assert (mail.title, mail.date, mail.level) == ("2026-11-20 Mail", "2026-11-20", 3)
    assert (undated.title, undated.date) == ("Without a date", "")
    assert [part.words for part in mail.parts if part.words] == [
        "Ask Ada first.",
        "- [ ] env: MAIL_KEY — dev, prod: from the provider",
        "- [x] manual: restart the worker",
        "- point",
    ]
    assert [line.words for line in entries(EXAMPLE, TO_LOCAL)[0].lines] == ["- [ ] issue: slow"]
    assert [entry.title for entry in entries(EXAMPLE)] == ["Hand-off"]


def test_a_line_has_its_parts_and_what_stands_below_it() -> None:
    env, manual, test, _issue = lines(EXAMPLE)
    assert (env.item.kind, env.item.what, env.item.how) == ("env", "MAIL_KEY", "from the provider")
    assert env.item.environments == ("dev", "prod")
    assert env.raw == "- [ ] env: MAIL_KEY — dev,\n  prod: from the\n  provider\n"
    assert [line.done for line in (env, manual, test)] == [False, True, False]
    assert manual.item.what == "restart the worker"
    assert manual.detail == "- with care and then look"
    assert test.item.environments == ()


@pytest.mark.parametrize(
    ("title", "direction"),
    [
        ("Local → Dev/Prod", TO_SERVERS),
        ("Local -> Dev", TO_SERVERS),
        ("local => DEV, Staging and prod", TO_SERVERS),
        ("**Local ➡️ Production** (newest first)", TO_SERVERS),
        ("Local to servers:", TO_SERVERS),
        ("Dev → Local", TO_LOCAL),
        ("Dev/Prod to Local", TO_LOCAL),
        ("dev / prod --> local", TO_LOCAL),
        ("Dev → Prod", ""),
        ("Local", ""),
        ("Local development", ""),
        ("How to go from Local to Dev", ""),
    ],
)
def test_the_two_sections_are_known_however_they_are_written(title: str, direction: str) -> None:
    assert direction_of(title) == direction


@pytest.mark.parametrize("level", range(1, 6))
def test_a_section_may_have_any_level(level: int) -> None:
    marks = "#" * level
    text = f"{marks} Local → Dev\n{marks}# 2026-11-20 A\n- [ ] a\n{marks} Else\n- [ ] b\n"
    (entry,) = entries(text, TO_SERVERS)
    assert (entry.date, len(entry.lines)) == ("2026-11-20", 1)


def test_underlined_headings_are_headings() -> None:
    text = "Local → Dev/Prod\n===\n\nThe 2026-11-20\nrelease\n---\n- [ ] a\n---\n- [ ] b\n"
    entry = entries(text, TO_SERVERS)[-1]
    assert (entry.title, entry.date) == ("The 2026-11-20 release", "2026-11-20")
    assert (parse(text).sections[0].level, entry.level) == (1, 2)
    assert len(entry.lines) == 2


def test_a_dated_heading_of_the_level_of_its_section_is_an_entry_of_it() -> None:
    text = "## Local → Dev\n## 2026-11-20 A\n### More\n## Else\n"
    assert [entry.title for entry in entries(text, TO_SERVERS)] == ["2026-11-20 A"]
    assert entries("### Local → Dev\n## 2026-11-20 A\n", TO_SERVERS) == []


def test_what_stands_below_an_entry_is_of_the_entry() -> None:
    text = "## Local → Dev\n### Mail\n#### 2026-11-20 Aside\n- [ ] a\n"
    assert [entry.title for entry in entries(text, TO_SERVERS)] == ["Mail"]


def test_loose_prose_is_one_entry_with_its_text() -> None:
    (entry,) = entries("Remember to restart\nthe worker.\n\nAnd the mail.\n")
    assert entry.title == ""
    said = [part.words for part in entry.parts if part.words]
    assert said == ["Remember to restart the worker.", "And the mail."]


def test_without_sections_each_heading_is_an_entry_but_those_below_a_dated_one() -> None:
    text = "# Notes\nIntro\n## Mail\n- [ ] a\n## 2026-11-20\n### More\n- [ ] b\n"
    assert [entry.title for entry in entries(text)] == ["Notes", "Mail", "2026-11-20"]


@pytest.mark.parametrize(
    "text",
    [
        "```\n- [ ] a\n```\n",
        "~~~~ sh\n~~~\n- [ ] a\n~~~~\n",
        "1. ```\n   - [ ] a\n   ```\n",
        "<!-- so:\n- [ ] a\n-->\n",
        "> - [ ] a\n",
        "---\nx:\n- [ ] a\n---\n",
        "- [x](b)\n",
        "-[ ] a\n",
        "- [y] a\n",
    ],
)
def test_code_comments_and_the_like_are_no_checklist(text: str) -> None:
    assert lines(text) == []


def test_code_that_nobody_closes_hides_nothing() -> None:
    assert [line.words for line in lines("```\n- [ ] a\n<!--\n- [ ] b\n")] == ["- [ ] a", "- [ ] b"]


def test_a_heading_in_code_is_none() -> None:
    assert [entry.title for entry in entries("# A#\n```sh\n# B\n```\n## C ##\n")] == ["A#", "C"]


@pytest.mark.parametrize("bullet", ["-", "*", "+", "1.", "2)", "  -", "\t*"])
@pytest.mark.parametrize(("box", "done"), [("[ ]", False), ("[x]", True), ("[X]", True)])
def test_bullets_and_boxes_are_as_people_write_them(bullet: str, box: str, done: bool) -> None:
    (line,) = lines(f"{bullet} {box}  env: X\r\n")
    assert (line.done, line.item.kind, line.item.what) == (done, "env", "X")


def test_what_is_not_indented_is_text_of_its_own() -> None:
    (entry,) = entries("- [ ] a\nb\n")
    assert [part.words for part in entry.parts] == ["- [ ] a", "b"]


def test_a_box_within_a_box_is_a_line_of_its_own() -> None:
    assert [line.words for line in lines("- [ ] a\n  - [ ] b\n    more\n")] == [
        "- [ ] a",
        "- [ ] b more",
    ]


def test_comments_and_rules_say_nothing() -> None:
    (entry,) = entries("<!-- a -->\n\n***\n\nb\n")
    assert [part.words for part in entry.parts if isinstance(part, Text) and part.words] == ["b"]


def test_a_comment_below_a_line_is_no_detail_of_it() -> None:
    (line,) = lines("- [ ] a\n  <!-- b -->\n  - c\n\n  ## d\n")
    assert (line.detail, line.raw.count("\n")) == ("- c", 3)
