"""Which files decide a Python environment, its name, and how it is made."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import dependencies
from ansible_collections.slipway.django.plugins.module_utils.recipe import Recipe
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.plugins.conftest import Files

RECIPE = Recipe(python=">=3.12", requirements="auto", server="gunicorn==27.0.1")
UV = Path(sys.executable).with_name("uv")


def key(release: str, interpreter: str = "/usr/bin/python3.12", recipe: Recipe = RECIPE) -> str:
    """The name of the environment of a release that has a lock of uv."""
    return dependencies.key(release, recipe.lock(release), interpreter, recipe)


LOCKED = {"uv.lock": "1", "pyproject.toml": "1", "manage.py": "1", "requirements.txt": "1"}


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml"])
def test_another_lock_is_another_environment(code: Files, name: str) -> None:
    first = key(code(LOCKED))
    assert key(code({name: "2"})) != first


def test_another_included_file_is_another_environment(code: Files) -> None:
    first = key(code({"requirements.txt": "-r base.txt", "base.txt": "django==5.1"}))
    assert key(code({"base.txt": "django==5.2"})) != first


def test_another_interpreter_is_another_environment(code: Files) -> None:
    release = code(LOCKED)
    assert key(release, "/usr/bin/python3.13") != key(release)


@pytest.mark.parametrize(
    "changed",
    [
        {"server": "gunicorn==28"},
        {"groups": ("prod",)},
        {"extras": ("prod",)},
        {"packages": ("psycopg==3.3.1",)},
    ],
)
def test_other_packages_are_another_environment(code: Files, changed: dict[str, Any]) -> None:
    release = code(LOCKED)
    assert key(release, recipe=replace(RECIPE, **changed)) != key(release)


@pytest.mark.parametrize("changed", [{"groups": ("prod",)}, {"extras": ("prod",)}])
def test_requirements_have_neither_groups_nor_extras(code: Files, changed: dict[str, Any]) -> None:
    with pytest.raises(Failed, match=r"requirements\.txt has neither groups nor extras"):
        replace(RECIPE, **changed).lock(code({"requirements.txt": ""}))


@pytest.mark.parametrize("name", ["manage.py", "requirements.txt", ".python-version"])
def test_other_code_is_the_same_environment(code: Files, name: str) -> None:
    first = key(code(LOCKED))
    assert key(code({name: "2"})) == first


def test_another_request_for_the_same_interpreter_is_the_same_environment(code: Files) -> None:
    release = code(LOCKED)
    assert key(release, recipe=replace(RECIPE, python="3.12")) == key(release)


def test_another_release_is_the_same_environment(code: Files, tmp_path: Path) -> None:
    release = code(LOCKED)
    first = key(release)
    assert key(str(Path(release).rename(tmp_path / "other"))) == first
