"""Which files decide a Python environment, its name, and how it is made."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import dependencies
from ansible_collections.slipway.django.plugins.module_utils.dependencies import Recipe, Uv
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


@pytest.mark.skipif(not UV.exists(), reason="uv is not installed beside these tests")
def test_the_interpreter_is_the_file_that_the_links_lead_to(me: str, tmp_path: Path) -> None:
    uv = Uv(str(UV), me, {"UV_CACHE_DIR": str(tmp_path)})
    found = dependencies.interpreter(uv, sys.executable)
    assert found == os.path.realpath(sys.executable)


@pytest.fixture
def uv(tmp_path: Path, me: str) -> Callable[[str], Uv]:
    """A uv that notes its words and the shell that it runs, for lack of a package index."""

    def make(script: str = "") -> Uv:
        program = tmp_path / "uv"
        program.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/calls\n{script}\n')
        program.chmod(0o755)
        return Uv(str(program), me, {"UV_DEFAULT_INDEX": "https://pypi.example.com"})

    return make


def calls(tmp_path: Path) -> list[str]:
    """The words of each call of that uv."""
    return (tmp_path / "calls").read_text().splitlines()


def test_a_python_that_the_host_lacks_is_brought_by_uv(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    brought = tmp_path / "brought"
    program = uv(
        f'case "$2" in install) touch {brought};; esac; [ -e {brought} ] && echo {brought}'
    )
    assert dependencies.interpreter(program, "3.15") == str(brought)


def test_a_python_that_nobody_has_is_refused(uv: Callable[[str], Uv]) -> None:
    with pytest.raises(Failed) as caught:
        dependencies.interpreter(uv("echo error: No download found >&2; exit 2"), "3.99")
    assert str(caught.value) == (
        "No Python 3.99 on this host, and uv cannot bring one: choose another "
        "django_python_version, or a distribution that has it."
    )
    assert caught.value.evidence == ["error: No download found"]


BRINGS_GUNICORN = (
    'mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"; touch "$UV_PROJECT_ENVIRONMENT/bin/gunicorn"'
)


def make(uv: Uv, tmp_path: Path, locks: list[str]) -> str:
    """Make the environment of a release with these locks; its path."""
    environment = str(tmp_path / "venv")
    dependencies.make(
        uv,
        environment,
        release=str(tmp_path),
        locks=locks,
        python="/usr/bin/python3",
        server=RECIPE.server,
    )
    return environment


def test_an_environment_follows_the_lock_and_not_the_newest_packages(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    environment = make(uv(BRINGS_GUNICORN), tmp_path, ["pyproject.toml", "uv.lock"])
    (call,) = calls(tmp_path)
    assert call.startswith("sync --frozen --no-dev ")
    assert dependencies.complete(environment)


def test_an_application_that_lists_no_gunicorn_gets_one(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    make(uv('mkdir -p "${UV_PROJECT_ENVIRONMENT-/}"'), tmp_path, ["pyproject.toml", "uv.lock"])
    assert calls(tmp_path)[-1].endswith("gunicorn==27.0.1")


def test_requirements_are_installed_from_the_file_that_was_named(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    program = uv('case $1 in venv) for path; do :; done; mkdir -p "$path";; esac')
    make(program, tmp_path, ["requirements/prod.txt", "requirements/base.txt"])
    verbs = [call.split()[0] for call in calls(tmp_path)]
    assert verbs == ["venv", "pip", "pip"], calls(tmp_path)
    assert calls(tmp_path)[1].endswith("--requirement requirements/prod.txt")


def test_what_a_deploy_left_half_made_is_made_anew(uv: Callable[[str], Uv], tmp_path: Path) -> None:
    left = tmp_path / "venv" / "lib" / "half.py"
    left.parent.mkdir(parents=True)
    left.touch()
    make(uv(BRINGS_GUNICORN), tmp_path, ["pyproject.toml", "uv.lock"])
    assert not left.exists()


def test_an_environment_that_could_not_be_made_is_not_taken_for_one(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    with pytest.raises(Failed) as caught:
        make(uv(f"{BRINGS_GUNICORN}; exit 1"), tmp_path, ["pyproject.toml", "uv.lock"])
    assert str(caught.value) == "uv cannot install the packages of uv.lock."
    assert not dependencies.complete(str(tmp_path / "venv"))


def test_of_several_environments_of_a_key_the_newest_complete_one_is_taken(tmp_path: Path) -> None:
    for name in ("abc", "abc-20261121T101500Z", "abc-20261122T101500Z", "abcd-20261123T101500Z"):
        (tmp_path / name).mkdir()
        (tmp_path / name / dependencies.COMPLETE).touch()
    (tmp_path / "abc-20261122T101500Z" / dependencies.COMPLETE).unlink()
    assert dependencies.newest(str(tmp_path), "abc") == "abc-20261121T101500Z"
    assert dependencies.newest(str(tmp_path), "fff") == "fff"
