"""Which settings stop a deploy, and what it says then."""

from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.doc_fragments.serves import ModuleDocFragment
from ansible_collections.slipway.django.plugins.module_utils.serving import (
    SETTINGS,
    mismatches,
    plain,
)

from tests.unit.roles.files import specification

SERVED: dict[str, Any] = {
    **{"hostnames": ["dev.test"], "scheme": "https", "allow_debug": False, "unchecked": []},
    **{"static_root": "/var/www/staticfiles_dev", "static_url": "/static/"},
    **{"media_root": "/var/www/mediafiles_dev", "media_url": "/media/"},
    **{"database": "shop_dev", "database_host": ""},
}
FACTS: dict[str, Any] = {
    **{"debug": False, "secret_key": "", "allowed_hosts": ["dev.test"], "trusted_origins": []},
    **{"proxy_header": "not set", "ssl_redirect": True, "secure": True},
    **{"refused_hosts": [], "refused_origins": []},
    "static": {"root": "/var/www/staticfiles_dev/", "url": "/static/"},
    "media": {"root": "/var/www/mediafiles_dev", "url": "/media/"},
    "database": {
        **{"vendor": "postgresql", "name": "shop_dev", "host": "", "port": "", "user": ""},
    },
}
SOCKET = FACTS["database"]
ELSEWHERE = {"database_host": "10.0.0.7"}


def said(served: dict[str, Any], **facts: Any) -> list[str]:
    """The sentences about facts that differ from good ones."""
    return mismatches({**FACTS, **facts}, {**SERVED, **served})


@pytest.mark.parametrize(
    ("served", "facts"),
    [
        ({}, {}),
        ({"scheme": "http"}, {"ssl_redirect": False, "secure": False}),
        ({"allow_debug": True}, {"debug": True, "secret_key": "empty"}),
        ({}, {"ssl_redirect": False, "secure": False}),
        ({}, {"static": None, "media": None, "database": None}),
        ({}, {"static": {"root": "/var/www/x/../staticfiles_dev", "url": "/static"}}),
        ({}, {"static": {**FACTS["static"], "url": "https://cdn.example.com/s/"}}),
        ({}, {"static": {**FACTS["static"], "url": "//cdn.example.com/s/"}}),
        ({}, {"static": {**FACTS["static"], "url": "https://dev.test/static/"}}),
        ({}, {"media": {**FACTS["media"], "url": "/"}}),
        ({}, {"database": {**SOCKET, "host": "/run/postgresql", "port": "5432"}}),
        ({}, {"database": {**SOCKET, "user": "shop_dev"}}),
        (ELSEWHERE, {"database": {**SOCKET, "host": "10.0.0.7", "user": "shop_dev"}}),
        (ELSEWHERE, {}),
        ({"database": ""}, {"database": {**SOCKET, "vendor": "sqlite", "name": "db.sqlite3"}}),
    ],
    ids=[
        *("all of them", "a site over http", "what a machine of one's own may have"),
        "a header that no redirect and no form needs",
        *("an application without files and without a database", "the same directory by its way"),
        *("a CDN", "a CDN without a scheme", "static files under the site's whole name"),
        *("uploads that have no links", "the socket by its directory", "the role by its name"),
        *("a database elsewhere", "a database elsewhere, which libpq's own variables name"),
        "a database that the inventory names itself",
    ],
)
def test_what_agrees_is_not_spoken_of(served: dict[str, Any], facts: dict[str, Any]) -> None:
    assert said(served, **facts) == []


@pytest.mark.parametrize(
    ("served", "facts", "begins", "remedy"),
    [
        ({}, {"debug": True}, "DEBUG is True", "set DEBUG = False in this environment, or django_"),
        (
            *({}, {"secret_key": "empty"}, "SECRET_KEY is empty, so strangers can sign"),
            "let the settings read the environment variable SECRET_KEY",
        ),
        (
            *({}, {"allowed_hosts": ["a"], "refused_hosts": ["dev.test", "x.test"]}),
            "ALLOWED_HOSTS is ['a'], but the host serves dev.test and x.test,",
            "read the environment variable ALLOWED_HOSTS",
        ),
        (
            *({}, {"secure": False, "proxy_header": "('HTTP_X', 'on')"}),
            "SECURE_PROXY_SSL_HEADER is ('HTTP_X', 'on'), so Django takes each request of this",
            "set SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')",
        ),
        (
            *({"scheme": "http"}, {"secure": False}),
            "SECURE_SSL_REDIRECT is True, but the host serves http,",
            "set SECURE_SSL_REDIRECT = False in this environment, or slipway_scheme: https",
        ),
        (
            *({}, {"refused_origins": ["https://dev.test"], "trusted_origins": ["https://a"]}),
            "CSRF_TRUSTED_ORIGINS is ['https://a'] and SECURE_PROXY_SSL_HEADER not set, so Django "
            "refuses every form that is sent from https://dev.test",
            "or add that to CSRF_TRUSTED_ORIGINS",
        ),
        (
            *({"scheme": "http"}, {"refused_origins": ["http://dev.test"], "ssl_redirect": False}),
            *("CSRF_TRUSTED_ORIGINS is []", "unset the latter, or add that"),
        ),
        (
            *({}, {"static": {"root": "/srv/app/static", "url": "/static/"}}),
            "STATIC_ROOT is /srv/app/static, but nginx serves /var/www/staticfiles_dev:",
            "let the settings read the environment variable STATIC_ROOT",
        ),
        (
            *({}, {"static": {"root": "", "url": "/static/"}}),
            *("STATIC_ROOT is not set, but nginx serves", "the environment variable STATIC_ROOT"),
        ),
        (
            *({}, {"static": {**FACTS["static"], "url": "/assets/"}}),
            "STATIC_URL is /assets/, but nginx serves these files at /static/:",
            "set nginx_static_url: /assets/ and provision, or STATIC_URL = '/static/'",
        ),
        (
            *({}, {"static": {**FACTS["static"], "url": "https://dev.test/assets/"}}),
            *("STATIC_URL is https://dev.test/assets/,", "set nginx_static_url: /assets/"),
        ),
        (
            *({}, {"media": {"root": "/srv/app/media", "url": "/media/"}}),
            *("MEDIA_ROOT is /srv/app/media, but nginx", "the environment variable MEDIA_ROOT"),
        ),
        (
            *({}, {"media": {**FACTS["media"], "url": "/uploads/"}}),
            *("MEDIA_URL is /uploads/, but nginx", "set nginx_media_url: /uploads/"),
        ),
        (
            *({}, {"database": {**SOCKET, "vendor": "sqlite", "name": "/srv/db.sqlite3"}}),
            "DATABASES reads another database than DATABASE_URL, sqlite /srv/db.sqlite3 and not "
            "postgresql shop_dev at the socket:",
            "let the settings read DATABASE_URL",
        ),
        (
            *({}, {"database": {**SOCKET, "vendor": "mysql"}}),
            *("DATABASES reads another database than DATABASE_URL, mysql shop_dev and not", "read"),
        ),
        (
            *({}, {"database": {**SOCKET, "name": "other"}}),
            *("DATABASES reads another database than DATABASE_URL, postgresql other and", "read"),
        ),
        (
            *({}, {"database": {**SOCKET, "host": "10.0.0.7"}}),
            *("DATABASES reads another database", "postgresql shop_dev at 10.0.0.7 and not"),
        ),
        (
            *({}, {"database": {**SOCKET, "user": "me"}}),
            *("DATABASES reads another database", "postgresql shop_dev as me and not"),
        ),
        (
            *({}, {"database": {**SOCKET, "host": "/run/postgresql", "port": "5433"}}),
            *("DATABASES reads another database", "shop_dev at /run/postgresql:5433 and not"),
        ),
        (
            *(ELSEWHERE, {"database": {**SOCKET, "host": "10.0.0.8"}}),
            *("DATABASES reads another database", "and not postgresql shop_dev at 10.0.0.7"),
        ),
    ],
    ids=[
        *("DEBUG", "a key that everybody knows", "a name that Django refuses"),
        *("a redirect for ever", "a redirect to nowhere", "forms over https", "forms over http"),
        *("static files elsewhere", "static files nowhere", "another path of static files"),
        *("another path under the site's whole name", "uploads elsewhere", "another path of them"),
        *(
            "a file",
            "another engine",
            "another database",
            "another host",
            "another role",
            "another port",
        ),
        "another host than the database's",
    ],
)
def test_what_does_not_agree_is_told_with_what_to_set(
    served: dict[str, Any], facts: dict[str, Any], begins: str, remedy: str
) -> None:
    (sentence,) = said(served, **facts)
    assert sentence.startswith(begins)
    assert remedy in sentence


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("DEBUG", {"debug": True}),
        ("SECRET_KEY", {"secret_key": "empty"}),
        ("ALLOWED_HOSTS", {"refused_hosts": ["dev.test"]}),
        ("SECURE_SSL_REDIRECT", {"secure": False}),
        ("SECURE_PROXY_SSL_HEADER", {"secure": False, "refused_origins": ["https://dev.test"]}),
        ("CSRF_TRUSTED_ORIGINS", {"refused_origins": ["https://dev.test"]}),
        ("STATIC_ROOT", {"static": {"root": "", "url": "/static/"}}),
        ("STATIC_URL", {"static": {**FACTS["static"], "url": "/assets/"}}),
        ("MEDIA_ROOT", {"media": {"root": "", "url": "/media/"}}),
        ("MEDIA_URL", {"media": {**FACTS["media"], "url": "/uploads/"}}),
        ("DATABASES", {"database": {**SOCKET, "name": "other"}}),
    ],
)
def test_a_setting_can_be_left_out_alone(name: str, facts: dict[str, Any]) -> None:
    assert said({}, **facts)
    assert said({"unchecked": [name]}, **facts) == []


def test_the_settings_that_can_be_left_out_are_the_same_wherever_they_are_listed() -> None:
    assert specification("django")["django_unchecked_settings"]["choices"] == SETTINGS
    assert all(name in ModuleDocFragment.DOCUMENTATION for name in SETTINGS)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("dev.test", ["dev.test"]),
        ("*.dev.test", ["www.dev.test"]),
        (".dev.test", ["dev.test"]),
        ("dev.*", []),
        (r"~^(www\.)?dev\.test$", []),
    ],
)
def test_a_pattern_of_nginx_stands_for_a_name_that_visitors_use(
    pattern: str, names: list[str]
) -> None:
    assert plain([pattern]) == names
