"""What an inventory says of where the code comes from."""

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.plugin_utils.sources import VARIABLES, objections

from tests.unit.plugins.inventories import inventory, preflight
from tests.unit.roles.files import defaults

PUSH = {"django_source": "push"}


def said(**given: Any) -> list[str]:
    """What is objected to."""
    return objections(VARIABLES | given)


def test_what_preflight_takes_for_granted_is_the_default_of_the_role() -> None:
    assert {name: defaults("django")[name] for name in VARIABLES} == VARIABLES


@pytest.mark.parametrize(
    "given",
    [
        {"django_repository": "git@example.com:shop.git"},
        {**PUSH, "django_checkout": "/home/ada/shop"},
        {**PUSH, "django_checkout": "~/shop", "django_repository": "git@example.com:shop.git"},
    ],
)
def test_one_source_is_enough(given: dict[str, Any]) -> None:
    assert said(**given) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "django_repository must be set: git on the server fetches"),
        ({"django_checkout": "/home/ada/shop"}, "django_checkout is for django_source: push, and"),
        (PUSH, "django_checkout is '': with django_source: push it must be the absolute path"),
        ({**PUSH, "django_checkout": "../shop"}, "django_checkout is '../shop': with"),
        (
            {**PUSH, "django_checkout": "~nobody-here/shop"},
            "django_checkout is '~nobody-here/shop'",
        ),
        ({"django_repository": "https://a:s3cret@b.c/d"}, "django_repository holds a name or pass"),
    ],
)
def test_what_is_missing_or_contradicts_is_told(given: dict[str, Any], told: str) -> None:
    (sentence,) = said(**given)
    assert sentence.startswith(told)
    assert "s3cret" not in sentence


def test_preflight_asks(tmp_path: Path) -> None:
    given = {"django_source": "push", "django_checkout": "shop"}
    answer = preflight(inventory(tmp_path / "hosts.yml", {"one": given}), "one")
    assert answer["msg"].startswith("django_checkout is 'shop': with django_source: push")


def test_another_source_is_refused_with_the_two_that_there_are(tmp_path: Path) -> None:
    answer = preflight(inventory(tmp_path / "hosts.yml", {"one": {"django_source": "svn"}}), "one")
    assert "django_source must be one of: git, push, got: svn" in answer["msg"]
