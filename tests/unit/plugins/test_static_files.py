"""Which static files are collected, kept and removed by age, inside a release and for it."""

import json
import os
import time
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import aging, releases
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage

from tests.unit.plugins.conftest import FIRST, Release
from tests.unit.plugins.host import go_live


@pytest.fixture
def old_file(manage: Manage, release: Release) -> Path:
    """A file that no release has wanted for long; the first release is live and wants others."""
    instance = manage.instance
    go_live(instance, release(FIRST, proven=True))
    Path(instance.record(FIRST, "static.json")).write_text("[]")
    path = Path(instance.static, "ship.0a1b.css")
    path.touch()
    os.utime(path, (0, 0))
    return path


def test_files_that_no_release_has_wanted_for_long_go(manage: Manage, old_file: Path) -> None:
    manage("collect")
    assert manage.steps.taken[0]["detail"] == "2 files copied, 1 aged out"
    assert not old_file.exists()


def test_files_that_another_release_wants_stay(manage: Manage, old_file: Path) -> None:
    Path(manage.instance.record(FIRST, "static.json")).write_text(json.dumps([old_file.name]))
    manage("collect")
    assert old_file.exists()


def test_while_a_release_that_answered_has_no_list_every_file_stays(
    manage: Manage, old_file: Path
) -> None:
    Path(manage.instance.record(FIRST, "static.json")).unlink()
    manage("collect")
    assert old_file.exists()


def test_a_release_that_failed_before_it_had_files_keeps_none(
    manage: Manage, old_file: Path, release: Release
) -> None:
    failed = release("20261120T101500Z-3f2a1c9")
    releases.mark_failed(manage.instance, failed, {"step": "check", "reason": "no setting"})
    manage("collect")
    assert not old_file.exists()


def put(root: Path, *names: str, age: float = 0) -> None:
    """Lay files below a directory, whose age is so many seconds."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (time.time() - age,) * 2)


def left(root: Path) -> set[str]:
    """The files below a directory."""
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_files_that_nobody_wants_go_once_they_are_old(tmp_path: Path) -> None:
    put(tmp_path, "css/old.css", "css/wanted.css", age=100)
    put(tmp_path, "css/new.css", age=10)
    assert aging.age(str(tmp_path), {"css/wanted.css"}, time.time() - 50) == 1
    assert left(tmp_path) == {"css/wanted.css", "css/new.css"}


def test_a_compressed_copy_lives_as_long_as_what_it_is_a_copy_of(tmp_path: Path) -> None:
    put(tmp_path, "a.css", "a.css.gz", "a.css.br", "b.css.gz", "b.css.br", "a.css.map", age=100)
    aging.age(str(tmp_path), {"a.css"}, time.time() - 50)
    assert left(tmp_path) == {"a.css", "a.css.gz", "a.css.br"}


def test_a_file_that_is_wanted_though_it_is_compressed_stays(tmp_path: Path) -> None:
    put(tmp_path, "archive.gz", age=100)
    aging.age(str(tmp_path), {"archive.gz"}, time.time() - 50)
    assert left(tmp_path) == {"archive.gz"}


def test_a_link_is_as_old_as_itself(tmp_path: Path) -> None:
    (tmp_path / "gone.css").symlink_to("/nowhere")
    assert aging.age(str(tmp_path), set(), time.time() - 50) == 0
    assert aging.age(str(tmp_path), set(), time.time() + 50) == 1


def test_the_age_of_what_is_wanted_now_begins_now_and_what_is_gone_does_not_matter(
    tmp_path: Path,
) -> None:
    put(tmp_path, "live.css", "live.css.gz", "live.css.br", "other.css", age=100)
    aging.touch(str(tmp_path), {"live.css", "gone.css"})
    aging.age(str(tmp_path), set(), time.time() - 50)
    assert left(tmp_path) == {"live.css", "live.css.gz", "live.css.br"}


def test_the_age_of_the_live_release_s_files_begins_when_the_next_one_is_collected(
    manage: Manage, old_file: Path
) -> None:
    Path(manage.instance.record(FIRST, "static.json")).write_text(json.dumps([old_file.name]))
    manage("collect")
    assert time.time() - old_file.stat().st_mtime < 60


@pytest.mark.parametrize(("text", "names"), [('["a", "b"]', {"a", "b"}), ("{", set())])
def test_a_list_is_read_and_one_that_was_cut_short_is_none(
    tmp_path: Path, text: str, names: set[str]
) -> None:
    (tmp_path / "static.json").write_text(text)
    assert aging.listed(str(tmp_path / "static.json")) == names


def test_where_there_is_no_list_there_are_no_names(tmp_path: Path) -> None:
    assert aging.listed(str(tmp_path / "static.json")) == set()
