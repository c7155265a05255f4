"""How a release is made, of a real repository and with a uv that needs no package index."""

import grp
import json
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import releases
from ansible_collections.slipway.django.plugins.module_utils.building import Build
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.interpreters import (
    Interpreters,
    Python,
)
from ansible_collections.slipway.django.plugins.module_utils.pyenv import Pyenv
from ansible_collections.slipway.django.plugins.module_utils.recipe import Recipe
from ansible_collections.slipway.django.plugins.module_utils.snapshot import Snapshot
from ansible_collections.slipway.django.plugins.module_utils.source import Commit, Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.module_utils.uv import Uv

from tests.unit.repository import Repository

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to root")
UV = """\
#!/bin/sh
case $1 in
python) echo {python};;
sync)
    mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"
    [ ! -e {broken} ] || {{ echo "no such package" >&2; exit 1; }}
    ln -s {python} "$UV_PROJECT_ENVIRONMENT/bin/python"
    echo "home = /usr/bin" >"$UV_PROJECT_ENVIRONMENT/pyvenv.cfg"
    touch "$UV_PROJECT_ENVIRONMENT/bin/gunicorn";;
esac
"""

NO_PYENV = Pyenv("/nowhere", "v2", {}, "nobody", "/nowhere")
Builds = Callable[..., Build]


@pytest.fixture
def builds(shop: Instance, origin: Repository, mirror: Mirror, me: str, tmp_path: Path) -> Builds:
    """A build of the branch main, or one that differs from it."""
    names = ("uv.lock", "pyproject.toml", "manage.py", "shop.py")
    origin.commit("Sell boats", **dict.fromkeys(names, "1"))
    uv = tmp_path / "uv"
    uv.write_text(UV.format(python=sys.executable, broken=tmp_path / "broken"))
    uv.chmod(0o755)

    def build(**differences: Any) -> Build:
        given = Build(
            instance=shop,
            version="main",
            builder=me,
            mirror=mirror,
            interpreters=Interpreters(Uv(str(uv), me, {}), "auto", NO_PYENV),
            recipe=Recipe(">=3.12", "auto", "gunicorn==27.0.1"),
            snapshot=Snapshot(shop, {"DEBUG": False}, {}),
            who="ada",
            steps=Steps(),
        )
        return replace(given, **differences)

    return build


def made(build: Build, fresh: bool = False) -> releases.Record:
    """The record of the release that a build makes."""
    return build.make(build.commit(), fresh)


@as_root
def test_a_release_has_its_code_its_packages_its_variables_and_its_record(
    builds: Builds, shop: Instance
) -> None:
    build = builds()
    record = made(build)
    path = Path(shop.release(record["id"]))
    assert (path / "shop.py").read_text() == "1"
    assert (path / ".venv/bin/gunicorn").exists()
    assert 'DEBUG="false"' in (path / ".slipway/environment").read_text()
    assert releases.read(shop, record["id"]) == record
    assert (record["subject"], record["author"]) == ("Sell boats", "Ada Lovelace")
    assert record["who"] == "ada"
    assert build.steps.release == record["id"], "a failure would not be known to be its own"
    assert [step["name"] for step in build.steps.taken] == [
        "fetch",
        "check out",
        "packages",
        "compile",
    ]
    assert list(path.glob("__pycache__/shop.*.pyc")), "the application cannot compile it later"


@as_root
def test_releases_of_one_lock_share_an_environment_unless_a_fresh_one_is_wanted(
    builds: Builds, origin: Repository, shop: Instance
) -> None:
    first = made(builds())["venv"]
    origin.commit("Sell more", **{"shop.py": "2"})
    assert made(builds())["venv"] == first
    origin.commit("Sell even more", **{"shop.py": "3"})
    fresh = made(builds(), fresh=True)["venv"]
    assert fresh.startswith(f"{first}-")
    assert sorted(os.listdir(shop.venvs)) == sorted([first, fresh])  # noqa: PTH208


@as_root
def test_a_newer_python_at_the_same_path_is_a_new_environment(
    builds: Builds, origin: Repository
) -> None:
    first = builds()
    before, after = (
        SimpleNamespace(
            find=lambda _request, version=version: Python(sys.executable, version, "system"),
            uv=first.interpreters.uv,
        )
        for version in ("3.12.3", "3.12.4")
    )
    old = made(builds(interpreters=before))["venv"]
    origin.commit("Sell more", **{"shop.py": "2"})
    build = builds(interpreters=after)
    assert made(build)["venv"] != old
    details = {step["name"]: step.get("detail") for step in build.steps.taken}
    assert details["packages"] == "uv.lock, new environment, Python 3.12.4 (system)"


@as_root
def test_a_commit_whose_files_are_kept_elsewhere_is_refused(
    builds: Builds, origin: Repository, shop: Instance
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n"
    commit = origin.commit("Show a film", **{"film.mp4": pointer})
    with pytest.raises(Failed) as caught:
        made(builds())
    assert str(caught.value).startswith(f"Commit {commit[:7]} keeps film.mp4 in git LFS, which")
    assert not os.listdir(shop.releases)  # noqa: PTH208


RECIPE = Recipe(">=3.12", "auto", "gunicorn==27.0.1")


@as_root
def test_build_commands_run_in_the_application_with_its_programs_and_no_secret(
    builds: Builds, origin: Repository, shop: Instance
) -> None:
    (origin.path / "web").mkdir()
    origin.commit("Move", **{"web/manage.py": "1"})
    command = "echo ${DEBUG-} ${KEY-none} $(command -v python) $(id -g) >built"
    build = builds(
        recipe=replace(RECIPE, path="web", commands=("mkdir static", command)),
        snapshot=Snapshot(shop, {"DEBUG": False}, {"KEY": "secret"}),
    )
    path = Path(shop.release(made(build)["id"]))
    assert (path / "web" / "static").is_dir()
    assert (path / "web" / "built").read_text().split() == [
        *("false", "none", str(path / ".venv" / "bin" / "python")),
        # Who reads what people may read of the instance, such as its .env.
        str(grp.getgrnam(shop.group).gr_gid),
    ]
    details = [step["detail"] for step in build.steps.taken if step["name"] == "build"]
    assert details == ["mkdir static", command]


@as_root
def test_a_build_command_that_fails_ends_the_build(builds: Builds, shop: Instance) -> None:
    commands = ("echo the yard is closed >&2; false", "touch never")
    with pytest.raises(Failed) as caught:
        made(builds(recipe=replace(RECIPE, commands=commands)))
    assert str(caught.value) == f"The build command `{commands[0]}` failed."
    assert caught.value.evidence == ["the yard is closed"]
    assert not os.listdir(shop.releases)  # noqa: PTH208


@as_root
def test_a_file_that_was_never_meant_to_be_imported_is_left_out(
    builds: Builds, origin: Repository
) -> None:
    origin.commit("Template", **{"template.py": "{{ name }} = (\n"})
    build = builds()
    made(build)
    assert "left out" in build.steps.taken[-1]["detail"]
    assert "template.py" in build.steps.taken[-1]["detail"]


def test_a_build_that_fails_leaves_nothing_behind(
    builds: Builds, shop: Instance, tmp_path: Path
) -> None:
    (tmp_path / "broken").touch()
    build = builds()
    with pytest.raises(Failed) as caught:
        made(build)
    assert str(caught.value) == "uv cannot install the packages of uv.lock."
    assert caught.value.evidence == ["no such package"]
    assert list(Path(shop.releases).iterdir()) == []
    assert list(Path(shop.venvs).iterdir()) == [], "half an environment fills the disk"
    assert releases.listing(shop) == []


def test_a_dry_run_finds_the_commit_and_makes_nothing(
    builds: Builds, origin: Repository, shop: Instance
) -> None:
    with builds().rehearsed(dry=True) as build:
        assert build.commit().hash == origin.git("rev-parse", "HEAD")
    assert list(Path(shop.releases).iterdir()) == []
    assert not Path(shop.repo).exists()


@pytest.mark.parametrize(
    ("is_first", "waiting", "detail"),
    [
        (True, ["shop.0001", "those of its packages"], "shop.0001, those of its packages"),
        (False, ["shop.0001"], "shop.0001"),
    ],
    ids=["of a first release", "of a next one"],
)
def test_a_dry_run_expects_the_migrations_that_the_code_brings(
    builds: Builds, origin: Repository, is_first: bool, waiting: list[str], detail: str
) -> None:
    live = {"commit": origin.git("rev-parse", "HEAD")}
    (origin.path / "shop" / "migrations").mkdir(parents=True)
    package = {"shop/migrations/__init__.py": "", "shop/migrations/0001.py": ""}
    commit = origin.commit("Rename boats", **package)
    with builds().rehearsed(dry=True) as build:
        assert build.commit().hash == commit
        assert build.expected(build.mirror.describe(commit), None if is_first else live) == waiting
        assert build.steps.taken[-1]["detail"] == detail


@pytest.mark.parametrize(("live", "waiting"), [("HEAD", []), ("f" * 40, ["shop.0001"])])
def test_a_dry_run_expects_no_migration_that_the_live_release_has_unless_it_is_lost(
    builds: Builds, origin: Repository, live: str, waiting: list[str]
) -> None:
    (origin.path / "shop" / "migrations").mkdir(parents=True)
    origin.commit("Begin", **{"shop/migrations/__init__.py": "", "shop/migrations/0001.py": ""})
    if live == "HEAD":
        live = origin.git("rev-parse", "HEAD")
    commit = origin.commit("Sell more")
    with builds().rehearsed(dry=True) as build:
        assert build.commit().hash == commit
        assert build.expected(build.mirror.describe(commit), {"commit": live}) == waiting
        assert build.steps.taken[-1]["detail"] == (", ".join(waiting) or "no migration waits")


COMMIT = Commit("3f2a1c9" + "0" * 33, "Sell boats", "Ada Lovelace")


@pytest.fixture
def live(shop: Instance, builds: Builds) -> releases.Record:
    """The record of a release that answers and is what a build of COMMIT would make."""
    build = builds()
    record = json.loads(json.dumps(build.record("first", COMMIT)))
    path = Path(shop.record("first", "environment"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('DEBUG="false"\nSLIPWAY_RELEASE="first"\n')
    return dict(record)


@pytest.fixture
def answers(shop: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A release in a slot that listens where the live release should."""
    monkeypatch.setattr(releases, "live_slot", lambda _instance: "blue")
    Path(shop.slot("blue")).symlink_to("../releases/first")
    Path(shop.current).symlink_to("releases/first")
    Path(shop.record("first", "activated")).parent.mkdir(parents=True, exist_ok=True)
    Path(shop.record("first", "activated")).touch()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        Path(shop.socket).symlink_to(tmp_path / "s")
        yield server


@pytest.mark.usefixtures("answers")
def test_what_answers_already_is_not_built_again(builds: Builds, live: releases.Record) -> None:
    assert builds().is_current(live, COMMIT)


@pytest.mark.usefixtures("answers")
@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("3.13", "auto", "gunicorn==27.0.1"),
        Recipe(">=3.12", "prod.txt", "gunicorn==27.0.1"),
        Recipe(">=3.12", "auto", "gunicorn==28"),
        Recipe(">=3.12", "auto", "gunicorn==27.0.1", path="apps/web"),
        Recipe(">=3.12", "auto", "gunicorn==27.0.1", groups=("prod",)),
        Recipe(">=3.12", "auto", "gunicorn==27.0.1", commands=("npm ci",)),
    ],
    ids=["Python", "requirements", "server", "directory", "group", "command"],
)
def test_another_recipe_makes_a_new_release(
    builds: Builds, live: releases.Record, recipe: Recipe
) -> None:
    assert not builds(recipe=recipe).is_current(live, COMMIT)


@pytest.mark.usefixtures("answers")
def test_another_commit_makes_a_new_release(builds: Builds, live: releases.Record) -> None:
    assert not builds().is_current(live, replace(COMMIT, hash="1" * 40))


@pytest.mark.usefixtures("answers")
def test_another_variable_makes_a_new_release(
    builds: Builds, live: releases.Record, shop: Instance
) -> None:
    debugging = Snapshot(shop, {"DEBUG": True}, {})
    assert not builds(snapshot=debugging).is_current(live, COMMIT)


def test_a_release_that_does_not_answer_is_made_anew(builds: Builds, live: releases.Record) -> None:
    assert not builds().is_current(live, COMMIT)


@pytest.mark.usefixtures("answers")
def test_without_a_live_release_one_is_made(builds: Builds) -> None:
    assert not builds().is_current(None, COMMIT)
