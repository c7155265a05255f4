"""Which files decide a Python environment, its name, and how it is made."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import dependencies
from ansible_collections.slipway.django.plugins.module_utils.dependencies import Recipe
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

RECIPE = Recipe(python=">=3.12", requirements="auto", server="gunicorn==27.0.1")
UV = Path(sys.executable).with_name("uv")

Files = Callable[..., str]


@pytest.fixture
def code(tmp_path: Path) -> Files:
    """Write files of a release; its path."""

    def write(files: dict[str, str]) -> str:
        for name, content in files.items():
            path = tmp_path / "release" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return str(tmp_path / "release")

    return write


@pytest.mark.parametrize(
    ("files", "locks"),
    [
        (["pyproject.toml", "uv.lock"], ["pyproject.toml", "uv.lock"]),
        (["pyproject.toml", "uv.lock", "requirements.txt"], ["pyproject.toml", "uv.lock"]),
        (["pyproject.toml", "requirements.txt"], ["requirements.txt"]),
    ],
)
def test_the_lock_is_found(code: Files, files: list[str], locks: list[str]) -> None:
    assert dependencies.lock_files(code(dict.fromkeys(files, "")), "auto") == locks


@pytest.mark.parametrize(
    "line",
    [
        "-r base.txt",
        "-rbase.txt",
        "-r\tbase.txt",
        "  -r   ./base.txt  # what all share",
        "--requirement base.txt",
        "--requirement=base.txt",
        "-c base.txt",
        "--constraint=base.txt",
    ],
)
def test_a_file_that_another_includes_counts_too(code: Files, line: str) -> None:
    files = {"requirements/prod.txt": f"django\n{line}\n", "requirements/base.txt": ""}
    found = dependencies.lock_files(code(files), "requirements/prod.txt")
    assert found == ["requirements/prod.txt", "requirements/base.txt"]


@pytest.mark.parametrize(
    "line", ["# -r base.txt", "-r https://example.com/base.txt", "django-r base.txt", "-e ."]
)
def test_what_includes_no_file_of_the_release_adds_none(code: Files, line: str) -> None:
    assert dependencies.lock_files(code({"requirements.txt": line}), "auto") == ["requirements.txt"]


def test_files_that_include_each_other_are_read_once(code: Files) -> None:
    files = {"a.txt": "-r sub/b.txt\n-r c.txt", "sub/b.txt": "-r ../a.txt", "c.txt": "-r a.txt"}
    assert dependencies.lock_files(code(files), "a.txt") == ["a.txt", "sub/b.txt", "c.txt"]


@pytest.mark.parametrize(
    ("files", "requirements", "sentence"),
    [
        (
            {"pyproject.toml": ""},
            "auto",
            "The application has neither uv.lock nor requirements.txt at its root: commit one, "
            "or name the file with django_requirements.",
        ),
        (
            {"uv.lock": ""},
            "auto",
            "The application has uv.lock but no pyproject.toml at its root: commit both, "
            "or name another file with django_requirements.",
        ),
        (
            {"requirements.txt": ""},
            "deploy.txt",
            "The application has no deploy.txt: correct django_requirements.",
        ),
        (
            {"requirements.txt": "-r base.txt"},
            "auto",
            "The application has no base.txt: correct django_requirements.",
        ),
    ],
    ids=["no lock", "half a lock", "no such file", "no included file"],
)
def test_a_release_without_its_lock_is_refused(
    code: Files, files: dict[str, str], requirements: str, sentence: str
) -> None:
    with pytest.raises(Failed) as caught:
        dependencies.lock_files(code(files), requirements)
    assert str(caught.value) == sentence


def key(release: str, interpreter: str = "/usr/bin/python3.12", recipe: Recipe = RECIPE) -> str:
    """The name of the environment of a release that has a lock of uv."""
    locks = dependencies.lock_files(release, recipe.requirements)
    return dependencies.key(release, locks, interpreter, recipe)


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


def test_another_server_is_another_environment(code: Files) -> None:
    release = code(LOCKED)
    assert key(release, recipe=replace(RECIPE, server="gunicorn==28")) != key(release)


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


@pytest.mark.parametrize(
    ("name", "text", "is_tied"),
    [
        ("requirements.txt", "django==5.2\n-e ./lib\n", True),
        ("requirements.txt", "./wheels/lib.whl\n", True),
        ("requirements.txt", "django==5.2 # see ./lib\n-r base.txt\n", False),
        ("uv.lock", 'source = { editable = "packages/lib" }\n', True),
        ("uv.lock", 'source = { directory = "../lib" }\n', True),
        ("uv.lock", 'source = { virtual = "." }\nsource = { editable = "." }\n', False),
    ],
)
def test_packages_of_the_repository_itself_tie_an_environment_to_its_release(
    tmp_path: Path, name: str, text: str, is_tied: bool
) -> None:
    (tmp_path / name).write_text(text)
    assert dependencies.tied(str(tmp_path), [name]) is is_tied
