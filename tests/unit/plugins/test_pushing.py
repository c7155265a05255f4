"""Commits that the controller pushes: what is brought, what is refused, and what remains."""

import base64
import io
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsiblePromptNoninteractive
from ansible_collections.slipway.django.plugins.module_utils import (
    arguments,
    handoffs,
    release_code,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.pushed import Pushed, mirror_of
from ansible_collections.slipway.django.plugins.module_utils.source import Commit, Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.plugin_utils import pushing
from ansible_collections.slipway.django.plugins.plugin_utils.checkout import Checkout
from ansible_collections.slipway.django.plugins.plugin_utils.leased import ActionModule as Leased

from tests.unit.repository import Repository

Push = Callable[..., Pushed]
NO_COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def checkout(origin: Repository) -> Checkout:
    """The checkout of the person who deploys."""
    return Checkout(str(origin.path), str(origin.path), "")


@pytest.fixture
def push(checkout: Checkout, tmp_path: Path, me: str) -> Push:
    """Bring a version of the checkout to the mirror as the action and the module do."""

    def push(version: str = "main", bring: bytes | None = None) -> Pushed:
        commit = checkout.resolve(version).hash
        given = {"commit": commit, "ref": checkout.ref(version)}
        mirror = Pushed(str(tmp_path / "repo.git"), checkout.url, me, **given)
        lacks = mirror.lacks()
        if lacks is not None:
            pack = checkout.pack(commit, lacks) if bring is None else bring
            mirror = replace(mirror, pack=base64.b64encode(pack).decode())
        mirror.fetch()
        return mirror

    return push


def test_a_commit_and_all_of_its_history_is_brought(push: Push, origin: Repository) -> None:
    tip = origin.commit("Sell boats", boats="2")
    mirror = push()
    assert mirror.resolve("main") == Commit(tip, "Sell boats", "Ada Lovelace")
    problem = "It is not whole."
    assert mirror.git("rev-list", "--count", "main", problem=problem).strip() == "2"
    assert mirror.git("fsck", "--connectivity-only", problem=problem) == ""


def test_the_second_time_only_what_is_new_is_brought(
    push: Push, origin: Repository, checkout: Checkout
) -> None:
    origin.commit("Large", large=os.urandom(100_000).hex())
    first = push()
    tip = origin.commit("Small", small="1")
    lacks = replace(first, commit=tip, pack="").lacks()
    assert lacks == [first.commit]
    assert len(checkout.pack(tip, lacks)) < 1000 < len(checkout.pack(tip, []))
    assert push().commit == tip


def test_what_the_mirror_has_is_not_asked_for(push: Push, origin: Repository) -> None:
    first = push()
    origin.commit("Later")
    push()
    assert replace(first, pack="").lacks() is None


def test_a_mirror_that_has_other_commits_gets_what_it_lacks(
    push: Push, origin: Repository, checkout: Checkout
) -> None:
    push()
    assert checkout.pack(origin.commit("Later"), [NO_COMMIT])
    origin.git("checkout", "--quiet", "--orphan", "anew")
    tip = origin.commit("Anew")
    origin.git("branch", "--force", "main", tip)
    assert push().resolve("main").subject == "Anew"


@pytest.mark.parametrize("version", ["main", "v1", "v1-annotated", "HEAD", "a commit", "short"])
def test_a_version_is_a_branch_a_tag_a_commit_or_what_is_checked_out(
    push: Push, origin: Repository, version: str
) -> None:
    origin.git("tag", "v1")
    origin.git("tag", "--annotate", "--message", "One", "v1-annotated")
    tip = origin.git("rev-parse", "HEAD")
    named = {"a commit": tip, "short": tip[:7]}.get(version, version)
    mirror = push(named)
    assert mirror.resolve(named).hash == tip
    described = mirror.git("rev-parse", f"{named}^{{commit}}", problem="Nobody finds it again.")
    assert described.strip() == tip


def test_a_detached_checkout_of_a_pipeline_is_pushed(push: Push, origin: Repository) -> None:
    tip = origin.commit("Built")
    origin.git("checkout", "--quiet", "--detach")
    origin.git("branch", "-D", "main")
    assert push("HEAD").resolve("HEAD").hash == tip
    assert push(tip).resolve(tip).hash == tip


def test_a_branch_may_take_the_place_of_a_directory_of_branches(
    push: Push, origin: Repository
) -> None:
    origin.git("branch", "feature/one")
    push("feature/one")
    origin.git("branch", "-D", "feature/one")
    origin.git("branch", "feature")
    assert push("feature").refs()["heads"] == ["feature"]
    origin.git("branch", "-D", "feature")
    origin.git("branch", "feature/two")
    assert push("feature/two").refs()["heads"] == ["feature/two"]


def test_a_branch_that_went_back_is_followed_and_known_to_be_older(
    push: Push, origin: Repository
) -> None:
    first = origin.git("rev-parse", "HEAD")
    live = origin.commit("Later")
    push()
    origin.git("reset", "--quiet", "--hard", first)
    mirror = push()
    assert mirror.resolve("main").hash == first
    assert mirror.is_older(first, live)


def test_open_lines_of_the_notes_are_found_in_what_was_pushed(
    push: Push, origin: Repository
) -> None:
    live = push().commit
    (origin.path / "claude").mkdir()
    origin.commit("Notes", **{"claude/DEV_HANDOFF.md": "- [ ] env: SAIL\n"})
    assert handoffs.pending(push(), live, "main") == ["- [ ] env: SAIL"]


def test_half_a_pack_is_refused_and_leaves_nothing(
    push: Push, origin: Repository, checkout: Checkout
) -> None:
    first = push()
    tip = origin.commit("Later", later="1" * 1000)
    whole = checkout.pack(tip, [first.commit])
    with pytest.raises(Failed, match="What the controller pushed is not whole: deploy again"):
        push(bring=whole[:-30])
    assert first.git("rev-parse", "main", problem="-").strip() == first.commit
    assert not list(Path(first.path).rglob("tmp_*"))


def test_a_pack_without_its_history_is_refused(
    push: Push, origin: Repository, checkout: Checkout
) -> None:
    before = origin.commit("Before", before="1")
    tip = origin.commit("Later", later="1")
    with pytest.raises(Failed, match="is not whole"):
        push(bring=checkout.pack(tip, [before]))


def test_submodules_are_refused_like_fetched_ones(
    push: Push, origin: Repository, tmp_path: Path
) -> None:
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{NO_COMMIT},vendor/library")
    tip = origin.commit("Vendor")
    with pytest.raises(Failed, match=f"Commit {tip[:7]} has git submodules"):
        push().check_out(tip, str(tmp_path))


def test_what_git_lfs_keeps_elsewhere_is_refused_like_fetched_files(
    push: Push, origin: Repository, tmp_path: Path
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    tip = origin.commit("Film", film=pointer)
    path = tmp_path / "release"
    path.mkdir()
    push().check_out(tip, str(path))
    with pytest.raises(Failed, match=f"Commit {tip[:7]} keeps film in git LFS"):
        release_code.require_deployable(str(path), tip)


def state(directory: Path) -> dict[Path, int]:
    """Every file below a directory and when it was changed."""
    return {path: path.lstat().st_mtime_ns for path in directory.rglob("*")}


@pytest.mark.parametrize("before", ["nothing", "an older push"])
def test_a_dry_run_leaves_the_mirror_as_it_is(
    push: Push, origin: Repository, checkout: Checkout, mirror: Mirror, before: str
) -> None:
    if before == "an older push":
        push()
    tip = origin.commit("Later")
    held = state(Path(mirror.path))
    wanted = Pushed(mirror.path, mirror.url, mirror.user, commit=tip, ref="refs/heads/main")
    pack = checkout.pack(tip, wanted.lacks() or [])
    with replace(wanted, pack=base64.b64encode(pack).decode()).preview() as preview:
        preview.fetch()
        assert preview.resolve("main").hash == tip
    assert state(Path(mirror.path)) == held
    assert not Path(preview.path).exists()


def test_a_pack_may_follow_on_standard_input(
    checkout: Checkout, tmp_path: Path, me: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = checkout.resolve("main").hash
    feed = io.BytesIO(checkout.pack(commit, []))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=feed))
    mirror = Pushed(str(tmp_path / "repo.git"), checkout.url, me, commit=commit, pack="-")
    mirror.fetch()
    assert mirror.has()


def test_an_unknown_version_is_refused_with_the_nearest(
    origin: Repository, checkout: Checkout
) -> None:
    origin.git("branch", "develop")
    with pytest.raises(Failed) as caught:
        checkout.resolve("devlop")
    assert str(caught.value) == (
        f"'devlop' is no branch, tag or commit of {origin.path}. Did you mean develop? "
        "What is checked out is called HEAD (django_branch)."
    )


def test_a_branch_of_another_name_is_told(origin: Repository, checkout: Checkout) -> None:
    origin.git("branch", "--move", "trunk")
    with pytest.raises(Failed, match=r"'main' is no branch.*Its branches: trunk\."):
        checkout.resolve("main")


@pytest.mark.parametrize("version", ["main~1", "--all", "", "@{-1}"])
def test_what_git_alone_would_understand_is_no_version(checkout: Checkout, version: str) -> None:
    with pytest.raises(Failed, match="is no branch, tag or commit"):
        checkout.resolve(version)


def test_what_is_not_committed_is_told(origin: Repository, checkout: Checkout) -> None:
    tip = checkout.resolve("main").hash
    assert checkout.uncommitted(tip) == ""
    (origin.path / "manage").write_text("changed")
    assert checkout.uncommitted(tip) == "without 1 uncommitted change"
    (origin.path / "forgotten").touch()
    assert checkout.uncommitted(tip) == "without 2 uncommitted changes"
    assert checkout.uncommitted(NO_COMMIT) == "", "another commit is not what was changed"


def test_a_shallow_clone_is_refused(origin: Repository, tmp_path: Path) -> None:
    origin.commit("Later")
    origin.git("clone", "--quiet", "--depth=1", f"file://{origin.path}", str(tmp_path / "shallow"))
    with pytest.raises(Failed, match=r"is a shallow clone, .*git fetch --unshallow.*fetch-depth"):
        pushing.checkout_at(str(tmp_path / "shallow"))


@pytest.mark.parametrize("path", ["", "shop", "./shop"])
def test_a_path_that_depends_on_where_one_is_is_refused(path: str) -> None:
    with pytest.raises(Failed, match="must be the absolute path of a checkout on the machine"):
        pushing.checkout_at(path)


def test_what_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=f"django_checkout is {tmp_path}, which is no checkout"):
        pushing.checkout_at(str(tmp_path))


def test_a_hook_of_git_may_deploy(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    assert checkout.resolve("main").subject == "Begin"


class Fake(pushing.ActionModule):
    """The action with a module that gives the answers of a list, and notes what it was called."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.called: list[dict[str, Any]] = []
        self.tails: list[bytes] = []


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module is only noted."""

    def module(self: Fake, args: dict[str, Any], _vars: dict[str, Any]) -> dict[str, Any]:
        self.called.append(args)
        self.tails.append(self.tail)
        return self.answers.pop(0)

    monkeypatch.setattr(Leased, "module", module)


DONE = {"changed": True}


@pytest.mark.usefixtures("called")
def test_the_module_is_called_once_where_nothing_lacks(checkout: Checkout) -> None:
    action = Fake(DONE)
    args = {"source": "push", "checkout": checkout.path, "version": "main"}
    assert action.module(args, {}) == DONE
    (given,) = action.called
    commit = checkout.resolve("main").hash
    assert given["pushed"] == {"commit": commit, "ref": "refs/heads/main", "note": ""}
    assert action.tails == [b""]


@pytest.mark.usefixtures("called")
def test_what_lacks_is_brought_with_the_second_call(checkout: Checkout) -> None:
    action = Fake({"changed": False, "lacks": []}, DONE)
    assert action.module({"source": "push", "checkout": checkout.path, "version": "main"}, {})
    assert [args["pushed"].get("pack") for args in action.called] == [None, "-"]
    assert action.tails[1].startswith(b"PACK")
    assert action.tail == b""


@pytest.mark.usefixtures("called")
def test_a_server_that_fetches_by_itself_is_left_to_it() -> None:
    action = Fake(DONE)
    assert action.module({"source": "git", "version": "main"}, {}) == DONE
    assert action.called == [{"source": "git", "version": "main"}]


@pytest.mark.usefixtures("called")
def test_a_version_that_is_not_there_reaches_no_host(checkout: Checkout) -> None:
    action = Fake()
    said = action.module({"source": "push", "checkout": checkout.path, "version": "mian"}, {})
    assert said["failed"]
    assert said["msg"].startswith("'mian' is no branch, tag or commit")
    assert action.called == []


def test_where_ansible_packs_the_module_the_pack_is_an_argument(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed: list[dict[str, Any]] = []
    monkeypatch.setattr(Leased, "packed", lambda _self, args, _vars: packed.append(args) or DONE)
    action = Fake()
    action.tail = b"PACK"
    action.packed({"pushed": {"commit": NO_COMMIT, "pack": "-"}}, {})
    assert packed[0]["pushed"] == {"commit": NO_COMMIT, "pack": "UEFDSw=="}


PARAMS: dict[str, Any] = {
    **{name: option.get("default") for name, option in arguments.SOURCE.items()},
    "builder": "deploy",
}


def test_a_module_without_its_action_cannot_push(shop: Instance) -> None:
    with pytest.raises(Failed, match="Only the controller can push"):
        mirror_of(shop, {**PARAMS, "source": "push"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "django_repository must be set"),
        ({"repository": "https://a:b@c.d/x.git"}, "django_repository holds a name or password"),
    ],
)
def test_a_repository_that_cannot_be_is_refused_without_preflight_too(
    shop: Instance, given: dict[str, str], said: str
) -> None:
    with pytest.raises(Failed, match=said):
        mirror_of(shop, {**PARAMS, **given})


def test_a_module_reaches_a_repository_by_what_it_was_given(shop: Instance) -> None:
    given = {"repository": "git@example.com:x.git", "repository_host_keys": ["a ssh-rsa c"]}
    mirror = mirror_of(shop, {**PARAMS, **given})
    assert (mirror.url, mirror.access.host_keys) == ("git@example.com:x.git", ["a ssh-rsa c"])


class Asked:
    """A terminal at which somebody gives these answers, or none where there are none."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    def __call__(self) -> "Asked":
        """Ansible's display is one for all."""
        return self

    def prompt_until(self, question: str) -> bytes:
        """Answer."""
        self.questions.append(question)
        if not self.answers:
            raise AnsiblePromptNoninteractive("stdin is not interactive")
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("answers", "hosts", "runs"),
    [
        ([b"y", b"Yes\r", b"y"], 1, [[], ["one", "two"], ["one", "two", "three"]]),
        ([b"y", b"y", b"n"], 1, [[], ["one", "two"]]),
        ([b"y", b"n"], 1, [[]]),
        ([b""], 1, [[]]),
        ([], 1, [[]]),
        ([b"y", b"y"], 2, [[]]),
    ],
)
def test_who_sits_at_the_terminal_is_asked_whether_each_step_is_done(
    monkeypatch: pytest.MonkeyPatch, answers: list[bytes], hosts: int, runs: list[list[str]]
) -> None:
    given: list[list[str]] = []

    def module(_self: Leased, args: dict[str, Any], _variables: dict[str, Any]) -> dict[str, Any]:
        given.append(list(args.get("acknowledged", [])))
        # A step came while somebody saw to the others.
        asks = ["one", "two"] if len(given) == 1 else ["three"] if "three" not in given[-1] else []
        return {"failed": bool(asks), "asks": asks}

    monkeypatch.setattr(Leased, "module", module)
    terminal = Asked(*answers)
    monkeypatch.setattr(pushing, "Display", terminal)
    action = pushing.ActionModule.__new__(pushing.ActionModule)
    action.module({"source": "git"}, {"ansible_play_hosts_all": ["a", "b"][:hosts]})
    assert given == runs
    assert all("Is that done? [y/N]" in question for question in terminal.questions)
