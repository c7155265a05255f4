"""What the modules come to that only put the parts together."""

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import releases
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.modules import finish, instance_info, manage

from tests.unit.plugins.conftest import Release

FIRST, SECOND = "20261121T101500Z-3f2a1c9", "20261122T101500Z-0a1b2c3"
SYSTEMCTL = """\
#!/bin/sh
cat <<END
ActiveState=active
ActiveEnterTimestamp=Sun 2026-11-22 10:15:03 UTC
MemoryCurrent=73400320
NRestarts=0
END
"""


def named(shop: Instance, **params: object) -> dict[str, Any]:
    """The arguments that name the instance, and more."""
    return {"project": "shop", "env": "dev", "root": shop.root, **params}


@pytest.fixture
def live(shop: Instance, release: Release) -> Instance:
    """An instance whose second release is live, in the slot green."""
    release(FIRST, proven=True)
    release(SECOND, proven=True)
    Path(shop.current).symlink_to(f"releases/{SECOND}")
    Path(shop.socket).symlink_to(shop.slot_socket("green"))
    return shop


def test_a_deploy_that_ends_is_recorded_and_makes_room(live: Instance, release: Release) -> None:
    half = release("20261120T101500Z-3f2a1c9", venv="old")
    Path(live.record(half, "release.json")).unlink()
    steps = Steps()
    result = finish.perform(named(live, event={"result": "live"}, keep=5), False, steps)
    assert result == {"changed": True, "pruned": [half, "old"]}
    assert [event["result"] for event in releases.events(live, 5)] == ["live"]
    assert steps.taken[0]["detail"] == f"{half}, old"


def test_check_mode_records_nothing_and_removes_nothing(live: Instance, release: Release) -> None:
    Path(live.record(release("20261120T101500Z-3f2a1c9"), "release.json")).unlink()
    finish.perform(named(live, event={}, keep=0), True, Steps())
    assert not Path(live.history).exists()
    assert len(list(Path(live.releases).iterdir())) == 3


@pytest.mark.parametrize(("phase", "changed"), [("prove", False), ("migrate", True)])
def test_check_mode_runs_nothing_of_the_application(
    shop: Instance, phase: str, changed: bool
) -> None:
    params = named(shop, release="", phase=phase, timeout=1)
    assert manage.perform(params, True, Steps())["changed"] is changed


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A systemd on which every unit is active."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")


@pytest.mark.usefixtures("systemctl")
def test_the_status_tells_what_is_live(live: Instance) -> None:
    found = instance_info.perform(named(live, log_lines=0, events=5))
    assert (found["live"], found["slot"]) == (SECOND, "green")
    assert found["unit"] == {
        "state": "active",
        "since": "Sun 2026-11-22 10:15:03 UTC",
        "memory_bytes": "73400320",
        "restarts": "0",
    }
    assert [record["proven"] for record in found["releases"]] == [True, True]
    assert found["disk_free_bytes"] > 0


def test_the_status_before_the_first_release_is_empty(shop: Instance) -> None:
    found = instance_info.perform(named(shop, log_lines=0, events=5))
    assert (found["live"], found["slot"], found["unit"], found["releases"]) == ("", "", {}, [])


def test_the_status_of_a_host_without_the_instance_says_what_to_do(shop: Instance) -> None:
    with pytest.raises(Failed, match="shop_prod is not set up on this host"):
        instance_info.perform({**named(shop, log_lines=0, events=5), "env": "prod"})
