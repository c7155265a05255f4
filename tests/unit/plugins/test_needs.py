"""What is made in a release's database besides migrations: tables of caches, a superuser."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import requested
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage
from ansible_collections.slipway.django.plugins.module_utils.module import blotted
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.superuser import Superuser

from tests.unit.plugins import application
from tests.unit.plugins.conftest import SECOND

DATABASE_CACHE = "django.core.cache.backends.db.DatabaseCache"
PASSWORD = "correct horse"


def code(manage: Manage) -> Path:
    """The directory of the release."""
    return Path(manage.instance.release(SECOND))


def caches(manage: Manage, *tables: str, **others: str) -> None:
    """Let the settings have caches in these tables, and of other backends."""
    found = {table: {"BACKEND": DATABASE_CACHE, "LOCATION": table} for table in tables}
    found |= {name: {"BACKEND": backend} for name, backend in others.items()}
    (code(manage) / "settings.json").write_text(json.dumps({"CACHES": found}))


def database(manage: Manage, **said: Any) -> None:
    """What the database and the code have of migrations, and its tables."""
    given = {"engine": "postgresql", "known": [], "applied": [], **said}
    (code(manage) / "database.json").write_text(json.dumps(given))


def commands(manage: Manage) -> list[str]:
    """Django's commands that were run, with their words."""
    return [" ".join(words[2:]) for words in application.calls(code(manage))]


def detail(manage: Manage) -> str:
    """What was said of the last step."""
    return str(manage.steps.taken[-1]["detail"])


def test_a_cache_table_that_is_not_there_is_told_and_keeps_files_from_being_collected(
    manage: Manage,
) -> None:
    caches(manage, "shop_cache")
    found = manage("check", "plan", "collect")
    assert (found["waiting"], found["lacking"]) == ([], ["cache table shop_cache"])
    assert detail(manage) == "no migration waits, lacks cache table shop_cache"
    assert "copied" not in found
    assert not any(words.startswith("createcachetable") for words in commands(manage))


def test_a_cache_table_is_made_before_the_migrations_whose_signals_may_use_it(
    manage: Manage,
) -> None:
    database(manage, known=["shop.0001_initial"])
    caches(manage, "shop_cache", "second_cache")
    found = manage("migrate", "collect")
    assert found["made"] == ["cache table shop_cache", "cache table second_cache"]
    assert commands(manage)[1:] == [
        "createcachetable --no-color --database default shop_cache",
        "createcachetable --no-color --database second second_cache",
        "migrate --no-input --no-color",
        "collectstatic --no-input --no-color",
    ]
    assert manage.steps.taken[0]["detail"] == (
        "shop.0001_initial, made cache table shop_cache, made cache table second_cache"
    )


@pytest.mark.parametrize(
    "tables", [["shop_cache", "_elsewhere"], ["_elsewhere"], []], ids=["there", "not here", "none"]
)
def test_where_no_table_is_missing_nothing_is_made(manage: Manage, tables: list[str]) -> None:
    database(manage, tables=["shop_cache"])
    caches(manage, *tables, missing="redis_of.some.Package", own="json.JSONDecoder")
    found = manage("check", "plan", "collect")
    assert (found["lacking"], found["copied"]) == ([], 2)
    assert manage("migrate")["made"] == []
    assert not any(words.startswith("createcachetable") for words in commands(manage))


def users(manage: Manage, *names: str, **model: Any) -> None:
    """Let the application have users."""
    key = model.get("username", "username")
    there = [{key: name, "password": "own"} for name in names]
    given = {"username": key, "required": ["email"], "users": there, **model}
    (code(manage) / "users.json").write_text(json.dumps(given))


def stored(manage: Manage) -> list[dict[str, str]]:
    """The users that are there."""
    found: list[dict[str, str]] = json.loads((code(manage) / "users.json").read_text())["users"]
    return found


def wanting(manage: Manage, **fields: str) -> Manage:
    """Commands of an application that has to have this superuser."""
    given = fields or {"username": "ada", "email": "ada@example.com"}
    return replace(manage, superuser=Superuser(given, PASSWORD))


def test_a_superuser_who_is_not_there_is_told_and_made(manage: Manage) -> None:
    users(manage, "bob")
    assert wanting(manage)("plan")["lacking"] == ["superuser ada"]
    assert wanting(manage)("migrate", "collect")["made"] == ["superuser ada"]
    assert stored(manage)[1:] == [
        {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    ]
    assert "createsuperuser --no-input --no-color" in commands(manage)
    assert PASSWORD not in str(manage.steps.taken)


def test_a_superuser_is_made_after_the_migrations_that_users_need(manage: Manage) -> None:
    database(manage, known=["auth.0001_initial"])
    users(manage, table=False)
    assert wanting(manage)("plan")["lacking"] == ["superuser ada"]
    wanting(manage)("migrate")
    made = commands(manage)
    assert made.index("migrate --no-input --no-color") < len(made) - 1
    assert made[-1].startswith("createsuperuser")


@pytest.mark.parametrize("name", ["ada", "Ada"])
def test_a_user_who_is_there_is_never_changed(manage: Manage, name: str) -> None:
    users(manage, name)
    found = wanting(manage)("plan", "collect")
    assert (found["lacking"], found["copied"]) == ([], 2)
    assert wanting(manage)("migrate")["made"] == []
    assert stored(manage) == [{"username": name, "password": "own"}]


def test_a_user_model_of_its_own_gets_the_fields_that_it_asks_for(manage: Manage) -> None:
    users(manage, username="email", required=["full_name"])
    superuser = wanting(manage, email="ada@example.com", full_name="Ada", username="unused")
    assert superuser("migrate")["made"] == ["superuser ada@example.com"]
    assert stored(manage) == [
        {"email": "ada@example.com", "full_name": "Ada", "password": PASSWORD}
    ]


def refusal(manage: Manage) -> str:
    """Why the plan fails."""
    with pytest.raises(Failed) as caught:
        manage("check", "plan", "collect")
    assert "collect" not in [step["name"] for step in manage.steps.taken]
    return str(caught.value)


def test_a_user_model_that_needs_more_names_it(manage: Manage) -> None:
    users(manage, username="email", required=["full_name", "team"])
    assert refusal(wanting(manage, username="ada", team="a")) == (
        "The user model accounts.User needs email and full_name of a superuser: set "
        "django_superuser.email, django_superuser.full_name."
    )


def test_an_application_without_users_cannot_have_a_superuser(manage: Manage) -> None:
    assert refusal(wanting(manage)).endswith("Take django_superuser away.")


SAYS_ALL = "import os, sys; print(sys.argv, *os.environ.values()); sys.exit(1)"


@pytest.mark.parametrize(("step", "there"), [("check", False), ("migrate", True)])
def test_the_password_is_in_the_one_process_that_may_need_it(
    manage: Manage, step: str, there: bool
) -> None:
    users(manage)
    (code(manage) / f"{step}.py").write_text(SAYS_ALL)
    with pytest.raises(Failed) as caught:
        wanting(manage)(step)
    assert (PASSWORD in "\n".join(caught.value.evidence)) is there


def test_it_is_no_argument_and_blotted_where_the_application_prints_it(manage: Manage) -> None:
    users(manage)
    (code(manage) / "migrate.py").write_text(
        "import pathlib, os; print(pathlib.Path('/proc/self/cmdline').read_text(), 'is all');"
        f"{SAYS_ALL}"
    )
    with pytest.raises(Failed) as caught:
        wanting(manage)("migrate")
    cmdline, said = "\n".join(caught.value.evidence).split("is all")
    assert "ada@example.com" in cmdline
    assert PASSWORD not in cmdline
    assert PASSWORD in said
    params = {"project": "shop", "env": "dev", "root": "/nowhere", "superuser_password": PASSWORD}
    assert PASSWORD not in "\n".join(blotted(caught.value, params).evidence)


def test_a_superuser_without_a_password_is_refused() -> None:
    with pytest.raises(Failed, match="django_superuser has no password: add one, and keep it in"):
        requested.superuser_of({"superuser": {"username": "ada"}, "superuser_password": ""})


def test_a_password_is_not_shown_with_what_it_belongs_to() -> None:
    assert PASSWORD not in repr(Superuser({"username": "ada"}, PASSWORD))
