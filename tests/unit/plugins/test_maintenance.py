"""A site that is closed to visitors for a while, and opened again."""

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import maintenance as files
from ansible_collections.slipway.django.plugins.module_utils import releases
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import maintenance
from ansible_collections.slipway.django.plugins.plugin_utils import direct, signed

from tests.unit.plugins.conftest import FIRST, Release
from tests.unit.plugins.host import go_live

TOKEN, OTHER = "0a" * 32, "1b" * 32

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def site(shop: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """An instance whose nginx knows maintenance."""
    instance = replace(shop, site=str(tmp_path / "site"))
    Path(instance.site).mkdir()
    monkeypatch.setattr(maintenance, "instance_of", lambda _params: instance)
    return instance


@pytest.fixture
def run(site: Instance) -> Run:
    """Run the module."""
    assert site

    def perform(closed: bool | None, token: str = "", dry: bool = False) -> dict[str, Any]:
        params = {"closed": closed, "token": token, "who": "ada@desk"}
        return maintenance.perform(params, dry, Steps())

    return perform


def found(site: Instance) -> list[str]:
    """What nginx finds."""
    return sorted(path.name for path in Path(site.site).iterdir())


def test_a_site_is_closed_by_a_file_and_staff_have_another(run: Run, site: Instance) -> None:
    said = run(True)
    assert (said["changed"], said["closed"], said["who"]) == (True, True, "ada@desk")
    assert found(site) == ["closed", f"staff-{said['token']}"]
    assert len(said["token"]) == 64


def test_nobody_else_may_read_what_has_the_token(run: Run, site: Instance) -> None:
    run(True)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in Path(site.site).iterdir()]
    assert modes == [0o600, 0o600]


def test_closing_it_again_changes_nothing_and_the_link_goes_on(run: Run) -> None:
    first, again = run(True), run(True)
    assert again == {**first, "changed": False}


def test_every_host_takes_the_token_that_it_is_given(
    run: Run, site: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run(True)
    monkeypatch.setattr(releases, "now", lambda: "later")
    said = run(True, TOKEN)
    assert (said["changed"], said["since"]) == (True, before["since"])
    assert found(site) == ["closed", f"staff-{TOKEN}"], "the old link opens still"
    assert not run(True, TOKEN)["changed"]


def test_an_open_site_has_no_link_left_and_the_next_one_is_new(run: Run, site: Instance) -> None:
    before = run(True)["token"]
    said = run(False)
    assert (said["changed"], said["closed"], said["since"]) == (True, False, "")
    assert found(site) == []
    assert not run(False)["changed"]
    assert run(True)["token"] != before


@pytest.mark.parametrize("closed", [True, False])
def test_without_a_word_it_tells_what_is_so(run: Run, closed: bool) -> None:
    run(True)
    before = run(closed)
    said = run(None)
    assert said["changed"] is False
    same = ("closed", "since", "who")
    assert [said[name] for name in same] == [before[name] for name in same]


@pytest.mark.parametrize("closed", [True, False])
def test_a_dry_run_tells_and_leaves_all_as_it_is(run: Run, site: Instance, closed: bool) -> None:
    run(not closed)
    before = found(site)
    said = run(closed, dry=True)
    assert (said["changed"], said["closed"]) == (True, closed)
    assert found(site) == before


@pytest.mark.parametrize("token", ["../closed", "0a", TOKEN.upper(), f"{TOKEN}0"])
def test_a_token_that_nginx_would_not_take_is_refused(run: Run, site: Instance, token: str) -> None:
    with pytest.raises(Failed, match="64 hexadecimal digits"):
        run(True, token)
    assert found(site) == []


def test_a_site_that_somebody_closed_by_hand_is_closed_and_can_be_opened(
    run: Run, site: Instance
) -> None:
    Path(site.site, "closed").touch()
    assert files.standing(site) == {"since": "", "who": ""}
    assert run(None)["closed"] is True
    assert run(False)["changed"] is True
    assert files.standing(site) == {}


def test_what_everybody_may_know_has_no_token(run: Run, site: Instance) -> None:
    said = run(True)
    assert files.standing(site) == {"since": said["since"], "who": "ada@desk"}


def test_a_host_that_does_not_know_it_yet_says_what_to_run(run: Run, site: Instance) -> None:
    Path(site.site).rmdir()
    with pytest.raises(Failed, match=r"knows no maintenance of shop_dev yet: run `invoke provisio"):
        run(True)


def test_the_history_tells_who_closed_and_opened_it(
    run: Run, site: Instance, release: Release
) -> None:
    go_live(site, release(FIRST))
    run(True)
    run(True)
    run(False)
    told = [
        (event["action"], event["result"], event["who"], event["release"])
        for event in releases.events(site, 9)
    ]
    assert told == [("maintenance", result, "ada@desk", FIRST) for result in ("closed", "open")]
    assert "token" not in Path(site.history).read_text()


def test_a_history_that_cannot_be_written_keeps_nobody_from_closing(
    run: Run, site: Instance
) -> None:
    Path(site.history).mkdir()
    assert run(True)["closed"]
    assert json.loads(Path(site.site, "closed").read_text())["who"] == "ada@desk"


def test_the_controller_says_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setenv("SLIPWAY_WHO", "CI")
    monkeypatch.setattr(
        direct.ActionModule, "module", lambda _self, args, _variables: given.append(args) or {}
    )
    action = signed.ActionModule.__new__(signed.ActionModule)
    action.module({"closed": True}, {})
    assert given == [{"closed": True, "who": "CI"}]
