"""Module activate: when it switches, and what else belongs to a switch."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import arguments, maintenance, releases
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.modules import activate

from tests.unit.plugins.conftest import FIRST, SECOND
from tests.unit.plugins.host import Host

PARAMS: dict[str, Any] = {
    **{"project": "shop", "env": "dev", "configuration": [], "written": []},
    **{"path": "/health/", "status": 200, "host": "shop.example.com", "scheme": "http"},
    **{"nginx_port": None, "patience": 1, "drain": 0.0, "memory_reserve": 0, "memory_max": 0},
    **{"keep": 5, "keep_failed": 2, "given_up": ""},
}


class Run:
    """A run that has the lease."""

    def keep(self, step: str = "") -> None:
        """Nobody looks."""

    def end(self) -> None:
        """Nobody waits."""

    def event(self) -> dict[str, Any]:
        """What the history tells."""
        return {"who": "ada", "action": "deploy", "seconds": 1.5}


@pytest.fixture(autouse=True)
def sockets(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The instance whose sockets a test may make."""
    monkeypatch.setattr(arguments, "instance_of", lambda _params: host.instance)


def perform(
    host: Host, release: str, dry: bool = False, steps: Steps | None = None, **differences: object
) -> dict[str, Any]:
    """What the module comes to."""
    params = {**PARAMS, "root": host.instance.root, "release": release, **differences}
    return activate.perform(params, dry, steps or Steps())


def test_a_switch_is_recorded_and_makes_room_before_the_old_slot_ends(serving: Host) -> None:
    serving.make("20261120T101500Z-3f2a1c9")
    serving.make(SECOND)
    steps = Steps(Run())
    result = perform(serving, SECOND, steps=steps)
    assert (result["changed"], result["switched"]) == (True, True)
    assert (result["release"]["id"], result["before"], result["previous"]) == (SECOND, FIRST, FIRST)
    names = [step["name"] for step in steps.taken]
    assert names == ["start", "ask", "switch", "prune", "drain"]
    assert steps.taken[3]["detail"] == "20261120T101500Z-3f2a1c9"
    (event,) = releases.events(serving.instance, 5)
    assert event.pop("time")
    assert event == {
        **{"who": "ada", "action": "deploy", "seconds": 1.5, "result": "live"},
        **{"release": SECOND, "before": FIRST, "commit": ""},
    }


def test_a_history_that_cannot_be_written_is_told_and_undoes_nothing(serving: Host) -> None:
    serving.make(SECOND)
    Path(serving.instance.history).symlink_to("/dev/full")
    steps = Steps()
    assert perform(serving, SECOND, steps=steps)["changed"]
    details = {step["name"]: step.get("detail") for step in steps.taken}
    assert details["record"] == (
        f"{serving.instance.history} cannot be written: No space left on device."
    )
    assert serving.answers() == f"{SECOND}: 200"


def test_the_migrations_that_older_code_does_not_know_are_named(serving: Host) -> None:
    serving.make(SECOND)
    perform(serving, SECOND)
    for name, known in ((FIRST, ["shop.0001"]), (SECOND, ["shop.0001", "shop.0002"])):
        Path(serving.instance.record(name, "migrations.json")).write_text(json.dumps(known))
    assert perform(serving, "previous")["unknown_migrations"] == ["shop.0002"]
    assert serving.answers() == f"{FIRST}: 200"
    assert perform(serving, SECOND)["unknown_migrations"] == []


def test_a_rollback_tells_that_the_site_is_closed(
    serving: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {"since": "2026-11-22T10:30:00Z", "who": "ada"}
    monkeypatch.setattr(maintenance, "standing", lambda _instance: closed)
    assert perform(serving, FIRST)["maintenance"] == closed


def test_a_release_that_failed_is_activated_where_it_is_named(serving: Host) -> None:
    serving.make(SECOND)
    releases.mark_failed(serving.instance, SECOND, {"step": "ask", "reason": "slow"})
    assert perform(serving, SECOND)["release"]["id"] == SECOND


def test_a_release_that_is_given_up_is_marked_and_no_target_of_a_rollback(serving: Host) -> None:
    serving.make(SECOND)
    perform(serving, SECOND)
    perform(serving, FIRST, given_up="Another host could not start it.")
    failed = releases.failed(serving.instance, SECOND)
    assert failed is not None
    assert (failed["step"], failed["reason"]) == ("go back", "Another host could not start it.")


def test_a_rollback_gives_nothing_up(serving: Host) -> None:
    serving.make(SECOND)
    perform(serving, SECOND)
    perform(serving, "previous")
    assert releases.failed(serving.instance, SECOND) is None


def test_the_release_that_is_started_anew_is_not_given_up(serving: Host) -> None:
    (serving.directory / "shown").write_text("NeedDaemonReload=yes")
    perform(serving, "live", given_up="Another host could not start it.")
    assert releases.failed(serving.instance, FIRST) is None


def test_the_live_release_is_started_anew_in_the_other_slot(serving: Host) -> None:
    (serving.directory / "shown").write_text("NeedDaemonReload=yes")
    result = perform(serving, "live")
    assert (result["switched"], result["release"]["id"], result["before"]) == (True, FIRST, FIRST)
    assert (serving.answers(), serving.running()) == (f"{FIRST}: 200", ["green"])


def test_the_release_that_answers_is_left_alone(serving: Host) -> None:
    result = perform(serving, FIRST)
    assert (result["changed"], result["before"], result["release"]["id"]) == (False, FIRST, FIRST)


@pytest.mark.parametrize("cut", ["before the mark", "between the links"])
def test_a_switch_that_was_cut_short_is_not_taken_for_done(serving: Host, cut: str) -> None:
    assert releases.settled(serving.instance)
    if cut == "before the mark":
        Path(serving.instance.record(FIRST, "activated")).unlink()
    else:
        Path(serving.instance.current).unlink()
        Path(serving.instance.current).symlink_to(f"releases/{SECOND}")
    assert not releases.settled(serving.instance)


def test_a_release_that_should_answer_and_does_not_is_started_again(serving: Host) -> None:
    Path(serving.instance.socket).unlink()
    assert perform(serving, FIRST, dry=True)["changed"]


@pytest.mark.parametrize("is_newer", [True, False])
def test_the_live_release_is_started_again_where_its_configuration_is_newer(
    serving: Host, tmp_path: Path, is_newer: bool
) -> None:
    started = time.monotonic_ns() // 1000
    (serving.directory / "shown").write_text(f"ActiveEnterTimestampMonotonic={started}")
    file = tmp_path / "gunicorn.conf.py"
    file.touch()
    moment = time.time() + (5 if is_newer else -5)
    os.utime(file, (moment, moment))
    result = perform(serving, "live", dry=True, configuration=[str(file)])
    assert (result["changed"], result["before"]) == (is_newer, FIRST)


WRITTEN = {"configuration": ["/etc/gunicorn.conf.py"], "written": ["/etc/gunicorn.conf.py"]}


@pytest.mark.parametrize(("name", "changed"), [("gunicorn.conf.py", True), ("logrotate", False)])
def test_the_live_release_is_started_again_where_its_configuration_would_be_written(
    serving: Host, name: str, changed: bool
) -> None:
    (serving.directory / "shown").write_text("ActiveEnterTimestampMonotonic=1")
    written = {**WRITTEN, "written": [f"/etc/{name}"]}
    assert perform(serving, "live", dry=True, **written)["changed"] is changed


def test_before_the_first_release_there_is_nothing_to_start_again(host: Host) -> None:
    assert not perform(host, "live", **WRITTEN)["changed"]


def test_check_mode_promises_a_first_release_where_nothing_is_laid_out(host: Host) -> None:
    Path(host.instance.releases).rmdir()
    result = perform(host, "", dry=True)
    assert (result["changed"], result["switched"]) == (True, True)


def test_check_mode_knows_that_a_release_is_to_be_built(serving: Host) -> None:
    result = perform(serving, "", dry=True)
    assert (result["changed"], result["release"]) == (True, {})


@pytest.mark.parametrize(
    ("wanted", "sentence", "evidence"),
    [
        ("previous", "shop_dev has no earlier release that answered before.", []),
        ("20251121T101500Z", "shop_dev has no release 20251121T101500Z.", ["It has:", FIRST]),
    ],
)
def test_a_release_that_is_not_there_is_refused(
    serving: Host, wanted: str, sentence: str, evidence: list[str]
) -> None:
    with pytest.raises(Failed) as caught:
        perform(serving, wanted)
    assert (str(caught.value), caught.value.evidence) == (sentence, evidence)


def test_a_release_that_another_host_did_not_activate_is_given_up_here_too(serving: Host) -> None:
    serving.make(SECOND)
    perform(serving, SECOND, given_up="two did not activate this release.")
    why = releases.failed(serving.instance, FIRST)
    assert why and why["reason"] == "two did not activate this release."
