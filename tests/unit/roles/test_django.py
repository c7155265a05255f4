"""What the application is given, and what people read of a deploy."""

import urllib.parse
from typing import Any

import pytest

from tests.unit.roles.conftest import Evaluate, Render

ELSEWHERE = {"slipway_database_host": "10.0.0.7", "slipway_database_password": "p@ss/w:rd's #1?"}


def environment(evaluate: Evaluate, **given: object) -> dict[str, str]:
    """The variables that people may read."""
    found: dict[str, str] = evaluate("django", "__django_all_environment", **given)
    return found


def secrets(evaluate: Evaluate, **given: object) -> dict[str, str]:
    """The variables that nobody may read."""
    found: dict[str, str] = evaluate("django", "__django_all_secrets", **given)
    return found


def test_the_application_is_told_where_everything_is(evaluate: Evaluate) -> None:
    assert environment(evaluate) == {
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "ALLOWED_HOSTS": "dev.example.com,shop.example.com",
        "STATIC_ROOT": "/var/www/staticfiles_dev",
        "MEDIA_ROOT": "/var/www/mediafiles_dev",
        "PGHOST": "/run/postgresql",
        "DATABASE_URL": "postgres:///shop_dev",
    }
    assert secrets(evaluate) == {}


def test_a_password_of_a_database_elsewhere_is_for_nobody_to_read(evaluate: Evaluate) -> None:
    url = urllib.parse.urlsplit(secrets(evaluate, **ELSEWHERE)["DATABASE_URL"])
    assert (url.scheme, url.hostname, url.path) == ("postgres", "10.0.0.7", "/shop_dev")
    assert (url.username, urllib.parse.unquote(url.password or "")) == (
        "shop_dev",
        ELSEWHERE["slipway_database_password"],
    )
    readable = environment(evaluate, **ELSEWHERE)
    assert "DATABASE_URL" not in readable
    assert readable["PGHOST"] == "10.0.0.7"


@pytest.mark.parametrize("given", [{}, ELSEWHERE], ids=["here", "elsewhere"])
def test_the_inventory_has_the_last_word(evaluate: Evaluate, given: dict[str, str]) -> None:
    own = {"DATABASE_URL": "mysql:///shop"}
    kind = "django_secrets" if given else "django_environment"
    look = secrets if given else environment
    assert look(evaluate, **{kind: own}, **given)["DATABASE_URL"] == "mysql:///shop"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://dev.example.com/"),
        ({"slipway_scheme": "https"}, "https://dev.example.com/"),
        ({"slipway_url": "http://localhost:8080/"}, "http://localhost:8080/"),
    ],
)
def test_the_site_is_where_visitors_find_it(
    evaluate: Evaluate, given: dict[str, str], url: str
) -> None:
    assert evaluate("django", "__django_url", **given) == url


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ({}, {"UV_SYSTEM_CERTS": "1"}),
        ({"django_uv_system_certs": False}, {}),
        (
            {"django_uv_environment": {"UV_DEFAULT_INDEX": "https://pypi.example.com"}},
            {"UV_SYSTEM_CERTS": "1", "UV_DEFAULT_INDEX": "https://pypi.example.com"},
        ),
    ],
)
def test_uv_gets_its_places_and_the_inventorys_settings(
    evaluate: Evaluate, given: dict[str, Any], settings: dict[str, str]
) -> None:
    assert evaluate("django", "__django_uv_environment", **given) == {
        "UV_CACHE_DIR": "/var/cache/slipway/uv",
        "UV_PYTHON_INSTALL_DIR": "/opt/slipway/python",
        **settings,
    }


OLD, NEW = (
    {"id": f"2026112{day}T101500Z-3f2a1c9", "commit": "3f2a1c9" + "0" * 33, "subject": "Sell boats"}
    for day in (1, 2)
)
LIVES = f"shop_dev runs 3f2a1c9 Sell boats (release {NEW['id']}"
ANSWERS = "It answers at http://dev.example.com/"


def activation(
    release: dict[str, str], before: str, previous: str = "", changed: bool = True
) -> dict[str, Any]:
    """What module activate came to."""
    names = {"before": before, "previous": previous}
    return {"changed": changed, "switched": changed, "release": release, **names}


@pytest.mark.parametrize(
    ("done", "report"),
    [
        (
            activation(NEW, before=""),
            [
                f"{LIVES}).",
                ANSWERS,
                "This is its first release, so there is nothing to go back to yet.",
            ],
        ),
        (
            activation(NEW, before=OLD["id"], previous=OLD["id"]),
            [
                f"{LIVES}, before: {OLD['id']}).",
                ANSWERS,
                "Undo with: invoke rollback dev",
            ],
        ),
        (
            activation(OLD, before=NEW["id"]),
            [
                f"shop_dev runs 3f2a1c9 Sell boats (release {OLD['id']}, before: {NEW['id']}).",
                ANSWERS,
                f"Undo with: invoke rollback dev --to {NEW['id']}",
            ],
        ),
        (
            {"changed": False, "skipped": True},
            [
                f"Nothing changed: shop_dev runs 3f2a1c9 Sell boats already (release {NEW['id']}).",
                ANSWERS,
            ],
        ),
    ],
    ids=["first", "next", "rollback", "nothing"],
)
def test_a_deploy_ends_with_what_changed_and_how_to_undo_it(
    render: Render, done: dict[str, Any], report: list[str]
) -> None:
    text = render(
        "django",
        "report.j2",
        __gunicorn_systemd_activation=done,
        __django_build={"release": NEW},
    )
    assert text.splitlines() == report


def test_check_mode_promises_and_tells_no_undo(render: Render) -> None:
    text = render(
        "django",
        "report.j2",
        ansible_check_mode=True,
        __gunicorn_systemd_activation=activation({}, before=OLD["id"]),
        __django_build={"release": {**NEW, "id": ""}},
    )
    assert text.splitlines() == [
        "Would make 3f2a1c9 Sell boats the release that answers for shop_dev; nothing was changed."
    ]


STATUS: dict[str, Any] = {
    "live": NEW["id"],
    "slot": "green",
    "unit": {"state": "active", "since": "Sun 2026-11-22 10:15:03 UTC", "restarts": "0"},
    "disk_free_bytes": 10 * 2**30,
    "releases": [
        {**OLD, "version": "main", "proven": False},
        {**NEW, "version": "main", "proven": True},
    ],
    "events": [
        {
            "time": "2026-11-22T10:15:04Z",
            "action": "deploy",
            "release": NEW["id"],
            "who": "ada",
            "result": "live",
        }
    ],
}


def test_the_status_shows_what_runs_its_releases_and_who_did_what(render: Render) -> None:
    assert render("django", "status.j2", __django_status=STATUS).splitlines() == [
        "shop_dev on server, http://dev.example.com/",
        "  slot      green, active since Sun 2026-11-22 10:15:03 UTC, restarts 0",
        "  disk      10.00 GB free",
        "  releases",
        f"    * {NEW['id']}  main  Sell boats",
        f"      {OLD['id']}  main  Sell boats  (never answered)",
        "  events",
        f"    2026-11-22T10:15:04Z  deploy {NEW['id']} by ada: live",
    ]


def test_the_status_of_a_host_without_a_release_says_what_to_do(render: Render) -> None:
    text = render("django", "status.j2", __django_status={**STATUS, "live": ""})
    assert text == "shop_dev on server has no release yet: invoke deploy dev\n"
