"""Module build: when a release is made, what is refused, and the end of a run without one."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import maintenance, releases, requested
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.source import Commit, Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.modules import build

from tests.unit.plugins.conftest import FIRST, SECOND
from tests.unit.plugins.host import Host

COMMIT = Commit("3f2a1c9" + "0" * 33, "Sell boats", "Ada Lovelace")
PARAMS: dict[str, Any] = {
    **{
        "force": False,
        "allow_older": False,
        "acknowledge": False,
        "acknowledged": [],
        "disk_reserve": 200,
        "keep_failed": 2,
    },
    **{"promised": False, "timeout": 60, "static_days": 30},
    **{"superuser": {}, "superuser_password": ""},
    "serves": {"hostnames": ["dev.test"], "own_database": False},
}


class Run:
    """A run that has the lease until it gives it back."""

    ended = False

    def keep(self, step: str = "") -> None:
        """Nobody looks."""

    def end(self) -> None:
        """Note it."""
        self.ended = True

    def event(self) -> dict[str, Any]:
        """What the history tells."""
        return {}


@dataclass
class Bench:
    """What module build finds and does, on a host where the first release answers."""

    host: Host
    run: Run = field(default_factory=Run)
    done: list[str] = field(default_factory=list)
    current: bool = False
    older: bool = False
    nameless: bool = False
    waiting: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    served: Any = None
    mirror: Mirror = field(default_factory=lambda: Mirror("", "", ""))
    own_database: bool = False
    untidy: bool = False
    manual: bool = False
    handoffs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def instance(self) -> Instance:
        """The instance that is released."""
        return self.host.instance

    @property
    def snapshot(self) -> Any:
        """The variables, and whether their files are to be put right."""
        own = {"DATABASE_URL": "Doppler" if self.own_database else "Slipway"}
        return SimpleNamespace(sources=lambda: own, keep=lambda _dry: self.untidy)

    @property
    def steps(self) -> Steps:
        """The steps of the run."""
        return self.taken

    def __post_init__(self) -> None:
        self.taken = Steps(self.run)

    @contextmanager
    def rehearsed(self, dry: bool) -> Iterator["Bench"]:
        """Leave the mirror as it is."""
        self.done += ["look"] if dry else []
        yield self

    def commit(self) -> Commit:
        """Fetch."""
        self.done.append("fetch")
        return COMMIT

    def expected(self, _commit: Commit, _live: object) -> list[str]:
        """Guess."""
        return self.waiting

    def is_current(self, _live: object, _commit: Commit) -> bool:
        """Compare."""
        return self.current

    @property
    def pending(self) -> Any:
        """The hand-off."""
        return SimpleNamespace(told=lambda: self.handoffs)

    def gate(self, build: "Bench", commit: Commit, live: dict[str, Any]) -> "Bench":
        """The gate before a commit."""
        assert (build, commit, live["id"]) == (self, COMMIT, FIRST)
        return self

    def require(self, params: dict[str, Any], dry: bool) -> None:
        """Guard against an older commit, and the rest."""
        if self.older and not params["allow_older"]:
            raise Failed("It is older.")
        if self.nameless:
            raise Failed("A variable has no value.")
        if self.manual and not (params["acknowledge"] or dry):
            raise Failed("Somebody is to see to it.", asks=["- [ ] manual: paint"])
        self.done.append(f"{params['disk_reserve']} MB")

    def record(self, release: str, commit: Commit) -> dict[str, Any]:
        """What is kept of a release."""
        return {"id": release, "commit": commit.hash}

    def make(self, commit: Commit, fresh: bool) -> dict[str, Any]:
        """Make a release."""
        self.done.append("make anew" if fresh else "make")
        return self.record(SECOND, commit)

    def manage(
        self,
        instance: Instance,
        params: dict[str, Any],
        release: str,
        steps: Steps,
        sources: dict[str, str],
    ) -> Callable[..., Any]:
        """Django's commands of a release."""
        commands = requested.manage_of(instance, params, release, steps, sources)
        assert (commands.timeout, commands.static_days, steps) == (60, 30, self.taken)
        self.served = commands.served

        def take(*names: str) -> dict[str, Any]:
            self.done.append(f"{' '.join(names)} of {release}")
            warned = [("shop.W001", "Mind the gap. It is wide.")]
            return {"waiting": self.waiting, "lacking": self.lacking, "warned": warned}

        return take

    def perform(self, dry: bool = False, **differences: object) -> dict[str, Any]:
        """What the module comes to."""
        return build.perform({**PARAMS, **differences}, dry, self.taken)


@pytest.fixture
def bench(serving: Host, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bench that the module builds on."""
    bench = Bench(serving)
    monkeypatch.setattr(build, "build_of", lambda *_given: bench)
    monkeypatch.setattr(build, "manage_of", bench.manage)
    monkeypatch.setattr(build, "Gate", bench.gate)
    return bench


def test_a_release_is_made_and_proved_with_one_boot_of_django(bench: Bench) -> None:
    result = bench.perform()
    assert bench.done == ["fetch", "200 MB", "make", f"check settings plan collect of {SECOND}"]
    assert (result["changed"], result["needed"], result["waiting"]) == (True, True, [])
    assert (result["release"]["id"], result["live"]["id"]) == (SECOND, FIRST)
    assert not bench.run.ended


@pytest.mark.parametrize(("dry", "acknowledge"), [(True, False), (False, True)])
def test_manual_steps_stop_a_deploy_that_nobody_saw_to_and_no_dry_run(
    bench: Bench, dry: bool, acknowledge: bool
) -> None:
    bench.manual = True
    with pytest.raises(Failed, match="Somebody is to see to it"):
        bench.perform()
    assert bench.done == ["fetch"]
    bench.perform(dry, acknowledge=acknowledge)
    assert "200 MB" in bench.done


def test_the_hand_off_that_a_release_brings_is_told(bench: Bench) -> None:
    bench.handoffs = [{"title": "2026-11-21 Cargo"}]
    assert bench.perform()["handoffs"] == bench.handoffs
    assert bench.perform(dry=True)["handoffs"] == bench.handoffs
    bench.current = True
    assert bench.perform()["handoffs"] == []


def test_what_django_warns_of_is_told(bench: Bench) -> None:
    assert bench.perform()["check_warnings"] == ["shop.W001 Mind the gap."]


@pytest.mark.parametrize("own", [False, True])
def test_the_settings_are_held_against_the_instance(bench: Bench, own: bool) -> None:
    bench.perform(serves={"hostnames": ["dev.test"], "own_database": own})
    shop = bench.instance
    assert bench.served["hostnames"] == ["dev.test"]
    assert (bench.served["static_root"], bench.served["media_root"]) == (shop.static, shop.media)
    assert bench.served["database"] == ("" if own else shop.database)


def test_a_database_that_a_backend_names_is_the_application_s_own(bench: Bench) -> None:
    bench.own_database = True
    bench.perform()
    assert bench.served["database"] == ""


def test_files_of_variables_are_put_right_without_a_release(bench: Bench) -> None:
    bench.current = bench.untidy = True
    result = bench.perform()
    assert (result["changed"], result["needed"]) == (True, False)


def test_the_migrations_that_wait_are_told(bench: Bench) -> None:
    bench.waiting = ["shop.0002"]
    assert bench.perform()["waiting"] == ["shop.0002"]


def test_check_mode_asks_and_makes_nothing(bench: Bench) -> None:
    bench.waiting = ["shop.0002"]
    result = bench.perform(dry=True)
    assert bench.done == ["look", "fetch", "200 MB"]
    assert (result["needed"], result["release"]["id"]) == (True, "")
    assert result["waiting"] == ["shop.0002"]


@pytest.mark.parametrize(("dry", "promised"), [(True, False), (False, True)])
def test_a_host_that_is_not_provisioned_is_refused(
    tmp_path: Path, dry: bool, promised: bool
) -> None:
    params = {**PARAMS, "project": "shop", "env": "dev", "root": str(tmp_path)}
    with pytest.raises(Failed, match="shop_dev is not set up on this host: run `invoke provision"):
        build.perform({**params, "builder": "deploy", "promised": promised}, dry, Steps())


def test_check_mode_counts_on_what_an_earlier_task_promised(tmp_path: Path) -> None:
    params = {"project": "shop", "env": "dev", "root": str(tmp_path), "version": "main"}
    result = build.perform({**PARAMS, **params, "promised": True}, True, Steps())
    assert (result["changed"], result["needed"], result["release"]["commit"]) == (True, True, "")
    assert result["waiting"]


def test_what_is_live_already_is_left_alone_and_ends_the_run(bench: Bench) -> None:
    bench.current = True
    result = bench.perform()
    assert bench.done == ["fetch"]
    assert (result["changed"], result["needed"], result["release"]["id"]) == (False, False, FIRST)
    assert bench.run.ended


@pytest.mark.parametrize("current", [True, False])
def test_it_is_told_that_the_site_is_closed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, current: bool
) -> None:
    bench.current = current
    closed = {"since": "2026-11-22T10:30:00Z", "who": "ada"}
    monkeypatch.setattr(maintenance, "standing", lambda _instance: closed)
    assert bench.perform()["maintenance"] == closed


def test_it_is_made_anew_where_somebody_insists(bench: Bench) -> None:
    bench.current = True
    bench.perform(force=True)
    assert "make anew" in bench.done


def test_an_older_commit_is_refused_before_anything_is_made(bench: Bench) -> None:
    bench.older = True
    with pytest.raises(Failed, match="It is older"):
        bench.perform()
    assert bench.done == ["fetch"]


@pytest.mark.parametrize("dry", [False, True])
def test_a_variable_without_a_value_stops_it_before_anything_is_made(
    bench: Bench, dry: bool
) -> None:
    bench.nameless = True
    with pytest.raises(Failed, match="has no value"):
        bench.perform(dry=dry)
    assert "make" not in bench.done


def test_an_older_commit_is_released_where_somebody_insists(bench: Bench) -> None:
    bench.older = True
    bench.perform(allow_older=True)
    assert "make" in bench.done


@pytest.fixture
def left(bench: Bench) -> Bench:
    """A host whose live release is wanted, where a killed run left another one in a slot."""
    bench.current = True
    bench.host.make("20261125T101500Z-3f2a1c9")
    bench.host.make(SECOND)
    slot = Path(bench.instance.slot("green"))
    slot.symlink_to(f"../releases/{SECOND}")
    subprocess.run(["systemctl", "start", bench.instance.slot_unit("green")], check=True)
    return bench


def test_what_a_killed_run_left_goes_even_where_nothing_is_released(left: Bench) -> None:
    assert left.perform()["changed"]
    assert left.host.running() == ["blue"]
    assert [step["name"] for step in left.taken.taken] == ["clear", "stop"]
    names = [record["id"] for record in releases.listing(left.instance)]
    assert names == [FIRST, SECOND], "what a slot names stays, other leftovers go"
    assert not left.perform()["changed"]


def test_check_mode_tells_of_it_and_leaves_it(left: Bench) -> None:
    assert left.perform(dry=True)["changed"]
    assert [step["name"] for step in left.taken.taken] == ["clear", "stop"]
    assert left.host.running() == ["blue", "green"]
    assert len(releases.listing(left.instance)) == 3
