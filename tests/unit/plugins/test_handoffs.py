"""The hand-off notes of a real repository: what is pending and who wrote it."""

from collections.abc import Callable

import pytest
from ansible_collections.slipway.django.plugins.module_utils import handoffs
from ansible_collections.slipway.django.plugins.module_utils.handoffs import NOTES, Written
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.repository import ENVIRONMENT, Repository

BEGIN = "# Hand-off\n\n## Local → Dev/Prod\n"
MAIL = "\n### 2026-11-20 The mail has a key\n\n- [ ] env: MAIL_KEY — dev, prod: from them\n"
SAIL = "\n### 2026-11-21 The boats have sails\n\n- [ ] manual: hoist — prod: now\n- [x] env: A\n"

Commit = Callable[..., str]


@pytest.fixture
def commit(origin: Repository, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Commit:
    """Commit notes, as somebody at some time, and bring them into the mirror; the hash."""
    (origin.path / "claude").mkdir()

    def make(text: str, who: str = "Ada", time: str = "2026-11-21T10:15:00Z") -> str:
        monkeypatch.setitem(ENVIRONMENT, "GIT_AUTHOR_NAME", who)
        monkeypatch.setitem(ENVIRONMENT, "GIT_AUTHOR_DATE", time)
        made = origin.commit("Note", **{NOTES: text})
        mirror.fetch()
        return made

    return make


def authors(mirror: Mirror, version: str, live: str = "") -> list[str]:
    """Who wrote the pending entries."""
    found = handoffs.entries(mirror, live, version)
    return [one.author for one in handoffs.written(mirror, version, found)]


def test_open_lines_for_this_environment_are_pending(commit: Commit, mirror: Mirror) -> None:
    live = commit(BEGIN + MAIL)
    version = commit(BEGIN + SAIL + MAIL)
    assert handoffs.pending(mirror, live, version, env="dev") == []
    assert handoffs.pending(mirror, live, version, env="prod") == [
        "- [ ] manual: hoist — prod: now"
    ]
    assert handoffs.pending(mirror, live, version) == ["- [ ] manual: hoist — prod: now"]
    (entry,) = handoffs.entries(mirror, live, version, env="dev")
    assert [line.words for line in entry.lines] == ["- [x] env: A"]


def test_all_is_pending_where_nothing_that_was_fetched_is_live(
    commit: Commit, mirror: Mirror
) -> None:
    version = commit(BEGIN + MAIL)
    line = "- [ ] env: MAIL_KEY — dev, prod: from them"
    assert handoffs.pending(mirror, "", version) == [line]
    assert handoffs.pending(mirror, "0" * 40, version) == [line]
    assert handoffs.pending(mirror, "", version, "other/NOTES.md") == []


def test_each_entry_has_the_author_and_the_time_of_its_heading(
    commit: Commit, mirror: Mirror
) -> None:
    first = commit(BEGIN + MAIL, "Ada", "2026-11-20T23:30:00-02:00")
    second = commit(BEGIN + SAIL + MAIL.replace("them", "Bob"), "Bob")
    found = handoffs.entries(mirror, "", second)
    assert handoffs.written(mirror, second, found) == [
        Written("Bob", "2026-11-21T10:15:00Z", second),
        Written("Ada", "2026-11-21T01:30:00Z", first),
    ]


def test_the_author_of_new_lines_is_that_of_their_entry(commit: Commit, mirror: Mirror) -> None:
    live = commit(BEGIN + MAIL, "Ada")
    version = commit(f"{BEGIN}{MAIL}- [ ] test: send one\n", "Bob")
    assert authors(mirror, version, live) == ["Ada"]


@pytest.mark.parametrize(
    "text",
    [BEGIN + MAIL + SAIL, (BEGIN + SAIL + MAIL).replace("\n", "\r\n")],
    ids=["moved", "other newlines"],
)
def test_who_only_moves_an_entry_has_not_written_it(
    commit: Commit, mirror: Mirror, text: str
) -> None:
    commit(BEGIN + MAIL, "Ada")
    commit(BEGIN + SAIL + MAIL, "Bob")
    version = commit(text, "Eve")
    assert sorted(authors(mirror, version)) == ["Ada", "Bob"]


def test_loose_prose_is_that_of_who_wrote_its_first_new_words(
    commit: Commit, mirror: Mirror
) -> None:
    live = commit("\ufeffAsk Ada.\n", "Ada")
    version = commit("\ufeffAsk Ada.\n\nAnd Bob.\n", "Bob")
    assert authors(mirror, version) == ["Ada"]
    assert authors(mirror, version, live) == ["Bob"]


def test_without_notes_nobody_wrote_them(commit: Commit, mirror: Mirror) -> None:
    version = commit(BEGIN)
    with pytest.raises(Failed, match="git cannot tell who wrote other"):
        handoffs.written(mirror, version, [], "other")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("* [ ] env: X_KEY — dev: from them", ["X_KEY"]),
        ("- [x] env: X_KEY — dev: from them", []),
        ("X_KEY", []),
    ],
)
def test_only_open_lines_name_variables(line: str, names: list[str]) -> None:
    assert handoffs.variables(line, "dev") == names
