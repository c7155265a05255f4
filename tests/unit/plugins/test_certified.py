"""What is said of an inventory whose certificates cannot be had."""

from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.plugin_utils.certified import VARIABLES, objections

NAMES = {"nginx_tls": "letsencrypt", "slipway_hostnames": ["shop.example.com"]}
FILES = {"nginx_tls": "files", "nginx_tls_certificate": "/c.pem", "nginx_tls_key": "/k.pem"}
PRIVATE = {"nginx_acme_server": "https://ca.example.com/directory"}


@pytest.mark.parametrize(
    "given",
    [
        {},
        NAMES,
        {**NAMES, "nginx_acme_staging": True, "nginx_hsts_seconds": 60},
        {**NAMES, **PRIVATE, "slipway_hostnames": ["shop.test"], "nginx_acme_staging": "false"},
        FILES,
        {**FILES, "slipway_hostnames": ["*.example.com", "~^shop[0-9]"]},
        {"nginx_tls": "selfsigned", "slipway_hostnames": ["localhost"], "slipway_scheme": "https"},
    ],
    ids=str,
)
def test_an_inventory_that_agrees_with_itself_passes(given: dict[str, Any]) -> None:
    assert objections({**VARIABLES, **given}) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {**NAMES, "nginx_redirect_hostnames": ["*.example.com"]},
            "nginx_tls is letsencrypt, which proves one name at a time and no pattern such as "
            "*.example.com: list the names, or set nginx_tls: files with a wildcard certificate.",
        ),
        (
            {**NAMES, "slipway_hostnames": ["localhost", "shop.test", "192.0.2.1"]},
            "nginx_tls is letsencrypt, and no public name is localhost or 192.0.2.1 or shop.test: "
            "give names that DNS has, or set nginx_tls: selfsigned.",
        ),
        (
            {**NAMES, **PRIVATE, "nginx_hostnames": ["my_shop.example.com"]},
            "nginx_tls is letsencrypt, and no public name is my_shop.example.com: "
            "give names that DNS has, or set nginx_tls: selfsigned.",
        ),
        (
            {**NAMES, **PRIVATE, "nginx_acme_staging": True},
            "nginx_acme_staging is for Let's Encrypt, and nginx_acme_server names another CA: "
            "remove one of them.",
        ),
        (
            {"nginx_tls": "files", "nginx_tls_key": "/k.pem"},
            "nginx_tls is files, so nginx_tls_certificate must be set.",
        ),
        (
            {"slipway_hostnames": ["a.test", "b.test"], "nginx_redirect_hostnames": ["b.test"]},
            "b.test is among nginx_redirect_hostnames and among the site's own: "
            "take it out of one.",
        ),
        (
            {"nginx_hsts_seconds": 60},
            "nginx_hsts_seconds asks browsers to insist on https, and nginx_tls is none: set that.",
        ),
        (
            {"nginx_tls": "selfsigned", "slipway_scheme": "http"},
            "slipway_scheme is http, and nginx_tls is selfsigned: remove slipway_scheme.",
        ),
    ],
)
def test_what_cannot_be_had_is_said_in_a_sentence(given: dict[str, Any], said: str) -> None:
    assert objections({**VARIABLES, **given}) == [said]
