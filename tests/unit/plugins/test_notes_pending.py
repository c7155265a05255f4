"""What an environment has not had, by the notes that are live there and those to come."""

from textwrap import dedent

import pytest
from ansible_collections.slipway.django.plugins.module_utils.notes_pending import pending
from hypothesis import given

from tests.unit.plugins import noted

MAIL = """\
### 2026-11-20 Mail

Ask Ada first.

- [ ] env: MAIL_KEY — dev, prod: from them
- [ ] manual: restart — prod: now
"""
SAIL = """\
### 2026-11-21 Sail

- [ ] env: SAIL — dev, prod: up
"""


def notes(*entries: str, local: str = "") -> str:
    """Notes with entries for the servers, and with what they taught."""
    return "\n".join(["# Hand-off\n\nHow to.\n\n## Local → Dev/Prod\n", *entries]) + (
        f"\n## Dev → Local\n\n{local}"
    )


def told(live: str, version: str, env: str = "dev") -> list[tuple[str, list[str]]]:
    """The pending entries, each with what it says."""
    found = pending(live, version, env)
    return [(entry.title, [part.words for part in entry.parts]) for entry in found]


def test_without_live_notes_all_is_pending_newest_first() -> None:
    assert told("", notes(SAIL, MAIL), "prod") == [
        ("2026-11-21 Sail", ["- [ ] env: SAIL — dev, prod: up"]),
        (
            "2026-11-20 Mail",
            [
                "Ask Ada first.",
                "- [ ] env: MAIL_KEY — dev, prod: from them",
                "- [ ] manual: restart — prod: now",
            ],
        ),
    ]


def test_an_entry_that_the_live_notes_hold_is_not_pending() -> None:
    assert told(notes(MAIL), notes(SAIL, MAIL)) == [
        ("2026-11-21 Sail", ["- [ ] env: SAIL — dev, prod: up"])
    ]


def test_of_an_entry_that_grew_only_the_new_parts_are_pending() -> None:
    grown = MAIL.replace("Ask Ada first.\n", "Ask Ada first.\n\nThen Bob.\n") + "- [ ] test: send\n"
    assert told(notes(MAIL), notes(grown)) == [
        ("2026-11-20 Mail", ["Then Bob.", "- [ ] test: send"])
    ]


def test_a_line_for_other_environments_is_not_pending_here() -> None:
    entry = "### 2026-11-21 B\n\n- [ ] env: B — prod: x\n  - as told\n"
    assert told("", notes(entry)) == []
    assert told("", notes(entry), "prod") == told("", notes(entry), "")
    assert [title for title, _said in told("", notes(entry), "prod")] == ["2026-11-21 B"]


def test_a_line_that_now_names_this_environment_is_pending() -> None:
    before, after = (
        notes("### A\n- [ ] env: B — prod: x\n"),
        notes("### A\n- [ ] env: B — dev, prod: x\n"),
    )
    assert [title for title, _said in told(before, after, "dev")] == ["A"]
    assert told(before, after, "prod") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- [ ] env", "- [x] env"),
        ("dev, prod: from them", "dev,\n  prod: from\n  them"),
        ("—", "--"),
        ("- [", "* ["),
        ("Ask Ada first.", "Ask\nAda\nfirst."),
        ("\n", "\r\n"),
        ("### 2026", "#### 2026"),
        ("20 Mail", "20 Mail and more"),
    ],
    ids=str,
)
def test_what_says_the_same_is_the_same(old: str, new: str) -> None:
    other = MAIL.replace(old, new)
    assert other != MAIL
    assert told(notes(MAIL), notes(other)) == []
    assert told(notes(other), notes(MAIL)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("env: MAIL_KEY", "config: MAIL_KEY"),
        ("MAIL_KEY", "MAIL_TOKEN"),
        ("from them", "from Bob"),
        ("from them\n", "from them\n  - from Bob\n"),
    ],
)
def test_what_says_something_else_is_pending(old: str, new: str) -> None:
    (entry,) = pending(notes(MAIL), notes(MAIL.replace(old, new)), "dev")
    assert len(entry.parts) == 1


def test_loose_notes_that_get_dates_are_not_pending_again() -> None:
    assert told("# Notes\n\n- [ ] env: SAIL — dev, prod: up\n", notes(SAIL)) == []


def test_an_entry_that_moves_is_not_pending_again() -> None:
    assert told(notes(SAIL, MAIL), notes(MAIL, SAIL)) == []
    assert told(f"{SAIL}\n{MAIL}", notes(MAIL, SAIL)) == []


def test_a_line_that_moves_to_another_entry_is_not_pending_again() -> None:
    both = MAIL + SAIL.partition("\n\n")[2]
    assert told(notes(SAIL, MAIL), notes(both)) == []


def test_a_later_entry_asks_anew_for_what_an_older_one_asked_for() -> None:
    later = MAIL.replace("2026-11-20 Mail", "2026-11-22 Again")
    again = [("2026-11-22 Again", ["Ask Ada first.", "- [ ] env: MAIL_KEY — dev, prod: from them"])]
    assert told(notes(MAIL), notes(later, MAIL)) == again
    assert told(notes(MAIL), notes(later)) == again, "the old entry was taken out"


def test_of_two_equal_lines_the_newer_is_pending() -> None:
    undated = [f"### {name}\n\n- [ ] manual: restart\n" for name in ("New", "Old name", "Old")]
    assert told(notes(undated[2]), notes(undated[0], undated[1])) == [
        ("New", ["- [ ] manual: restart"])
    ]


def test_an_entry_holds_its_own_line_before_another_one_does() -> None:
    entries = [f"### {name}\n\n- [ ] manual: restart\n" for name in ("A", "B")]
    assert told(notes(entries[0]), notes(*entries)) == [("B", ["- [ ] manual: restart"])]


def test_a_ticked_line_is_shown_as_done() -> None:
    (entry,) = pending("", notes("### A\n- [x] env: B — dev: x\n"), "dev")
    assert [(line.item.what, line.done) for line in entry.lines] == [("B", True)]


def test_what_servers_taught_is_not_pending() -> None:
    assert told("", notes(local="### 2026-11-21\n- [ ] issue: slow\n")) == []


def test_notes_without_the_sections_are_pending_whole() -> None:
    text = dedent("""\
        # Notes

        Restart the worker.

        ## Mail
        - [ ] env: B
        """)
    assert told("", text) == [("Notes", ["Restart the worker."]), ("Mail", ["- [ ] env: B"])]
    assert told("", "Restart.\n") == [("", ["Restart."])]
    assert told(text, text) == []


def test_a_line_outside_of_the_sections_is_not_lost() -> None:
    text = f"# Hand-off\n\nHow to.\n\n- [ ] env: B\n\n{notes(MAIL)}"
    assert told(notes(MAIL), text) == [("Hand-off", ["- [ ] env: B"])]


def test_comments_and_code_are_not_asked_for() -> None:
    entry = "### A\n\n<!-- - [ ] env: B -->\n\n***\n"
    assert told("", notes(entry)) == []


@noted.steady
@given(noted.notes)
def test_what_is_live_is_never_pending(text: str) -> None:
    assert pending(text, text, "dev") == []
