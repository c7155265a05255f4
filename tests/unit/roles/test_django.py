"""What the application is given."""

import urllib.parse
from typing import Any

import pytest

from tests.unit.roles.conftest import Evaluate

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


def test_a_host_that_a_dry_run_knows_no_commit_of_disagrees_with_none(evaluate: Evaluate) -> None:
    built = {name: {"__django_build": {"release": {"commit": name}}} for name in ("", "3f2a1c9")}
    names = list(built)
    assert evaluate("django", "__django_commits", ansible_play_hosts=names, hostvars=built) == [
        "3f2a1c9"
    ]
