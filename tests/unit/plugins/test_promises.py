"""What lines of hand-off notes promise, and whether it is so."""

import pytest
from ansible_collections.slipway.django.plugins.module_utils import promises
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.promises import (
    Facts,
    Package,
    State,
)

FACTS = Facts(
    lack={"PAY_KEY"},
    packages={"django": "5.2.3", "httpx": "0.28.1", "zope-interface": "7.2", "rich": "14"},
    applied={"notes.0001_initial", "notes.0003_carry_file", "shop.0001_initial"},
    static="",
)


def sure(name: str, version: str = "", gone: bool = False) -> Package:
    """A package of Python, by the signs of its line."""
    return Package(name, version, gone, sure=True)


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("httpx", [Package("httpx")]),
        ("`httpx`", [Package("httpx")]),
        ("httpx 0.28.1 (new)", [sure("httpx", "0.28.1")]),
        ("httpx==0.28.1", [sure("httpx", "0.28.1")]),
        ("httpx[http2]==0.28.1", [sure("httpx", "0.28.1")]),
        ("httpx>=0.28", [sure("httpx")]),
        ("httpx~=0.28", [sure("httpx")]),
        ("Django 5.2.1 → 5.2.3", [sure("Django", "5.2.3")]),
        ("django 5.2.1 -> 5.2.3", [sure("django", "5.2.3")]),
        ("django >=4.2 → >=5.0", [sure("django")]),
        ("tool unpinned → 1.0", [sure("tool", "1.0")]),
        ("tool 1.0 → unpinned", [sure("tool")]),
        ("tool 1 or 2", [sure("tool")]),
        ("tool 1.0 at abc1234, httpx", [Package("httpx")]),
        ("six 1.17 (removed)", [sure("six", gone=True)]),
        (
            "httpx 0.28.1 (new), six (removed) and 3 more (2 new, 1 removed)",
            [sure("httpx", "0.28.1"), sure("six", gone=True)],
        ),
        ("`unattended-upgrades`", [Package("unattended-upgrades")]),
        ("the ones that the new export needs", []),
        ("3 packages changed, see uv.lock", []),
        ("", []),
    ],
)
def test_packages_are_found_by_name_and_version(what: str, found: list[Package]) -> None:
    assert promises.packages(what) == found


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("notes 0003_carry_file, 0004", ["notes.0003_carry_file", "notes.0004"]),
        ("notes.0003", ["notes.0003"]),
        ("`notes/0003_carry_file.py`", ["notes.0003_carry_file"]),
        ("notes 0003, shop 0002_price", ["notes.0003", "shop.0002_price"]),
        ("notes: 0003", ["notes.0003"]),
        ("0003", []),
        ("notes 7 migrations, up to 0007_m7, 0008_m8", ["notes.0007_m7", "notes.0008_m8"]),
        ("notes 0002 and 0003", ["notes.0002", "notes.0003"]),
        ("shop migration 0007", ["shop.0007"]),
        ("Shop 0002", ["Shop.0002"]),
        ("the new ones", []),
    ],
)
def test_migrations_are_found_by_app_and_number(what: str, found: list[str]) -> None:
    assert promises.migrations(what) == found


@pytest.mark.parametrize(
    ("item", "names", "state"),
    [
        (Item("env", "MAIL_KEY"), ["MAIL_KEY"], State(True, "set")),
        (
            Item("env", "MAIL_KEY, PAY_KEY"),
            ["MAIL_KEY", "PAY_KEY"],
            State(False, "PAY_KEY is not set"),
        ),
        (Item("env", "what the mailer wants"), [], State()),
        (Item("packages", "httpx, Zope.Interface 7.2"), [], State(True, "in the release")),
        (
            Item("packages", "httpx 0.29, attrs 25 (new), django (removed)"),
            [],
            State(False, "httpx is 0.28.1, attrs is missing, django is still there"),
        ),
        (Item("packages", "six (removed)"), [], State(True, "in the release")),
        (Item("packages", "Django 5.2"), [], State(True, "in the release")),
        (Item("packages", "Django 5.20"), [], State(False, "Django is 5.2.3")),
        (Item("packages", "rich 14.0.0"), [], State(True, "in the release")),
        # It may be a package of the system.
        (Item("packages", "libpq5"), [], State()),
        (Item("packages", "gunicorn (removed)"), [], State()),
        # Its label may be another one.
        (Item("migrations", "boats 0001"), [], State()),
        (Item("migrations", "notes 0003 adds 1000 rows"), [], State(True, "applied")),
        (Item("migrations", "notes 0003"), [], State(True, "applied")),
        (Item("migrations", "notes 0001_initial, 0003_carry_file"), [], State(True, "applied")),
        (Item("migrations", "notes 000"), [], State()),
        (
            Item("migrations", "notes 0003, 0004, shop 0001_other"),
            [],
            State(False, "notes.0004 is not applied, shop.0001_other is not applied"),
        ),
        (Item("collectstatic", "3 files"), [], State(True, "served")),
        (Item("manual", "turn the queue off"), [], State()),
        (Item("unheard-of", "x"), [], State()),
    ],
)
def test_a_line_is_held_against_what_there_is(item: Item, names: list[str], state: State) -> None:
    assert promises.state(item, names, FACTS) == state


def test_what_was_not_asked_is_not_judged() -> None:
    nothing = Facts(set(), {})
    for kind in ("migrations", "collectstatic"):
        assert promises.state(Item(kind, "notes 0003"), [], nothing) == State()


def test_static_files_that_are_not_served_are_told() -> None:
    facts = Facts(set(), {}, static="/static/a.css answered 404 Not Found, not 200.")
    state = promises.state(Item("collectstatic", "3 files"), [], facts)
    assert state == State(False, "/static/a.css answered 404 Not Found, not 200.")


def test_of_two_lines_about_a_package_the_newer_one_counts() -> None:
    older, newer = (
        Item("packages", "httpx 0.27 (new), django 5.2.3"),
        Item("packages", "httpx 0.28.1"),
    )
    spoken = promises.spoken_of(newer)
    assert promises.state(older, [], FACTS, spoken) == State(True, "in the release")
    assert promises.state(older, [], FACTS).kept is False
