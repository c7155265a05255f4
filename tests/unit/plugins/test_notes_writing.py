"""Entries that are written into hand-off notes, of which all else stays as it is."""

from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from ansible_collections.slipway.django.plugins.module_utils import notes_pending, notes_writing
from ansible_collections.slipway.django.plugins.module_utils.notes import (
    TO_LOCAL,
    TO_SERVERS,
    Entry,
    parse,
    render,
)
from ansible_collections.slipway.django.plugins.module_utils.notes_writing import extended
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins import noted
from tests.unit.plugins.conftest import ROOT

TITLE = "2026-11-22 Mail"
BODY = ["- [ ] env: MAIL_KEY — dev, prod: from them", "- [ ] manual: restart — dev"]
NOTES = """\
# Hand-off

## Local → Dev/Prod

### 2026-11-20 Older

- [ ] env: OLD — dev: x

## Dev → Local
"""


def entries(text: str, direction: str, title: str = TITLE) -> list[Entry]:
    """The entries of a title in a section."""
    sections = [one for one in parse(text).sections if one.direction == direction]
    return [entry for one in sections for entry in one.entries if entry.title == title]


def said(entry: Entry) -> list[str]:
    """What an entry says."""
    return [part.words for part in entry.parts if part.words]


def test_a_new_entry_is_the_first_of_its_section() -> None:
    new = f"### {TITLE}\n\n{BODY[0]}\n{BODY[1]}\n\n"
    assert extended(NOTES, TO_SERVERS, TITLE, BODY) == NOTES.replace("### 2026", f"{new}### 2026")


def test_an_entry_below_an_empty_section_is_set_apart() -> None:
    assert extended(NOTES, TO_LOCAL, TITLE, ["Slow."]) == f"{NOTES}\n### {TITLE}\n\nSlow.\n"


def test_lines_of_a_section_that_belong_to_no_entry_stay_above() -> None:
    text = "## Local → Dev\n- [ ] a\n"
    assert extended(text, TO_SERVERS, TITLE, ["b"]) == f"{text}\n### {TITLE}\n\nb\n"


@pytest.mark.parametrize("direction", [TO_SERVERS, TO_LOCAL])
def test_the_first_notes_come_from_the_template(direction: str) -> None:
    text = extended(None, direction, TITLE, BODY)
    without = text.replace(f"### {TITLE}\n\n" + "\n".join(BODY) + "\n", "")
    assert without.split() == notes_writing.template().split()
    assert said(entries(text, direction)[0]) == BODY


def test_the_template_has_both_sections_and_asks_for_nothing() -> None:
    sections = parse(notes_writing.template()).sections
    assert [one.direction for one in sections] == ["", TO_SERVERS, TO_LOCAL]
    assert not [entry.lines for one in sections for entry in one.entries if entry.lines]


def test_the_template_is_in_the_collection_that_is_published() -> None:
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    folders = [str(path) for path in Path(notes_writing.TEMPLATE).parents]
    assert not [
        name
        for name in (notes_writing.TEMPLATE, *folders)
        if any(fnmatch(name, pattern) for pattern in ignored)
    ]


@pytest.mark.parametrize(
    ("text", "direction", "begins"),
    [
        ("# Notes\n\nLoose\n", TO_SERVERS, "# Notes\n\n## Local → Dev/Prod\n\nLoose\n\n### 2026"),
        ("Loose", TO_LOCAL, "Loose\n\n## Dev → Local\n\n### 2026"),
        ("# A\n### Dev → Local\n", TO_SERVERS, "# A\n\n### Local → Dev/Prod\n\n#### 2026"),
        (
            "# Local → Dev\n## 2026-11-20\n# B\n",
            TO_LOCAL,
            "# Local → Dev\n## 2026-11-20\n\n# Dev → Lo",
        ),
        ("\ufeff", TO_LOCAL, "\ufeff## Dev → Local\n\n### 2026"),
        ("---\na: 1\n---", TO_LOCAL, "---\na: 1\n---\n\n## Dev → Local\n\n### 2026"),
    ],
)
def test_a_section_that_is_not_there_is_made(text: str, direction: str, begins: str) -> None:
    assert extended(text, direction, TITLE, BODY).startswith(begins)


LOOSE = [
    "# Notes\n\nTell Ada.\n\n- point\n",
    "Tell Ada.\n",
    "# Notes\n\n## 2026-11-20 Mail\n\nTell Ada.\n\n## 2026-11-19 B\n\n- [ ] test: b\n",
    "# Notes\n\nTell Ada.\n\n### 2026-11-20 Mail\n\nTell Bob.\n\n### 2026-11-19 B\n\nDone.\n",
    "# Notes\n\n## Mail\n\nTell Ada.\n\n## Before\n\nTell Bob.\n",
    "# 2026-11-20 Mail\n\nTell Ada.\n",
    "<!-- how -->\n\n# Notes\n\nTell Ada.\n\n## Dev → Local\n\n### 2026-11-20 C\n\nSlow.\n",
]


@pytest.mark.parametrize("text", LOOSE)
def test_what_was_pending_before_there_were_sections_still_is(text: str) -> None:
    def pending(version: str) -> list[tuple[str, list[str]]]:
        return [(entry.title, said(entry)) for entry in notes_pending.pending("", version)]

    before = [words for _title, words in pending(text)]
    for direction in (TO_SERVERS, TO_LOCAL):
        once = extended(text, direction, TITLE, BODY)
        after = [words for title, words in pending(once) if title != TITLE]
        assert after == before
        assert len(entries(once, direction)) == 1


def test_a_new_entry_stands_above_those_that_had_no_section() -> None:
    begins = (
        f"# Notes\n\n## Local → Dev/Prod\n\n## {TITLE}\n\n{BODY[0]}\n{BODY[1]}\n\n## 2026-11-20"
    )
    assert extended(LOOSE[2], TO_SERVERS, TITLE, BODY).startswith(begins)


def test_the_level_is_that_of_the_other_entries() -> None:
    text = "## Local → Dev\n#### 2026-11-20\n- [ ] a\n"
    assert f"\n#### {TITLE}\n" in extended(text, TO_SERVERS, TITLE, BODY)
    same = "## Local → Dev\n## 2026-11-20\n"
    assert f"\n## {TITLE}\n" in extended(same, TO_SERVERS, TITLE, BODY)
    assert "\n### Mail\n" in extended(same, TO_SERVERS, "Mail", BODY)


@noted.steady
@given(noted.notes, st.sampled_from([TO_SERVERS, TO_LOCAL]))
def test_writing_twice_leaves_one_entry(text: str, direction: str) -> None:
    once = extended(text, direction, TITLE, BODY)
    assert extended(once, direction, TITLE, BODY) == once
    (entry,) = entries(once, direction)
    assert [line.words for line in entry.lines] == BODY


@noted.steady
@given(noted.likely, st.sampled_from([TO_SERVERS, TO_LOCAL]))
def test_all_else_stays_byte_for_byte(text: str, direction: str) -> None:
    once = extended(text, direction, TITLE, BODY)
    rest = iter(once.replace("\r", "").lstrip("\ufeff").split("\n"))
    lines = text.replace("\r", "").lstrip("\ufeff").split("\n")
    assert [line for line in lines if line and line not in rest] == []
    if direction not in [section.direction for section in parse(text).sections]:
        # The heading of the section and the entry may stand apart.
        return
    stays = (at for at in range(len(text) + 1) if once.endswith(text[at:]))
    assert not text or once.startswith(text[: next(stays)])


@noted.steady
@given(noted.notes, st.sampled_from([TO_SERVERS, TO_LOCAL]))
def test_adding_nothing_changes_nothing(text: str, direction: str) -> None:
    assert extended(text, direction, TITLE, []) == text
    assert extended(text, direction, TITLE, ["", " \n"]) == text


def test_where_there_is_no_file_adding_nothing_makes_none() -> None:
    assert extended(None, TO_LOCAL, TITLE, []) == ""


def test_what_a_person_ticked_and_wrapped_stays_so() -> None:
    text = extended(NOTES, TO_SERVERS, TITLE, BODY)
    mine = text.replace(BODY[0], "* [x] env: MAIL_KEY — dev,\n  prod: from them")
    assert extended(mine, TO_SERVERS, TITLE, BODY) == mine
    loose = mine.replace(BODY[1], f"\n{BODY[1]}")
    assert extended(loose, TO_SERVERS, TITLE, BODY) == loose
    more = extended(mine, TO_SERVERS, TITLE, [*BODY, "- [ ] test: send one"])
    assert more == mine.replace(f"{BODY[1]}\n", f"{BODY[1]}\n- [ ] test: send one\n")


def test_an_entry_that_is_extended_keeps_what_it_says() -> None:
    text = extended(NOTES, TO_SERVERS, TITLE, BODY)
    more = extended(text, TO_SERVERS, TITLE, [BODY[1], "Ask Ada.", "- [ ] test: a"])
    assert more == text.replace(f"{BODY[1]}\n", f"{BODY[1]}\n\nAsk Ada.\n\n- [ ] test: a\n")


def test_an_entry_that_says_nothing_yet_is_filled() -> None:
    text = f"## Local → Dev\n### {TITLE}"
    assert extended(text, TO_SERVERS, TITLE, ["a"]) == f"{text}\n\na\n"
    commented = f"## Local → Dev\n### {TITLE}\n<!-- later -->\n## B\n"
    assert extended(commented, TO_SERVERS, TITLE, ["a"]).count("<!-- later -->\n") == 1


def test_an_entry_of_the_other_section_is_another_one() -> None:
    text = extended(NOTES, TO_SERVERS, TITLE, BODY)
    both = extended(text, TO_LOCAL, TITLE, BODY)
    assert len(entries(both, TO_SERVERS)) == len(entries(both, TO_LOCAL)) == 1


def test_the_newlines_of_the_file_are_kept() -> None:
    text = extended(NOTES, TO_SERVERS, TITLE, BODY)
    assert extended(NOTES.replace("\n", "\r\n"), TO_SERVERS, TITLE, BODY) == text.replace(
        "\n", "\r\n"
    )


def test_what_was_written_is_notes() -> None:
    text = extended(None, TO_LOCAL, TITLE, BODY)
    assert render(parse(text)) == text
