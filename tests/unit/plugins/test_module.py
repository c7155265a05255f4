"""The outside of a module: the lease that it works under, and what becomes of a failure."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.slipway.django.plugins.module_utils import leasing, releases
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.leasing import standing
from ansible_collections.slipway.django.plugins.module_utils.module import (
    Perform,
    outcome,
    with_comfort,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.modules import lease

from tests.unit.plugins.conftest import FIRST, SECOND, Release
from tests.unit.plugins.host import go_live

RUN: dict[str, Any] = {
    **{"id": "ada/1", "who": "ada", "action": "deploy", "seconds": 60.0, "wait": 0.0},
    **{"begins": True, "ends": False, "gone": ""},
}

Come = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _leases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leasing, "DIRECTORY", str(tmp_path / "slipway"))


@pytest.fixture
def come(shop: Instance) -> Come:
    """What a module comes to that does something, in a run or in another one."""

    def come(perform: Perform, dry: bool = False, **differences: object) -> dict[str, Any]:
        params = {"project": "shop", "env": "dev", "root": shop.root}
        return outcome(perform, {**params, "lease": {**RUN, **differences}}, dry)

    return come


def look(_params: dict[str, Any], _dry: bool, _steps: Steps) -> dict[str, Any]:
    """Tell who has the lease meanwhile."""
    return {"changed": False, "holder": standing("shop_dev").get("who")}


def failing(release: str = "") -> Perform:
    """A module that goes wrong when it asks a release."""

    def perform(_params: dict[str, Any], _dry: bool, steps: Steps) -> NoReturn:
        steps.begin("packages")
        steps.release = release
        with steps.step("ask"):
            pass
        with steps.step("go back"):
            pass
        raise Failed("It was slow.", "I say 503")

    return perform


def test_a_module_of_a_run_works_under_its_lease(come: Come) -> None:
    assert come(look) == {"changed": False, "holder": "ada", "steps": []}
    assert standing("shop_dev")["who"] == "ada"


def test_check_mode_takes_no_lease_and_waits_for_none(come: Come) -> None:
    assert come(look, dry=True)["holder"] is None
    come(look)
    assert come(look, dry=True, id="bob/2")["holder"] == "ada"


def test_a_module_that_is_part_of_no_run_takes_no_lease(come: Come) -> None:
    assert come(look, id="")["holder"] is None


def test_another_run_is_refused_and_told_whose_the_lease_is(come: Come) -> None:
    come(look)
    result = come(look, id="bob/2", who="bob")
    assert result["failed"]
    assert "ada has run `deploy`" in result["msg"]
    assert (result["holder"]["id"], result["steps"]) == ("ada/1", [])


def test_who_took_the_lease_over_notes_it_as_a_step(come: Come) -> None:
    come(look)
    (step,) = come(look, id="bob/2", gone="ada/1")["steps"]
    assert step["name"] == "lease"
    assert step["detail"] == "taken over from ada, whose deploy ended unseen"


def test_a_failure_is_the_sentence_its_evidence_and_the_steps(come: Come) -> None:
    result = come(failing())
    assert (result["failed"], result["msg"]) == (True, "It was slow.")
    assert result["evidence"] == ["I say 503"]
    assert [step["name"] for step in result["steps"]] == ["packages", "ask", "go back"]


def test_a_failure_ends_the_run_on_the_host(come: Come) -> None:
    come(failing())
    assert standing("shop_dev") == {}
    assert come(look, id="bob/2", who="bob")["holder"] == "bob"


def test_a_release_that_fails_is_marked_and_told_in_the_history(
    come: Come, shop: Instance, release: Release
) -> None:
    go_live(shop, release(FIRST))
    come(failing(release(SECOND)))
    mark = releases.failed(shop, SECOND)
    assert mark is not None
    assert (mark["step"], mark["reason"]) == ("ask", "It was slow.")
    (event,) = releases.events(shop, 5)
    assert event.pop("time")
    assert 0 <= event.pop("seconds") < 30
    assert event == {
        **{"who": "ada", "action": "deploy", "release": SECOND, "result": "failed"},
        **{"step": "ask", "reason": "It was slow."},
    }


def test_a_failure_of_a_release_says_what_serves_on(
    come: Come, shop: Instance, release: Release
) -> None:
    go_live(shop, release(FIRST))
    assert come(failing(release(SECOND)))["msg"] == f"It was slow. {FIRST} serves on."


@pytest.mark.parametrize("live", [None, SECOND], ids=["nothing live", "itself"])
def test_where_nothing_else_serves_on_that_is_not_said(
    come: Come, shop: Instance, release: Release, live: str | None
) -> None:
    release(SECOND)
    if live:
        go_live(shop, live)
    assert come(failing(SECOND))["msg"] == "It was slow."


def test_what_serves_on_is_said_once() -> None:
    said = f"It was slow. {FIRST} serves on."
    assert with_comfort(said, FIRST, SECOND) == said


@pytest.mark.parametrize("run", ["ada/1", ""], ids=["in a run", "alone"])
def test_what_the_host_refuses_is_a_failure_too(come: Come, run: str) -> None:
    def full(_params: dict[str, Any], _dry: bool, _steps: Steps) -> NoReturn:
        raise OSError(28, "No space left on device", "/var/www/shop")

    assert come(full, id=run)["msg"] == (
        "The host refused: [Errno 28] No space left on device: '/var/www/shop'."
    )
    assert standing("shop_dev") == {}


def test_the_release_that_answers_is_not_marked_whatever_fails(
    come: Come, shop: Instance, release: Release
) -> None:
    go_live(shop, release(FIRST))
    come(failing(FIRST))
    assert releases.failed(shop, FIRST) is None
    assert [event["result"] for event in releases.events(shop, 5)] == ["failed"]


def test_a_failure_is_recorded_before_another_run_may_begin(
    come: Come, shop: Instance, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    holders = []
    append = releases.append

    def note(instance: Instance, event: dict[str, Any]) -> None:
        holders.append(standing("shop_dev").get("who"))
        append(instance, event)

    monkeypatch.setattr(releases, "append", note)
    come(failing(release(SECOND)))
    assert holders == ["ada"]


def test_before_there_is_a_release_nothing_is_recorded(come: Come, shop: Instance) -> None:
    come(failing())
    assert not Path(shop.history).exists()


def test_outside_of_a_run_nothing_is_recorded(come: Come, shop: Instance, release: Release) -> None:
    assert come(failing(release(SECOND)), id="")["failed"]
    assert not Path(shop.history).exists()


def test_a_name_that_cannot_be_one_is_a_failure_too() -> None:
    names = {"project": "Shop", "env": "dev", "root": "/var/www"}
    result = outcome(look, {**names, "lease": RUN}, False)
    assert "slipway_project is 'Shop'" in result["msg"]


def ran(capsys: pytest.CaptureFixture[str], **arguments: object) -> tuple[int, dict[str, Any]]:
    """What Ansible gets of module lease: its exit status and its result."""
    with patch_module_args(arguments), pytest.raises(SystemExit) as caught:
        lease.main()
    return int(caught.value.code or 0), json.loads(capsys.readouterr().out)


def test_module_lease_takes_and_gives_back(
    shop: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"project": "shop", "env": "dev", "root": shop.root}
    status, result = ran(capsys, **names, lease=RUN)
    assert (status, result["changed"], standing("shop_dev")["who"]) == (0, False, "ada")
    status, result = ran(capsys, **names, lease={**RUN, "id": "bob/2"})
    assert (status, result["holder"]["who"]) == (1, "ada")
    ran(capsys, **names, lease={**RUN, "begins": False, "ends": True})
    assert standing("shop_dev") == {}


def test_a_secret_that_the_application_printed_is_blotted_out_everywhere(
    come: Come, shop: Instance, release: Release
) -> None:
    Path(shop.keys_file).write_text('SECRET_KEY="s3cret-of-ours"\nPIN="12"\n')
    release(FIRST)

    def perform(_params: dict[str, Any], _dry: bool, steps: Steps) -> NoReturn:
        steps.release = FIRST
        raise Failed("It said s3cret-of-ours 12.", "SECRET_KEY=s3cret-of-ours")

    result = come(perform)
    assert result["msg"] == "It said ******** 12.", result
    assert result["evidence"] == ["SECRET_KEY=********"]
    assert "s3cret" not in Path(shop.history).read_text()
