"""What people are shown of an instance: its releases, unit, log, lease and hand-offs."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import (
    leasing,
    maintenance,
    overview,
    releases,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.modules import instance_info

from tests.unit.plugins.conftest import FIRST, SECOND, Release
from tests.unit.plugins.host import go_live
from tests.unit.repository import Repository

FAILED, KILLED = "20261123T101500Z-3f2a1c9", "20261124T101500Z-3f2a1c9"
LOOK = {"events": 5, "sizes": False, "version": "", "builder": "deploy"}

Info = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _leases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leasing, "DIRECTORY", str(tmp_path / "slipway"))


def named(shop: Instance, **params: object) -> dict[str, Any]:
    """The arguments that name the instance, and more."""
    return {"project": "shop", "env": "dev", "root": shop.root, **params}


@pytest.fixture
def live(shop: Instance, release: Release) -> Instance:
    """An instance whose second release is live, in the slot green; a later one failed, another
    one was left by a killed run."""
    release(FIRST, proven=True)
    go_live(shop, release(SECOND, proven=True), "green")
    releases.mark_failed(shop, release(FAILED), {"step": "ask", "reason": "It was slow."})
    release(KILLED)
    return shop


@pytest.fixture
def info(shop: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Info:
    """Look at the instance on a host whose systemd says so."""
    (tmp_path / "programs").mkdir()
    started = int((leasing.clock() - 3725) * 1e6)
    said = {
        "systemctl": f"ActiveState=active\nActiveEnterTimestampMonotonic={started}\nNRestarts=2\n",
        "journalctl": '{"MESSAGE": "GET /"}\n',
    }
    for name, text in said.items():
        program = tmp_path / "programs" / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/asked\ncat <<END\n{text}END\n'
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}:{os.environ['PATH']}")

    def look(**differences: object) -> dict[str, Any]:
        return instance_info.perform({**named(shop), **LOOK, **differences}, False, Steps())

    return look


@pytest.mark.usefixtures("live")
def test_the_status_tells_what_is_live(info: Info) -> None:
    found = info()
    assert (found["changed"], found["live"], found["slot"]) == (False, SECOND, "green")
    assert found["unit"].pop("uptime").startswith("1:02:0")
    assert found["unit"] == {"state": "active", "restarts": 2, "memory": 0}
    assert found["disk_free_bytes"] > 0


@pytest.mark.usefixtures("live")
def test_each_release_is_marked_with_what_people_look_for_first(info: Info) -> None:
    found = info()["releases"]
    marks = {record["id"]: record["mark"] for record in found}
    assert marks == {FIRST: "previous", SECOND: "live", FAILED: "failed", KILLED: "never answered"}
    assert [record["why"]["reason"] for record in found if record["why"]] == ["It was slow."]


def test_an_old_release_that_answered_once_needs_no_mark(
    live: Instance, info: Info, release: Release
) -> None:
    release("20261120T101500Z-3f2a1c9", proven=True)
    assert info()["releases"][0]["mark"] == ""


def test_releases_are_measured_only_where_that_is_asked_for(live: Instance, info: Info) -> None:
    Path(live.release(FIRST), "large").write_bytes(b"x" * 3 * 2**20)
    assert "megabytes" not in info()["releases"][0]
    assert info(sizes=True)["releases"][0]["megabytes"] in (3, 4)


@pytest.mark.usefixtures("live")
def test_the_status_tells_who_changes_the_instance_just_now(info: Info) -> None:
    terms = leasing.Terms("ada/1", "ada", "deploy", 60, 0, begins=True, ends=False, gone="")
    assert info()["lease"] == {}
    with leasing.Lease("shop_dev", terms).held() as lease:
        lease.keep("migrate")
        found = info()["lease"]
    assert (found["who"], found["action"], found["step"]) == ("ada", "deploy", "migrate")


@pytest.mark.usefixtures("live")
def test_the_status_tells_who_closed_the_site(info: Info, monkeypatch: pytest.MonkeyPatch) -> None:
    assert info()["maintenance"] == {}
    closed = {"since": "2026-11-22T10:30:00Z", "who": "ada"}
    monkeypatch.setattr(maintenance, "standing", lambda _instance: closed)
    assert info()["maintenance"] == closed


def test_the_status_tells_the_newest_events(live: Instance, info: Info) -> None:
    for result in ("failed", "live"):
        releases.record_event(live, {"result": result})
    assert [event["result"] for event in info(events=1)["events"]] == ["live"]


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("state", "told"),
    [
        (None, "the timer has not asked yet"),
        ("{", "the timer has not asked yet"),
        ({"checked": 0, "said": "no release yet"}, "NOT ASKED for "),
        ({"checked": "0", "said": "no release yet"}, "the timer has not asked yet"),
        ({"checked": 0, "said": None}, "the timer has not asked yet"),
        ({"checked": 9e9, "said": "well", "state": "well"}, "the timer has not asked yet"),
        ({"checked": 9e9, "said": "no release yet"}, "no release yet (asked every 5 s)"),
    ],
)
def test_the_health_that_a_timer_asks_for_is_told(
    info: Info, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: object, told: str
) -> None:
    for name in ("UNITS", "STATES", "CONFIGURATIONS"):
        monkeypatch.setattr(overview, name, str(tmp_path / name))
    assert info()["health"] == {}
    for path in ("UNITS/timers.target.wants", "STATES/shop_dev-health", "CONFIGURATIONS"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "UNITS/timers.target.wants/shop_dev-health.timer").symlink_to("nowhere")
    (tmp_path / "CONFIGURATIONS/shop_dev-health.json").write_text('{"interval": 5}')
    if state:
        text = state if isinstance(state, str) else json.dumps(state)
        (tmp_path / "STATES/shop_dev-health/state.json").write_text(text)
    assert info()["health"]["told"].startswith(told)


def test_the_status_before_the_first_release_is_empty(info: Info) -> None:
    found = info()
    assert (found["live"], found["slot"], found["unit"], found["releases"]) == ("", "", {}, [])


def test_the_status_of_a_host_without_the_instance_says_what_to_do(info: Info) -> None:
    with pytest.raises(Failed, match="shop_prod is not set up on this host"):
        info(env="prod")


@pytest.fixture
def noted(live: Instance, origin: Repository, me: str) -> Repository:
    """A repository whose live commit holds one open hand-off line."""
    (origin.path / "claude").mkdir()
    notes = {"claude/DEV_HANDOFF.md": "# Notes\n- [ ] Set EMAIL_HOST\n- [x] Done\n"}
    commit = origin.commit("Live", **notes)
    record = {"id": SECOND, "commit": commit}
    Path(live.record(SECOND, "release.json")).write_text(json.dumps(record))
    Path(live.repo).mkdir()
    Mirror(live.repo, str(origin.path), me).fetch()
    return origin


def test_open_lines_that_the_live_release_has_not_are_pending(
    noted: Repository, live: Instance, info: Info, me: str
) -> None:
    assert info(version="main", builder=me)["handoffs"] == []
    more = "# Notes\n- [ ] Set EMAIL_HOST\n  - [ ] Load the fixtures\n- [x] Told Bob\n- Read\n"
    more += "- [ ] manual: count — prod: now\n"
    noted.commit("Next", **{"claude/DEV_HANDOFF.md": more})
    assert info(version="main", builder=me)["handoffs"] == [], "it was not fetched"
    Mirror(live.repo, str(noted.path), me).fetch()
    assert info(version="main", builder=me)["handoffs"] == ["- [ ] Load the fixtures"]
    assert info(version="", builder=me)["handoffs"] == []


@pytest.mark.usefixtures("noted")
def test_a_version_that_is_not_there_has_no_notes(info: Info, me: str) -> None:
    assert info(version="v9", builder=me)["handoffs"] == []
