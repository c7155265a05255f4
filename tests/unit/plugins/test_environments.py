"""How Python environments are made, by uv and by one that only notes its words."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import dependencies
from ansible_collections.slipway.django.plugins.module_utils.locks import Lock
from ansible_collections.slipway.django.plugins.module_utils.recipe import Recipe
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.uv import Uv

RECIPE = Recipe(python=">=3.12", requirements="auto", server="gunicorn==27.0.1")
LOCKED = Lock("uv.lock", "", ("pyproject.toml", "uv.lock"))


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


BRINGS_GUNICORN = (
    'mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"; touch "$UV_PROJECT_ENVIRONMENT/bin/gunicorn"'
)


def make(uv: Uv, tmp_path: Path, lock: Lock = LOCKED, **recipe: Any) -> str:
    """Make the environment of a release with this lock; its path."""
    environment = str(tmp_path / "venv")
    dependencies.make(
        uv,
        environment,
        release=str(tmp_path),
        lock=lock,
        python="/usr/bin/python3",
        recipe=replace(RECIPE, **recipe),
    )
    return environment


def test_an_environment_follows_the_lock_and_not_the_newest_packages(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    environment = make(uv(BRINGS_GUNICORN), tmp_path)
    (call,) = calls(tmp_path)
    assert call.startswith("sync --frozen ")
    assert "--no-dev" in call
    assert dependencies.complete(environment)


def test_what_uv_lets_everyone_write_does_not_stay(uv: Callable[[str], Uv], tmp_path: Path) -> None:
    program = uv(f'{BRINGS_GUNICORN}; touch "$UV_PROJECT_ENVIRONMENT/.lock"')
    environment = make(program, tmp_path)
    assert not (Path(environment) / ".lock").exists()


def test_an_application_that_lists_no_gunicorn_gets_one(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    make(uv('mkdir -p "${UV_PROJECT_ENVIRONMENT-/}"'), tmp_path)
    assert calls(tmp_path)[-1].endswith("gunicorn==27.0.1")


def test_requirements_are_installed_from_the_file_that_was_named(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    program = uv('case $1 in venv) for path; do :; done; mkdir -p "$path";; esac')
    files = ("requirements/prod.txt", "requirements/base.txt")
    make(program, tmp_path, Lock("requirements", "", files))
    verbs = [call.split()[0] for call in calls(tmp_path)]
    assert verbs == ["venv", "pip", "pip"], calls(tmp_path)
    assert calls(tmp_path)[1].endswith("--requirement requirements/prod.txt")


EXPORTS = """
case $1 in
    venv) for path; do :; done; mkdir -p "$path";;
    tool) echo "django==5.2 --hash=sha256:0";;
esac
"""


def test_a_lock_of_another_tool_is_installed_as_that_tool_reads_it(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    lock = Lock("poetry.lock", "", ("pyproject.toml", "poetry.lock"))
    program = uv(f"{EXPORTS}{has(tmp_path / 'venv', 'django-5.2')}")
    environment = make(program, tmp_path, lock, groups=("server",), extras=("s3",))
    exported = f"{environment}/requirements.txt"
    assert Path(exported).read_text() == "django==5.2 --hash=sha256:0\n"
    _venv, tool, install, _server = calls(tmp_path)
    assert " poetry export " in tool
    assert tool.endswith(" --with=server --extras=s3")
    assert install.endswith(f" --requirement {exported}")


def has(environment: Path, *packages: str) -> str:
    """A line of shell after which packages are installed there."""
    place = environment / "lib" / "python3.13" / "site-packages"
    return f"mkdir -p {' '.join(str(place / f'{name}.dist-info') for name in packages)}"


@pytest.mark.parametrize(("version", "gives_way"), [("23.0.0", True), ("27.1.0", False)])
def test_a_gunicorn_that_is_too_old_gives_way(
    uv: Callable[[str], Uv], tmp_path: Path, version: str, gives_way: bool
) -> None:
    script = f"{BRINGS_GUNICORN}; {has(tmp_path / 'venv', f'gunicorn-{version}')}"
    given: Any = {"release": str(tmp_path), "lock": LOCKED, "python": "/usr/bin/python3"}
    told = dependencies.make(uv(script), str(tmp_path / "venv"), **given, recipe=RECIPE)
    assert ("gunicorn==27.0.1 in place of 23.0.0" in told) is gives_way
    assert any(call.endswith("gunicorn==27.0.1") for call in calls(tmp_path)) is gives_way


def test_a_lock_that_has_nothing_for_this_python_is_told(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    lock = Lock("poetry.lock", "", ("pyproject.toml", "poetry.lock"))
    with pytest.raises(Failed, match=r"^poetry\.lock pins nothing for this Python: set django_py"):
        make(uv(EXPORTS), tmp_path, lock)


def test_groups_of_a_lock_that_has_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").touch()
    (tmp_path / "Pipfile.lock").touch()
    with pytest.raises(Failed, match=r"^Pipfile\.lock has neither groups nor extras: leave"):
        replace(RECIPE, groups=("server",)).lock(str(tmp_path))


@pytest.mark.parametrize(("itself", "left_out"), [(False, True), (True, False)])
def test_the_project_itself_is_installed_where_that_is_wanted(
    uv: Callable[[str], Uv], tmp_path: Path, itself: bool, left_out: bool
) -> None:
    make(uv(BRINGS_GUNICORN), tmp_path, project=itself)
    (call,) = calls(tmp_path)
    assert ("--no-install-project" in call) is left_out


def test_the_project_itself_is_installed_beside_its_requirements(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    lock = Lock("requirements", "", ("requirements.txt",))
    make(uv(EXPORTS), tmp_path, lock, project=True)
    assert any(call.endswith("--no-deps .") for call in calls(tmp_path)), calls(tmp_path)


LISTS = f"""{BRINGS_GUNICORN}
case $* in pip*list*) echo '[{{"name": "psycopg-binary"}}, {{"name": "django"}}]';; esac
"""


def test_packages_that_the_application_does_not_list_are_brought(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    wanted = ("Psycopg_Binary==3.3.1", "uvicorn[standard]==0.54.0", "django>=5")
    make(uv(LISTS), tmp_path, packages=wanted)
    _sync, _list, brought = calls(tmp_path)
    assert brought.endswith("venv uvicorn[standard]==0.54.0"), brought


def test_groups_and_extras_are_chosen(uv: Callable[[str], Uv], tmp_path: Path) -> None:
    make(uv(BRINGS_GUNICORN), tmp_path, groups=("prod",), extras=("s3", "sentry"))
    (call,) = calls(tmp_path)
    for word in ("--group=prod", "--extra=s3", "--extra=sentry", "--no-dev"):
        assert word in call.split()


def test_the_group_dev_is_installed_where_it_is_named(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    make(uv(BRINGS_GUNICORN), tmp_path, groups=("dev",))
    (call,) = calls(tmp_path)
    assert "--group=dev" in call
    assert "--no-dev" not in call


def test_what_a_deploy_left_half_made_is_made_anew(uv: Callable[[str], Uv], tmp_path: Path) -> None:
    left = tmp_path / "venv" / "lib" / "half.py"
    left.parent.mkdir(parents=True)
    left.touch()
    make(uv(BRINGS_GUNICORN), tmp_path)
    assert not left.exists()


def test_an_environment_that_could_not_be_made_is_not_taken_for_one(
    uv: Callable[[str], Uv], tmp_path: Path
) -> None:
    with pytest.raises(Failed) as caught:
        make(uv(f"{BRINGS_GUNICORN}; exit 1"), tmp_path)
    assert str(caught.value) == "uv cannot install the packages of uv.lock."
    assert not dependencies.complete(str(tmp_path / "venv"))


def test_of_several_environments_of_a_key_the_newest_complete_one_is_taken(tmp_path: Path) -> None:
    for name in ("abc", "abc-20261121T101500Z", "abc-20261122T101500Z", "abcd-20261123T101500Z"):
        (tmp_path / name).mkdir()
        (tmp_path / name / dependencies.COMPLETE).touch()
    (tmp_path / "abc-20261122T101500Z" / dependencies.COMPLETE).unlink()
    assert dependencies.newest(str(tmp_path), "abc") == "abc-20261121T101500Z"
    assert dependencies.newest(str(tmp_path), "fff") == "fff"


def test_an_environment_stays_with_its_interpreter_when_a_link_to_a_newer_one_moves(
    tmp_path: Path,
) -> None:
    python = os.path.realpath(sys.executable)
    (tmp_path / "newest").symlink_to(Path(python).parent)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(tmp_path / "newest" / Path(python).name)
    (tmp_path / "pyvenv.cfg").write_text(f"home = {tmp_path}/newest\nuv = 0.13.9\n")
    dependencies.pin(str(tmp_path), python)
    (tmp_path / "newest").unlink()
    words = [tmp_path / "bin" / "python", "-c", "import ssl, sys; print(sys.prefix)"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(tmp_path)
    kept = (tmp_path / "pyvenv.cfg").read_text()
    assert kept == f"home = {Path(python).parent}\nuv = 0.13.9\n"
