"""The way back of a change, with a systemd that only notes what it is asked."""

import subprocess
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import guarding
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.conftest import Commands


@pytest.fixture
def changed(tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that was changed, whose way back waits."""
    for program in ("systemd-run", "systemctl"):
        commands.add(program)
    monkeypatch.setattr(guarding, "HOME", str(tmp_path / "run"))
    file = tmp_path / "file"
    guarding.arm("door", f"echo old >{file}")
    file.write_text("new\n")
    return file


def test_a_timer_goes_the_way_back(changed: Path, commands: Commands) -> None:
    (call,) = commands.calls("systemd-run")
    assert "--on-active=60" in call
    # What systemd would start then.
    subprocess.run(["sh", call.split(" sh ")[1]], check=True)
    assert (changed.read_text(), guarding.pending("door")) == ("old\n", False)


def test_a_change_that_is_settled_stands(changed: Path, commands: Commands) -> None:
    guarding.settle("door")
    assert commands.calls("systemctl") == ["systemctl stop slipway-undo-door.timer"]
    guarding.undo("door")
    assert changed.read_text() == "new\n"


def test_a_change_is_taken_back_at_once(changed: Path) -> None:
    guarding.undo("door")
    assert (changed.read_text(), guarding.pending("door")) == ("old\n", False)


def test_who_settles_too_late_is_told(changed: Path) -> None:
    guarding.undo("door")
    with pytest.raises(Failed, match="The host took the change back, since it heard nothing"):
        guarding.settle("door")
    assert changed.read_text() == "old\n"


def test_without_a_timer_nothing_is_begun(changed: Path, commands: Commands) -> None:
    commands.add("systemd-run", "exit 1")
    with pytest.raises(Failed, match="so nothing was changed"):
        guarding.arm("window", "true")
    assert changed.exists()
    assert not guarding.pending("window")
