"""What the application is given."""

import urllib.parse
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import doppler
from ansible_collections.slipway.django.plugins.module_utils import environment as environment_file

from tests.unit.roles.conftest import Evaluate

ELSEWHERE = {"slipway_database_host": "10.0.0.7", "slipway_database_password": "p@ss/w:rd's #1?"}


def environment(evaluate: Evaluate, **given: object) -> dict[str, str]:
    """What Slipway sets for people to read."""
    found: dict[str, str] = evaluate("django", "__django_defaults", **given)
    return found


def secrets(evaluate: Evaluate, **given: object) -> dict[str, str]:
    """What it sets and nobody may read."""
    found: dict[str, str] = evaluate("django", "__django_default_secrets", **given)
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


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://dev.example.com/"),
        ({"slipway_scheme": "https"}, "https://dev.example.com/"),
        ({"nginx_tls": "selfsigned"}, "https://dev.example.com/"),
        ({"nginx_tls": "none"}, "http://dev.example.com/"),
        ({"slipway_url": "http://localhost:8080/"}, "http://localhost:8080/"),
    ],
)
def test_the_site_is_where_visitors_find_it(
    evaluate: Evaluate, given: dict[str, str], url: str
) -> None:
    assert evaluate("django", "__django_url", **given) == url


SERVES: dict[str, Any] = {
    "hostnames": ["dev.example.com", "shop.example.com"],
    "scheme": "http",
    "static_url": "/static/",
    "media_url": "/media/",
    "own_database": False,
    "database_host": "",
    "allow_debug": False,
    "unchecked": [],
}


@pytest.mark.parametrize(
    ("given", "differences"),
    [
        ({}, {}),
        ({"slipway_scheme": "https"}, {"scheme": "https"}),
        ({"nginx_tls": "letsencrypt"}, {"scheme": "https"}),
        ({"nginx_static_url": "/assets/"}, {"static_url": "/assets/"}),
        ({"nginx_media_url": "/files/"}, {"media_url": "/files/"}),
        ({"slipway_database_host": "10.0.0.7"}, {"database_host": "10.0.0.7"}),
        ({"django_environment": {"DATABASE_URL": "sqlite://"}}, {"own_database": True}),
        ({"django_secrets": {"DATABASE_URL": "sqlite://"}}, {"own_database": True}),
        ({"slipway_env": "local"}, {"allow_debug": True}),
        ({"django_unchecked_settings": ["DEBUG"]}, {"unchecked": ["DEBUG"]}),
    ],
)
def test_the_settings_are_held_against_what_the_inventory_says(
    evaluate: Evaluate, given: dict[str, Any], differences: dict[str, Any]
) -> None:
    assert evaluate("django", "__django_serves", **given) == {**SERVES, **differences}


@pytest.mark.parametrize("given", [{}, {"nginx_tls": "none"}, {"nginx_tls": "files"}], ids=str)
def test_the_service_is_asked_with_the_scheme_that_the_settings_are_held_against(
    evaluate: Evaluate, given: dict[str, str]
) -> None:
    scheme = evaluate("gunicorn_systemd", "gunicorn_systemd_scheme", **given)
    assert scheme == evaluate("django", "__django_serves", **given)["scheme"]


@pytest.mark.parametrize("kind", ["static", "media"])
def test_the_paths_of_files_are_nginx_s_own(evaluate: Evaluate, kind: str) -> None:
    assert evaluate("django", f"django_{kind}_url") == evaluate("nginx", f"nginx_{kind}_url")


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


def test_doppler_s_settings_for_a_service_are_as_a_deploy_writes_them(evaluate: Evaluate) -> None:
    given = {"token": "dp.st.dev.1", "project": "boats", "api_host": "http://127.0.0.1:8911"}
    found = evaluate(
        "django",
        "__django_doppler_environment",
        **{f"django_doppler_{name}": value for name, value in given.items()},
    )
    assert found["content"] == environment_file.render(doppler.settings(given))
    assert (found["mode"], found["path"]) == ("0600", "/var/www/shop/dev/.doppler/environment")
