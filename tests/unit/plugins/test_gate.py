"""What stops a deploy before anything is built."""

import re
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import kept_files
from ansible_collections.slipway.django.plugins.module_utils.building import Build
from ansible_collections.slipway.django.plugins.module_utils.gate import Gate
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.interpreters import Interpreters
from ansible_collections.slipway.django.plugins.module_utils.layers import Layer
from ansible_collections.slipway.django.plugins.module_utils.pyenv import Pyenv
from ansible_collections.slipway.django.plugins.module_utils.recipe import Recipe
from ansible_collections.slipway.django.plugins.module_utils.snapshot import Snapshot
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.module_utils.uv import Uv

from tests.unit.repository import Repository

Builds = Callable[..., Build]
LIVE = """\
# Hand-off

## Local → Dev/Prod

### 2026-11-20 Boats

- [ ] manual: paint the boat — dev, prod: blue
"""
NEXT = LIVE.replace(
    "### 2026-11-20",
    """### 2026-11-21 Cargo

Cargo comes by sea.

- [ ] manual: open the port — dev: with the key
- [ ] manual: tell the harbour — prod: by mail
- [x] manual: sweep the deck
- [ ] test: carry something

### 2026-11-20""",
)


@pytest.fixture
def builds(shop: Instance, origin: Repository, mirror: Mirror, me: str) -> Builds:
    """A build of the branch main, or one that differs from it, whose mirror is not fetched."""
    origin.commit("Sell boats")

    def build(**differences: Any) -> Build:
        pyenv = Pyenv("", "", {}, me, "/nonexistent")
        given = Build(
            instance=shop,
            version="main",
            builder=me,
            mirror=mirror,
            interpreters=Interpreters(Uv("uv", me, {}), "auto", pyenv),
            recipe=Recipe(">=3.12", "auto", "gunicorn==27.0.1"),
            snapshot=Snapshot(shop, {"DEBUG": False}, {}),
            who="ada",
            steps=Steps(),
        )
        return replace(given, **differences)

    return build


def gate(build: Build, commit: str, live: str = "") -> Gate:
    """The gate before a commit, while another one is live."""
    build.mirror.fetch()
    return Gate(build, build.mirror.describe(commit), {"commit": live} if live else None)


def test_a_commit_that_the_live_one_came_after_is_refused(
    builds: Builds, origin: Repository
) -> None:
    tip = origin.commit("Newest")
    build = builds(version="main~1")
    older = gate(build, "main~1", tip)
    with pytest.raises(Failed) as caught:
        older.require_newer()
    assert str(caught.value) == (
        f"{older.commit.hash[:7]} (main~1) is older than {tip[:7]}, which is live: deploy that or "
        "a newer one, go back with `invoke rollback`, or insist with --allow-older "
        "(django_allow_older)."
    )
    gate(build, "main", tip).require_newer()
    gate(build, "main~1").require_newer()


@pytest.mark.parametrize(("free", "refused"), [(199, True), (200, False)])
def test_without_space_for_a_release_none_is_begun(
    builds: Builds, monkeypatch: pytest.MonkeyPatch, free: int, refused: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free * 2**20))
    build = builds()
    sentence = (
        f"Only 199 MB are free on {build.instance.releases}: remove something, or set "
        "django_disk_reserve_mb, which asks for 200."
    )
    expected = pytest.raises(Failed, match=re.escape(sentence)) if refused else nullcontext()
    with expected:
        gate(build, "main").require_space(200)


@pytest.mark.parametrize(
    ("secrets", "refused"),
    [
        ({}, ["MAIL_KEY", "STRIPE_KEY"]),
        ({"STRIPE_KEY": "k", "MAIL_KEY": "k"}, []),
        ({"STRIPE_KEY": "", "MAIL_KEY": "k"}, ["STRIPE_KEY"]),
    ],
)
def test_variables_that_a_commit_needs_must_have_a_value(
    builds: Builds,
    origin: Repository,
    shop: Instance,
    secrets: dict[str, str],
    refused: list[str],
) -> None:
    names = ("STRIPE_KEY", "AWS_KEY", "MAIL_KEY", "GIVEN")
    settings = "\n".join(["import os", *(f"os.environ[{name!r}]" for name in names)])
    commit = origin.commit("Take money", **{"own.py": settings})
    snapshot = Snapshot(shop, {"GIVEN": "1"}, secrets)
    build = builds(snapshot=snapshot, settings="own", optional=("AWS_*",))
    if not refused:
        gate(build, commit).require_names()
        assert build.steps.taken[-1]["detail"] == "4 required"
        return
    with pytest.raises(Failed, match=r"`invoke env\.set dev NAME`, or in") as caught:
        gate(build, commit, origin.git("rev-parse", "HEAD~1")).require_names()
    assert [line.partition(":")[0] for line in caught.value.evidence] == refused


def test_what_the_service_itself_asks_for_has_a_value_too(
    builds: Builds, origin: Repository, shop: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = origin.commit("Take money", **{"own.py": "import os\nos.environ['STRIPE_KEY']\n"})
    elsewhere = Layer("Doppler", {"STRIPE_KEY": "k"}, True, elsewhere=True)
    backend = kept_files.Ours(shop)
    monkeypatch.setattr(kept_files.Ours, "layers", lambda *_given: [elsewhere])
    snapshot = Snapshot(shop, {}, {}, backend=backend)
    build = builds(snapshot=snapshot, settings="own")
    gate(build, commit).require_names()
    assert build.steps.taken[-1]["detail"] == "1 required"


def handed(origin: Repository, notes: str) -> str:
    """Commit hand-off notes; the commit."""
    (origin.path / "claude").mkdir(exist_ok=True)
    return origin.commit("Hand off", **{"claude/DEV_HANDOFF.md": notes})


def test_manual_steps_that_the_environment_has_not_had_are_asked_for(
    builds: Builds, origin: Repository
) -> None:
    live, new = handed(origin, LIVE), handed(origin, NEXT)
    with pytest.raises(Failed) as caught:
        gate(builds(), new, live).require_steps(everything=False, acknowledged=(), dry=False)
    assert str(caught.value) == (
        "The hand-off notes have 1 manual step that dev has not had: see to each (`invoke handoff "
        "dev` tells all of the notes), then deploy with --ack (django_acknowledge)."
    )
    assert caught.value.asks == ["- [ ] manual: open the port — dev: with the key"]
    assert caught.value.evidence == caught.value.asks


def test_the_first_release_has_had_no_step(builds: Builds, origin: Repository) -> None:
    with pytest.raises(Failed, match="have 2 manual steps") as caught:
        gate(builds(), handed(origin, NEXT)).require_steps(
            everything=False, acknowledged=(), dry=False
        )
    assert len(caught.value.asks) == len(["port", "boat"])


def test_steps_that_somebody_has_seen_to_stop_nothing(builds: Builds, origin: Repository) -> None:
    build = builds()
    gate(build, handed(origin, NEXT)).require_steps(everything=True, acknowledged=(), dry=False)
    assert build.steps.taken[-1]["detail"] == "2 manual steps acknowledged"


def test_what_is_asked_of_a_deploy_lets_it_through(builds: Builds, origin: Repository) -> None:
    older, tip = handed(origin, NEXT), origin.commit("Newest")
    asked = {"allow_older": True, "acknowledge": True, "acknowledged": [], "disk_reserve": 0}
    one = gate(builds(), older, tip)
    one.require(asked, dry=False)
    one.require({**asked, "acknowledge": False}, dry=True)
    with pytest.raises(Failed, match="is older than"):
        one.require({**asked, "allow_older": False}, dry=False)
    with pytest.raises(Failed, match="asks for 999999999"):
        one.require({**asked, "disk_reserve": 999999999}, dry=False)
    with pytest.raises(Failed, match="manual step"):
        gate(builds(), older).require({**asked, "acknowledge": False}, dry=False)


def test_without_manual_steps_nobody_is_asked(builds: Builds, origin: Repository) -> None:
    build = builds()
    new = handed(origin, NEXT)
    gate(build, new, new).require_steps(everything=False, acknowledged=(), dry=False)
    gate(build, origin.commit("More"), new).require_steps(
        everything=False, acknowledged=(), dry=False
    )
    assert build.steps.taken == []


def test_steps_that_came_after_those_that_somebody_saw_to_are_asked_for(
    builds: Builds, origin: Repository
) -> None:
    seen = "- [ ] manual: open the port — dev: with the key"
    with pytest.raises(Failed) as caught:
        gate(builds(), handed(origin, NEXT)).require_steps(
            everything=False, acknowledged=[seen], dry=False
        )
    assert caught.value.asks == ["- [ ] manual: paint the boat — dev, prod: blue"]


def test_a_dry_run_tells_of_steps_and_the_own_machine_asks_for_none(
    builds: Builds, origin: Repository, shop: Instance
) -> None:
    build = builds()
    new = handed(origin, NEXT)
    gate(build, new).require_steps(everything=False, acknowledged=(), dry=True)
    assert build.steps.taken[-1]["detail"] == "2 manual steps to see to"
    own = builds(instance=replace(shop, env="local"), steps=Steps())
    gate(own, new).require_steps(everything=False, acknowledged=(), dry=False)
    assert own.steps.taken == []
