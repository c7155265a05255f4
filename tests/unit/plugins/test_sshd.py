"""sshd's settings, with an sshd that says what its configuration says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import guarding, session, sshd_config
from ansible_collections.slipway.django.plugins.module_utils.session import Session
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import sshd

from tests.unit.conftest import Commands

KEYS_ALONE = "passwordauthentication no\n"
# Of the drop-ins in their order, then of what sshd has of itself. A bad word is refused.
SSHD = """\
while [ "$1" != -f ]; do shift; done
case $(cat "${2}.d"/*.conf "$2") in *nonsense*) echo "line 1: Bad option: nonsense" >&2; exit 255;; esac
[ -e {overruled} ] && cat "$2"
cat "${2}.d"/*.conf
echo port 22
echo permitrootlogin without-password
echo passwordauthentication yes
"""  # noqa: E501

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def etc(tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of sshd's, on a host that deploy logged in to."""
    etc = tmp_path / "ssh"
    (etc / "sshd_config.d").mkdir(parents=True)
    (etc / "sshd_config.d" / "50-cloud-init.conf").write_text("passwordauthentication yes\n")
    (etc / "sshd_config").write_text(f"Include {etc}/sshd_config.d/*.conf\n")
    commands.add("sshd", SSHD.replace("{overruled}", str(tmp_path / "overruled")))
    for program in ("systemctl", "systemd-run"):
        commands.add(program)
    monkeypatch.setattr(sshd_config, "RUNTIME", str(tmp_path / "privileges"))
    monkeypatch.setattr(guarding, "HOME", str(tmp_path / "run"))
    here = Session("deploy", "203.0.113.9", "10.0.0.1", 22)
    monkeypatch.setattr(session, "current", lambda: here)
    return etc


@pytest.fixture
def phase(etc: Path) -> Run:
    """Run a phase of the module with a text."""

    def phase(phase: str, content: str = KEYS_ALONE, dry: bool = False) -> dict[str, Any]:
        params = {"content": content, "directory": str(etc), "phase": phase}
        return sshd.perform(params, dry, Steps())

    return phase


def ours(etc: Path) -> str:
    """What our part of the configuration says; empty where there is none."""
    path = etc / "sshd_config.d" / "00-slipway.conf"
    return path.read_text() if path.exists() else ""


def test_a_plan_says_that_passwords_are_closed_and_where_sshd_listens(
    phase: Run, etc: Path
) -> None:
    found = phase("plan")
    assert (found["changed"], found["closes_passwords"], found["ports"]) == (True, True, [22])
    assert ours(etc) == ""


def test_what_is_settled_stands(phase: Run, etc: Path, commands: Commands) -> None:
    for each in ("plan", "apply", "settle"):
        phase(each)
    assert ours(etc) == KEYS_ALONE
    assert f"systemctl {sshd.RELOAD.partition(' ')[2]}" in commands.calls("systemctl")
    assert not phase("plan")["changed"]


@pytest.mark.parametrize("before", ["", "maxauthtries 3\nbanner 'a %s b'\n"])
def test_what_is_not_settled_goes_back_to_what_was_there(
    phase: Run, etc: Path, before: str
) -> None:
    if before:
        (etc / "sshd_config.d" / "00-slipway.conf").write_text(before)
    phase("apply")
    assert ours(etc) == KEYS_ALONE
    phase("undo")
    assert ours(etc) == before


def test_a_run_that_died_is_taken_back_by_the_next_one(phase: Run, etc: Path) -> None:
    phase("apply")
    assert phase("plan", dry=True)["changed"] is False, "a dry run takes nothing back"
    assert phase("plan")["changed"]
    assert ours(etc) == ""


def test_what_sshd_does_not_take_is_not_written(phase: Run, etc: Path) -> None:
    for each in ("plan", "apply"):
        with pytest.raises(Failed, match="sshd does not take its new configuration") as caught:
            phase(each, "nonsense yes\n")
        assert caught.value.evidence == ["line 1: Bad option: nonsense"]
    assert ours(etc) == ""


def test_what_would_have_no_effect_is_refused(phase: Run, etc: Path, tmp_path: Path) -> None:
    with (etc / "sshd_config").open("a") as file:
        file.write("passwordauthentication yes\n")
    (tmp_path / "overruled").touch()
    with pytest.raises(Failed, match="says otherwise of passwordauthentication for deploy"):
        phase("plan")


def test_root_does_not_shut_itself_out(phase: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{KEYS_ALONE}permitrootlogin no\n"
    assert phase("plan", text)["changed"]
    here = Session("root", "203.0.113.9", "10.0.0.1", 22)
    monkeypatch.setattr(session, "current", lambda: here)
    with pytest.raises(Failed, match="whom base_ssh_root_login: false would shut out"):
        phase("plan", text)


def test_switched_off_the_file_goes(phase: Run, etc: Path) -> None:
    for each in ("plan", "apply", "settle"):
        phase(each)
    assert phase("plan", "")["closes_passwords"] is False
    for each in ("plan", "apply", "settle"):
        phase(each, "")
    assert ours(etc) == ""
    assert not phase("plan", "")["changed"]


def test_where_sshd_is_not_reloaded_the_old_file_stands(
    phase: Run, etc: Path, commands: Commands
) -> None:
    commands.add("systemctl", "case $* in *reload*) exit 1;; esac")
    with pytest.raises(Failed, match="sshd does not read its configuration anew"):
        phase("apply")
    assert ours(etc) == ""
