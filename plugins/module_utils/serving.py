# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the settings of a release agree with what its host serves.

What is not so becomes a sentence: the setting and its value, what the host serves, what to set.
inside.py takes this file along into the release, so it imports nothing of Slipway.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

SETTINGS = [
    *("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS"),
    *("SECURE_SSL_REDIRECT", "SECURE_PROXY_SSL_HEADER", "CSRF_TRUSTED_ORIGINS"),
    *("STATIC_ROOT", "STATIC_URL", "MEDIA_ROOT", "MEDIA_URL", "DATABASES"),
]
PROXY_HEADER = "SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https'), as nginx sends it"

Facts = dict[str, Any]
# The settings that it is about, and the sentence.
Mismatch = tuple[set[str], str]


def mismatches(facts: Facts, served: Facts) -> list[str]:
    """The sentences. ``facts`` are what own_settings.py found, ``served`` the option ``serves`` of
    module build with the roots and the database of the instance."""
    judges = (secrets, hosts, encryption, forms, static, media, database)
    found = [mismatch for judge in judges for mismatch in judge(facts, served)]
    return [sentence for names, sentence in found if not names & set(served["unchecked"])]


def plain(hostnames: list[str]) -> list[str]:
    """Names that visitors may use, where nginx takes patterns; none for a regular expression."""
    names = [f"www{name[1:]}" if name.startswith("*.") else name for name in hostnames]
    return [name.lstrip(".") for name in names if not name.startswith("~") and "*" not in name]


def secrets(facts: Facts, served: Facts) -> Iterator[Mismatch]:
    """What only a machine of one's own may have."""
    if served["allow_debug"]:
        return
    if facts["debug"]:
        yield (
            {"DEBUG"},
            "DEBUG is True, so error pages show code and variables to everyone: set DEBUG = False "
            "in this environment, or django_allow_debug: true where nobody else comes.",
        )
    if facts["secret_key"]:
        yield (
            {"SECRET_KEY"},
            f"SECRET_KEY is {facts['secret_key']}, so strangers can sign sessions: let the "
            "settings read the environment variable SECRET_KEY, which the server has made.",
        )


def hosts(facts: Facts, _served: Facts) -> Iterator[Mismatch]:
    """Names that Django does not answer to."""
    refused = facts["refused_hosts"]
    if refused:
        yield (
            {"ALLOWED_HOSTS"},
            f"ALLOWED_HOSTS is {facts['allowed_hosts']}, but the host serves "
            f"{' and '.join(refused)}, to which Django answers 400: let the settings read the "
            "environment variable ALLOWED_HOSTS, which has slipway_hostnames, or add to them.",
        )


def encryption(facts: Facts, served: Facts) -> Iterator[Mismatch]:
    """A redirect to https that leads nowhere."""
    if facts["secure"] or not facts["ssl_redirect"]:
        return
    names = {"SECURE_SSL_REDIRECT"}
    if served["scheme"] == "https":
        yield (
            names | {"SECURE_PROXY_SSL_HEADER"},
            f"SECURE_PROXY_SSL_HEADER is {facts['proxy_header']}, so Django takes each request of "
            "this https site for http, and SECURE_SSL_REDIRECT sends visitors round for ever: set "
            f"{PROXY_HEADER}.",
        )
    else:
        yield (
            names,
            "SECURE_SSL_REDIRECT is True, but the host serves http, so visitors would be sent to "
            "https, where nobody answers: set SECURE_SSL_REDIRECT = False in this environment, or "
            "slipway_scheme: https once the site has it.",
        )


def forms(facts: Facts, served: Facts) -> Iterator[Mismatch]:
    """Forms that Django would refuse."""
    origins = facts["refused_origins"]
    if origins:
        remedy = f"set {PROXY_HEADER}" if served["scheme"] == "https" else "unset the latter"
        yield (
            {"CSRF_TRUSTED_ORIGINS", "SECURE_PROXY_SSL_HEADER"},
            f"CSRF_TRUSTED_ORIGINS is {facts['trusted_origins']} and SECURE_PROXY_SSL_HEADER "
            f"{facts['proxy_header']}, so Django refuses every form that is sent from "
            f"{' and '.join(origins)}: {remedy}, or add that to CSRF_TRUSTED_ORIGINS.",
        )


def static(facts: Facts, served: Facts) -> Iterator[Mismatch]:
    """Static files that nginx does not find."""
    yield from files("STATIC", facts["static"], served)


def media(facts: Facts, served: Facts) -> Iterator[Mismatch]:
    """Uploads that nginx does not find."""
    yield from files("MEDIA", facts["media"], served)


def files(kind: str, own: Any, served: Facts) -> Iterator[Mismatch]:
    """A directory or a path of files that is another one than nginx's."""
    root, url = (served[f"{kind.lower()}_{what}"] for what in ("root", "url"))
    if not own:
        return
    if not own["root"] or os.path.realpath(own["root"]) != os.path.realpath(root):
        yield (
            {f"{kind}_ROOT"},
            f"{kind}_ROOT is {own['root'] or 'not set'}, but nginx serves {root}: let the settings "
            f"read the environment variable {kind}_ROOT, which names it.",
        )
    parts = urlsplit(own["url"])
    # Of another host nginx knows nothing; where it is not set, visitors are given no links.
    here = parts.hostname in (None, *served["hostnames"])
    if here and parts.path.strip("/") not in ("", url.strip("/")):
        variable = f"nginx_{kind.lower()}_url"
        yield (
            {f"{kind}_URL"},
            f"{kind}_URL is {own['url']}, but nginx serves these files at {url}: set {variable}: "
            f"{parts.path} and provision, or {kind}_URL = '{url}'.",
        )


def database(facts: Facts, served: Facts) -> Iterator[Mismatch]:
    """Another database than the one that the application was given."""
    own, name, host = facts["database"], served["database"], served["database_host"]
    if not own or not name:
        return
    near = own["host"].startswith("/") if not host else own["host"] == host
    agrees = [
        own["vendor"] == "postgresql",
        own["name"] == name,
        near or not own["host"],
        own["user"] in ("", name),
        own["port"] in ("", "5432"),
    ]
    if not all(agrees):
        port = f":{own['port']}" if own["port"] else ""
        at = f" at {own['host']}{port}" if own["host"] or port else ""
        as_user = f" as {own['user']}" if own["user"] else ""
        yield (
            {"DATABASES"},
            f"DATABASES reads another database than DATABASE_URL, {own['vendor']} {own['name']}"
            f"{at}{as_user} and not postgresql {name} at {host or 'the socket'}: let the settings "
            "read DATABASE_URL, or set it in django_secrets to the one that is meant.",
        )
