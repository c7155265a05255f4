"""A draft that is put into an entry where people wrote since the last one."""

import pytest
from ansible_collections.slipway.django.plugins.module_utils import items
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from hypothesis import given
from hypothesis import strategies as st

from slipway.merging import merged
from tests.unit.plugins import noted

TITLE = "2026-11-22 Since 3f2a1c9 Sell"
HEAD = f"# Notes\n\n## Local → Dev/Prod\n\n### {TITLE}\n\n"
NEXT = "\n### 2026-11-20 By hand\n\n- [ ] packages: mine 1 (new)\n\n## Dev → Local\n"
READS = "dev, prod: required, own.py line 2 reads it"
WEB = "a deploy runs the web process alone, and no workers"
UNITS = "the server's units come from gunicorn_systemd_* and do not follow it"
TOUCHED = "what a database has applied does not run again"
# What a draft writes, and what it writes of the same later.
LATER = {
    f"env: A_KEY — {READS}": f"env: A_KEY — {READS.replace('2', '9')}",
    "env: B_KEY — dev, prod: optional, own.py line 1 reads it with a default": (
        "env: B_KEY is no longer read — dev, prod: it can be removed"
    ),
    "packages: httpx 0.27 (new) — dev, prod": (
        "packages: httpx 0.28 (new), rich (removed), a 1 → 2 and 3 more (3 new) — dev, prod"
    ),
    "migrations: notes 0002_a — dev, prod: 0002 runs SQL that cannot be undone": (
        "migrations: notes 0002_a, 0003_b — dev, prod"
    ),
    "collectstatic: 1 file of static/ changed — dev, prod: notes/static": (
        "collectstatic: 2 files of static/ changed — dev, prod: a/static, notes/static"
    ),
    f"config: Procfile (new) — dev, prod: {UNITS}": (
        f"config: Procfile (new), b.service (changed) — dev, prod: {UNITS}"
    ),
    "config: Python 3.12 — dev, prod: pyproject.toml says so; django_python_version has to agree": (
        "config: Python 3.13 — dev, prod: 3.11 before, pyproject.toml says so; "
        "django_python_version has to agree"
    ),
    "config: packages come from uv.lock — dev, prod: requirements.txt before; compare with "
    "django_requirements": "config: packages come from poetry.lock — dev, prod: requirements.txt "
    "before; compare with django_requirements",
    f"config: package celery is new — dev, prod: {WEB}": (
        f"config: package celery is new — dev, prod: {WEB}"
    ),
    f"issue: notes 0001 changed since the live commit — dev, prod: {TOUCHED}": (
        f"issue: notes 0001, 0002 changed since the live commit — dev, prod: {TOUCHED}"
    ),
}
each_kind = pytest.mark.parametrize(("first", "later"), LATER.items())


def draft(text: str, *lines: str, elsewhere: tuple[tuple[str, str], ...] = ()) -> str:
    """The notes after a draft that found this."""
    return merged(text, TITLE, [items.read(line) for line in lines], set(elsewhere)) or ""


def boxes(*lines: str) -> str:
    """Lines of a checklist."""
    return "".join(f"- [ ] {line}\n" for line in lines)


def test_a_second_draft_of_the_same_changes_nothing() -> None:
    text = draft(f"# Notes\n\n## Local → Dev/Prod\n{NEXT}", *LATER)
    assert boxes(*LATER) in text
    assert draft(text, *LATER) == text


@each_kind
def test_a_line_of_the_draft_says_what_is_so_now(first: str, later: str) -> None:
    text = HEAD + boxes("manual: paint", first, "test: look") + NEXT
    assert draft(text, later) == text.replace(first, later)


@each_kind
def test_a_line_of_the_draft_that_is_so_no_more_goes(first: str, later: str) -> None:
    text = HEAD + boxes("manual: paint", first, "test: look") + NEXT
    assert draft(text) == text.replace(boxes(first), "")
    assert draft(text.replace(first, later)) == text.replace(boxes(first), "")


@each_kind
def test_a_line_that_somebody_ticked_stays(first: str, later: str) -> None:
    done = HEAD + f"- [x] {first}\n" + NEXT
    assert draft(done) == done
    assert draft(done, first) == done
    more = draft(done, later)
    assert f"- [x] {first}\n" in more
    assert draft(more, later) == more


@each_kind
def test_what_somebody_wrote_behind_the_dash_stays(first: str, later: str) -> None:
    if "Procfile" in first:
        return  # what it is about stands behind the dash
    what, _dash, _how = first.partition(" — ")
    grown = later.partition(" — ")[0]
    text = HEAD + boxes(f"{what} — prod: ask Ada: she knows") + NEXT
    assert draft(text, later) == text.replace(f"{what} —", f"{grown} —")
    assert draft(text) == text


@each_kind
def test_a_line_of_the_draft_that_stands_twice_is_one(first: str, later: str) -> None:
    text = HEAD + boxes(first, "manual: paint", first) + NEXT
    assert draft(text, later) == HEAD + boxes(later, "manual: paint") + NEXT


def test_environments_that_somebody_chose_stay() -> None:
    first, later = next(iter(LATER.items()))
    text = HEAD + boxes(first.replace("dev, prod", "prod")) + NEXT
    assert draft(text, later) == HEAD + boxes(later.replace("dev, prod", "prod")) + NEXT


@pytest.mark.parametrize(
    "line",
    [
        "packages: libvips of the distribution — dev: apt",
        "packages: httpx 0.27 (new), needs libfoo — dev, prod",
        "packages: a 1 → 2, needs libfoo — dev, prod",
        "migrations: notes 0003 stop the workers first — dev, prod",
        "migrations: notes 0003_a — dev, prod: 0003 takes ten minutes",
        "migrations: by hand — dev: ask Ada",
        "collectstatic: clear the cache after it — dev",
        "collectstatic: 1 file of static/ changed — dev, prod: later",
        "env: `A_KEY` — dev: from them",
        "env: A_KEY and B_KEY — dev: from them",
        f"config: Procfile (new) — dev: {UNITS}, see above",
        "issue: slow since the live commit — dev",
    ],
)
def test_what_a_draft_did_not_write_is_left(line: str) -> None:
    text = HEAD + boxes(line) + NEXT
    assert draft(text) == text
    assert draft(text, line) == text


def test_all_that_is_no_line_stays_where_it_is() -> None:
    first, later = next(iter(LATER.items()))
    text = (
        f"{HEAD}Mail is new.\n\n<!-- ask Ada -->\n* [ ] {first}\n\n  ```sh\n  ls\n  ```\n\n"
        f"- point\n\nAfter.\n{NEXT}"
    )
    assert draft(text, later) == text.replace(first, later)
    # What is indented below it is a person's.
    assert draft(text) == text
    more = draft(text, later, "env: NEW_KEY")
    assert more == text.replace(first, later).replace("  ```\n\n", "  ```\n- [ ] env: NEW_KEY\n\n")


def test_a_wrapped_line_is_replaced_whole() -> None:
    first, later = next(iter(LATER.items()))
    text = HEAD + "* [ ] " + first.replace(": required, ", ": required,\n  ") + "\n" + NEXT
    assert draft(text, later) == HEAD + f"* [ ] {later}\n" + NEXT
    assert draft(text, first) == text


def test_an_entry_of_which_nothing_is_so_any_more_goes() -> None:
    text = HEAD + boxes(*LATER) + NEXT
    assert draft(text) == HEAD.partition("###")[0] + NEXT.lstrip("\n")
    assert draft(HEAD + boxes(*LATER)) == "# Notes\n\n## Local → Dev/Prod\n"
    for kept in ("<!-- ask Ada -->\n", "Mail is new.\n", "- [x] done\n"):
        assert draft(HEAD + boxes(*LATER) + kept + NEXT) == HEAD + kept + NEXT


def test_what_goes_leaves_one_blank_line() -> None:
    text = f"{HEAD}Before.\n\n{boxes(*LATER)}\nAfter.\n{NEXT}"
    assert draft(text) == f"{HEAD}Before.\n\nAfter.\n{NEXT}"
    new = draft(text, "env: NEW_KEY")
    assert new == f"{HEAD}Before.\n\n- [ ] env: NEW_KEY\n\nAfter.\n{NEXT}"


def test_the_newlines_are_the_files_own() -> None:
    text = (HEAD + boxes(*LATER) + NEXT).replace("\n", "\r\n")
    new = draft(text, *LATER.values(), "env: NEW_KEY")
    assert "\n" not in new.replace("\r\n", "")
    assert new.replace("\r\n", "\n") == HEAD + boxes(*LATER.values(), "env: NEW_KEY") + NEXT


def test_blanks_make_no_other_line() -> None:
    found = [
        Item("config", "Python >=3.12,  <4", (), "a says so; django_python_version has to agree")
    ]
    text = merged(NEXT, TITLE, found, ())
    assert "Python >=3.12, <4 — a" in (text or "")
    assert merged(text, TITLE, found, ()) == text


def test_what_stands_elsewhere_is_not_said_again() -> None:
    text = HEAD + boxes("manual: paint") + NEXT
    assert draft(text, "env: A_KEY", elsewhere=(("env", "A_KEY"),)) == text
    assert "A_KEY" not in draft(NEXT, "env: A_KEY", elsewhere=(("env", "A_KEY"),))


@noted.steady
@given(
    noted.likely.filter(lambda text: "#" not in text),
    st.lists(st.sampled_from([*LATER, *LATER.values()]), unique=True, max_size=4),
    st.lists(st.sampled_from([*LATER, *LATER.values()]), unique=True, max_size=4),
)
def test_drafting_twice_is_drafting_once(text: str, first: list[str], later: list[str]) -> None:
    once = draft(HEAD + text + "\n" + boxes(*first) + text + NEXT, *later)
    assert draft(once, *later) == once


@noted.steady
@given(noted.likely)
def test_a_draft_that_finds_nothing_leaves_what_people_wrote(text: str) -> None:
    assert draft(HEAD + text + NEXT) == HEAD + text + NEXT


def test_an_item_without_a_form_is_about_itself() -> None:
    found = [Item("manual", "paint")]
    assert merged(merged(NEXT, TITLE, found, ()), TITLE, found, ()) == merged(
        NEXT, TITLE, found, ()
    )
