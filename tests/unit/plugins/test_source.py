"""The mirror of an application's repository, against real repositories."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.source import Commit, Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.repository import Repository

NO_COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Published:
    """A repository that has everything, and a mirror that has it too."""

    origin: Repository
    mirror: Mirror
    first: str
    tip: str


@pytest.fixture(scope="module")
def published(begun: Repository, tmp_path_factory: pytest.TempPathFactory, me: str) -> Published:
    """A repository that is only read."""
    path = tmp_path_factory.mktemp("published")
    origin = Repository(Path(shutil.copytree(begun.path, path / "origin")))
    first = origin.git("rev-parse", "HEAD")
    origin.git("tag", "main")
    tip = origin.commit("Sell boats: ☃ & <co>")
    for branch in ("release/1.0", "develop", "abcdef0"):
        origin.git("update-ref", f"refs/heads/{branch}", "HEAD")
    origin.git("tag", "v1")
    origin.git("tag", "--annotate", "--message", "One", "v1-annotated")
    origin.git("update-ref", "refs/pull/1/devel", "HEAD")
    mirror = Mirror(str(path / "repo.git"), str(origin.path), me)
    mirror.fetch()
    return Published(origin, mirror, first, tip)


LookUp = Callable[[Mirror, str], Commit]


def refusal(look_up: LookUp, mirror: Mirror, version: str) -> Failed:
    """The failure to look a version up."""
    with pytest.raises(Failed) as caught:
        look_up(mirror, version)
    return caught.value


def fetched(mirror: Mirror, version: str) -> Commit:
    """The commit of a version, after a fetch."""
    mirror.fetch()
    return mirror.resolve(version)


def previewed(mirror: Mirror, version: str) -> Commit:
    """The commit of a version, as a dry run finds it."""
    with mirror.preview() as preview:
        return fetched(preview, version)


each_way = pytest.mark.parametrize("look_up", [fetched, previewed])


@each_way
@pytest.mark.parametrize("version", ["main", "release/1.0", "v1", "v1-annotated", "abcdef0"])
def test_a_name_is_a_branch_or_else_a_tag(
    published: Published, version: str, look_up: LookUp
) -> None:
    found = look_up(published.mirror, version)
    assert found == Commit(published.tip, "Sell boats: ☃ & <co>", "Ada Lovelace")


@each_way
@pytest.mark.parametrize("length", [7, 12, 40])
def test_a_commit_may_be_abbreviated(published: Published, length: int, look_up: LookUp) -> None:
    found = look_up(published.mirror, published.first[:length])
    assert found == Commit(published.first, "Begin", "Ada Lovelace")


@each_way
def test_an_unknown_name_is_refused_with_the_nearest(published: Published, look_up: LookUp) -> None:
    failed = refusal(look_up, published.mirror, "devlop")
    assert str(failed) == (
        f"'devlop' is no branch, tag or commit of {published.origin.path}. Did you mean develop?"
    )
    (names,) = failed.evidence
    assert {"main,", "develop,", "release/1.0,"} < set(names.split()), names


@each_way
def test_where_nothing_is_near_the_branches_are_told(
    origin: Repository, mirror: Mirror, look_up: LookUp
) -> None:
    origin.git("branch", "--move", "trunk")
    failed = refusal(look_up, mirror, "main")
    assert str(failed) == (
        f"'main' is no branch, tag or commit of {origin.path}. Its branches: trunk."
    )


@each_way
def test_an_empty_repository_is_told_from_a_wrong_name(
    mirror: Mirror, tmp_path: Path, look_up: LookUp
) -> None:
    empty = tmp_path / "empty"
    subprocess.run(["git", "init", "--quiet", "--bare", empty], check=True)
    failed = refusal(look_up, Mirror(mirror.path, str(empty), mirror.user), "main")
    assert str(failed) == f"{empty} is empty: commit to it and push first."


def test_a_repository_that_moved_is_followed(
    origin: Repository, mirror: Mirror, tmp_path: Path
) -> None:
    origin.git("branch", "old")
    mirror.fetch()
    moved = Repository(Path(shutil.copytree(origin.path, tmp_path / "moved")))
    tip = moved.commit("Moved")
    moved.git("branch", "-D", "old")
    there = Mirror(mirror.path, f"file://{moved.path}", mirror.user)
    assert fetched(there, "main").hash == tip
    assert there.refs()["heads"] == ["main"]


@each_way
def test_what_is_neither_branch_nor_tag_is_not_offered(
    published: Published, look_up: LookUp
) -> None:
    assert "1/devel" not in " ".join(refusal(look_up, published.mirror, "1/deve").evidence)


@pytest.mark.parametrize("version", [NO_COMMIT, NO_COMMIT[:7], "HEAD", "--all", "main~1", ""])
def test_what_git_alone_would_understand_is_no_version(published: Published, version: str) -> None:
    failed = refusal(Mirror.resolve, published.mirror, version)
    assert str(failed).startswith(f"{version!r} is no branch, tag or commit")


def test_a_file_is_no_commit(published: Published) -> None:
    blob = published.origin.git("rev-parse", "HEAD:manage")
    assert "is no branch, tag or commit" in str(refusal(Mirror.resolve, published.mirror, blob))


@each_way
def test_a_repository_that_cannot_be_read_is_named_with_what_git_said(
    mirror: Mirror, tmp_path: Path, me: str, look_up: LookUp
) -> None:
    elsewhere = Mirror(mirror.path, str(tmp_path / "nowhere"), me)
    failed = refusal(look_up, elsewhere, "main")
    assert str(failed) == (
        f"The repository {tmp_path}/nowhere cannot be read from this host: check "
        f"django_repository, and that {me} on the host may read it."
    )
    assert "does not appear to be a git repository" in " ".join(failed.evidence)


def test_a_repository_that_stops_answering_leaves_the_mirror_as_it_was(
    origin: Repository, mirror: Mirror
) -> None:
    mirror.fetch()
    origin.path.rename(origin.path.with_name("moved"))
    with pytest.raises(Failed):
        mirror.fetch()
    assert mirror.resolve("main").subject == "Begin"


def test_a_branch_that_was_pushed_by_force_is_followed(origin: Repository, mirror: Mirror) -> None:
    mirror.fetch()
    origin.git("commit", "--quiet", "--amend", "--message", "Begin anew")
    assert fetched(mirror, "main").subject == "Begin anew"


def test_a_tag_that_was_moved_is_followed(origin: Repository, mirror: Mirror) -> None:
    origin.git("tag", "stable")
    mirror.fetch()
    tip = origin.commit("Later")
    origin.git("tag", "--force", "stable")
    assert fetched(mirror, "stable").hash == tip


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_a_name_that_was_deleted_is_unknown(origin: Repository, mirror: Mirror, kind: str) -> None:
    origin.git(kind, "old")
    mirror.fetch()
    origin.git(kind, "-d", "old")
    assert "'old' is no branch, tag or commit" in str(refusal(fetched, mirror, "old"))


def test_a_branch_may_take_the_place_of_a_directory_of_branches(
    origin: Repository, mirror: Mirror
) -> None:
    origin.git("branch", "feature/one")
    mirror.fetch()
    origin.git("branch", "-d", "feature/one")
    origin.git("branch", "feature")
    assert fetched(mirror, "feature").subject == "Begin"


def state(directory: Path) -> dict[Path, int]:
    """Every file below a directory and when it was changed."""
    return {path: path.lstat().st_mtime_ns for path in directory.rglob("*")}


@pytest.mark.parametrize("before", ["nothing", "an older fetch"])
def test_a_dry_run_leaves_the_mirror_as_it_is(
    origin: Repository, mirror: Mirror, before: str
) -> None:
    if before == "an older fetch":
        mirror.fetch()
    tip = origin.commit("Later")
    held = state(Path(mirror.path))
    with mirror.preview() as preview:
        assert fetched(preview, "main") == Commit(tip, "Later", "Ada Lovelace")
    assert state(Path(mirror.path)) == held
    assert not Path(preview.path).exists()


def test_a_dry_run_brings_only_what_the_mirror_has_not(origin: Repository, mirror: Mirror) -> None:
    mirror.fetch()
    origin.commit("Later", later="2")
    with mirror.preview() as preview:
        preview.fetch()
        brought = list(Path(preview.path, "objects").glob("??/*"))
    assert len(brought) == 3, "a commit, its directory and its file"


def test_a_dry_run_leaves_nothing_where_it_fails(mirror: Mirror, tmp_path: Path, me: str) -> None:
    elsewhere = Mirror(mirror.path, str(tmp_path / "nowhere"), me)
    with pytest.raises(Failed), elsewhere.preview() as preview:
        preview.fetch()
    assert not Path(preview.path).exists()


def test_a_dry_run_learns_no_host_s_key(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/words\nexit 1\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    remote = Mirror(mirror.path, "git@example.com:you/shop.git", mirror.user)
    with pytest.raises(Failed), remote.preview() as preview:
        preview.fetch()
    (files,) = re.findall(r"UserKnownHostsFile=(.*)", (tmp_path / "words").read_text())
    assert files.split() == ["/dev/null", "~/.ssh/known_hosts", "~/.ssh/known_hosts2"]


def test_migrations_are_told_by_their_files(origin: Repository, mirror: Mirror) -> None:
    for name in ("shop/migrations/", "apps/mail/migrations/", "alembic/migrations/"):
        (origin.path / name).mkdir(parents=True)
    packages = {f"{app}/migrations/__init__.py": "" for app in ("shop", "apps/mail")}
    numbers = ("shop/migrations/0001_initial", "apps/mail/migrations/0001_initial")
    others = ("shop/migrations/_helper", "alembic/migrations/0001_initial", "shop/0002_models")
    files = {f"{name}.py": "" for name in numbers + others}
    commit = origin.commit("Migrations", **packages, **files, **{"shop/migrations/0001.sql": ""})
    mirror.fetch()
    assert mirror.migrations(commit) == {"shop.0001_initial", "mail.0001_initial"}


def checked_out(mirror: Mirror, commit: str) -> Path:
    """A directory with the files of a commit."""
    mirror.fetch()
    path = Path(mirror.path).with_name("release")
    path.mkdir()
    mirror.check_out(commit, str(path))
    return path


def test_the_files_of_a_commit_are_checked_out_and_nothing_else(
    origin: Repository, mirror: Mirror
) -> None:
    (origin.path / "current").symlink_to("manage")
    origin.git("add", "current")
    first = origin.commit("One", größe="groß\r\n")
    origin.commit("Two", later="2")
    path = checked_out(mirror, first)
    assert sorted(file.name for file in path.iterdir()) == ["current", "größe", "manage"]
    assert (path / "größe").read_bytes() == "groß\r\n".encode()
    assert (path / "current").is_symlink()
    assert not list(path.parent.glob("release.*")), "git's index is left beside the release"


def test_strangers_cannot_read_the_code_and_programs_can_be_run(
    origin: Repository, mirror: Mirror
) -> None:
    (origin.path / "manage").chmod(0o755)
    path = checked_out(mirror, origin.commit("Run", manage="2", settings="1"))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()}
    assert modes == {"manage": 0o750, "settings": 0o640}


def test_submodules_are_refused_before_a_file_is_written(
    origin: Repository, mirror: Mirror
) -> None:
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{NO_COMMIT},vendor/library")
    commit = origin.commit("Vendor")
    mirror.fetch()
    path = Path(mirror.path).with_name("release")
    path.mkdir()
    with pytest.raises(Failed) as caught:
        mirror.check_out(commit, str(path))
    assert str(caught.value) == (
        f"Commit {commit[:7]} has git submodules, which Slipway does not deploy: vendor their "
        "files into the repository or install them as packages."
    )
    assert list(path.parent.glob("release*/*")) + list(path.parent.glob("release.*")) == []


def test_a_commit_that_the_live_one_came_after_is_older(origin: Repository, mirror: Mirror) -> None:
    first, second, third = (origin.commit(subject) for subject in ("One", "Two", "Three"))
    mirror.fetch()
    assert mirror.is_older(first, third)
    assert mirror.is_older(second, third)
    assert not mirror.is_older(third, second)
    assert not mirror.is_older(third, third)


def test_a_commit_of_another_branch_is_not_older(origin: Repository, mirror: Mirror) -> None:
    origin.git("branch", "other")
    live = origin.commit("Live")
    origin.git("checkout", "--quiet", "other")
    other = origin.commit("Other")
    origin.git("checkout", "--quiet", "--orphan", "rewritten")
    rewritten = origin.commit("All anew")
    mirror.fetch()
    assert not mirror.is_older(other, live)
    assert not mirror.is_older(rewritten, live)


@pytest.mark.parametrize("unknown", ["commit", "live"])
def test_of_a_commit_that_was_never_fetched_nothing_is_known(
    origin: Repository, mirror: Mirror, unknown: str
) -> None:
    known = origin.commit("Known")
    mirror.fetch()
    pair = (NO_COMMIT, known) if unknown == "commit" else (known, NO_COMMIT)
    assert not mirror.is_older(*pair)
