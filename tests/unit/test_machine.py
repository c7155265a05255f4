"""What Slipway installs on the controller's machine, and what it says where it may not."""

import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slipway import machine
from slipway.errors import Problem
from tests.unit.conftest import Commands

NEEDED = {"dockerd": "docker.io", "iptables": "iptables"}
SUDO = 'shift; exec "$@"'


def apt_get(commands: Commands, before: str = "") -> str:
    """Return the shell of an apt-get whose `install` brings dockerd and iptables."""
    tools = " ".join(str(commands.directory / name) for name in NEEDED)
    return f'{before}\ncase " $* " in *" install "*) touch {tools}; chmod 0755 {tools};; esac'


def test_what_is_there_is_not_installed_again(commands: Commands) -> None:
    for name in (*NEEDED, "apt-get"):
        commands.add(name)
    machine.ensure_commands(NEEDED, "to run test hosts")
    assert commands.calls() == []


def test_what_is_missing_is_installed_and_said_in_one_line(
    commands: Commands, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.add("apt-get", apt_get(commands))
    machine.ensure_commands(NEEDED, "to run test hosts")
    line = r"Installing docker.io, iptables \(Debian's names\) to run test hosts \.\.\. \d\.\d s\n"
    assert re.fullmatch(line, capsys.readouterr().err)


def test_only_the_missing_half_is_installed(commands: Commands) -> None:
    commands.add("iptables")
    commands.add("apt-get", apt_get(commands))
    machine.ensure_commands(NEEDED, "to run test hosts")
    (call,) = commands.calls("apt-get")
    assert call.endswith("install --yes --no-install-recommends docker.io")


def test_two_that_miss_the_same_install_it_once(commands: Commands) -> None:
    commands.add("apt-get", apt_get(commands, before="sleep 0.3"))
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(machine.ensure_commands, NEEDED, "to run test hosts") for _ in range(2)]
    assert [each.result() for each in both] == [None, None]
    assert len(commands.calls("apt-get")) == 1


def test_a_file_may_be_needed_as_well_as_a_command(commands: Commands, tmp_path: Path) -> None:
    keyring = tmp_path / "keyring.gpg"
    commands.add("apt-get", f"touch {keyring}")
    machine.ensure_commands({str(keyring): "keyring"}, "to check signatures")
    machine.ensure_commands({str(keyring): "keyring"}, "to check signatures")
    assert len(commands.calls("apt-get")) == 1


def test_package_lists_are_fetched_only_when_the_installation_needs_them(
    commands: Commands, tmp_path: Path
) -> None:
    lists = tmp_path / "lists"
    update = f'case " $* " in *" update "*) touch {lists};; esac; [ -e {lists} ] || exit 100'
    commands.add("apt-get", apt_get(commands, before=update))
    machine.ensure_commands(NEEDED, "to run test hosts")
    verbs = [
        "update" if call.endswith("update") else "install" for call in commands.calls("apt-get")
    ]
    assert verbs == ["install", "update", "install"]


def test_a_user_with_passwordless_sudo_installs_through_it(ordinary_user: Commands) -> None:
    ordinary_user.add("sudo", SUDO)
    ordinary_user.add("apt-get", apt_get(ordinary_user))
    machine.ensure_commands(NEEDED, "to run test hosts")
    assert len(ordinary_user.calls("sudo -n sh -c")) == 1


def test_apt_never_asks_a_question(commands: Commands, tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    commands.add(
        "apt-get", apt_get(commands, f'echo "$DEBIAN_FRONTEND" >{answers}; cat >>{answers}')
    )
    machine.ensure_commands(NEEDED, "to run test hosts")
    assert answers.read_text() == "noninteractive\n"


@pytest.mark.parametrize(
    ("systemd", "during"), [(False, "exit 101"), (True, "none")], ids=["without", "with"]
)
def test_packages_start_their_services_only_by_systemd(
    commands: Commands, tmp_path: Path, systemd: bool, during: str
) -> None:
    seen = tmp_path / "seen"
    if systemd:
        machine.SYSTEMD_RUNS.mkdir()
    policy = machine.SERVICE_POLICY
    look = f"if [ -x {policy} ]; then cat {policy}; else echo none; fi >{seen}"
    commands.add("apt-get", apt_get(commands, look))
    machine.ensure_commands(NEEDED, "to run test hosts")
    assert seen.read_text().splitlines()[-1] == during
    assert not policy.exists(), "the policy outlived the installation"


def test_a_policy_of_the_machine_itself_is_left_alone(commands: Commands) -> None:
    machine.SERVICE_POLICY.write_text("theirs")
    commands.add("apt-get", apt_get(commands))
    machine.ensure_commands(NEEDED, "to run test hosts")
    assert machine.SERVICE_POLICY.read_text() == "theirs"


def refusal() -> str:
    """Return the sentence with which the installation is refused."""
    with pytest.raises(Problem) as caught:
        machine.ensure_commands(NEEDED, "to run test hosts")
    return str(caught.value)


def test_the_user_may_forbid_any_installation(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_INSTALL", "0")
    commands.add("apt-get", apt_get(commands))
    assert refusal() == (
        "Install docker.io, iptables (Debian's names) to run test hosts: "
        "Slipway does not, since SLIPWAY_INSTALL=0 forbids it."
    )
    assert commands.calls("apt-get") == []


@pytest.mark.usefixtures("commands")
def test_a_machine_without_apt_is_refused() -> None:
    assert refusal().endswith("Slipway does not, since this machine has no apt-get.")


@pytest.mark.parametrize("sudo", [None, "exit 1"], ids=["absent", "wants a password"])
def test_a_user_who_cannot_become_root_is_refused(
    ordinary_user: Commands, sudo: str | None
) -> None:
    ordinary_user.add("apt-get", apt_get(ordinary_user))
    if sudo:
        ordinary_user.add("sudo", sudo)
    assert refusal().endswith("since this user is not root and has no passwordless sudo.")


def test_a_failing_apt_is_quoted(commands: Commands) -> None:
    commands.add("apt-get", 'echo "E: Unable to locate package docker.io" >&2; exit 100')
    assert refusal() == (
        "apt-get could not install docker.io, iptables: E: Unable to locate package docker.io"
    )


def test_a_command_that_is_cut_short_ends_with_all_it_started(
    commands: Commands, tmp_path: Path
) -> None:
    leftover = tmp_path / "leftover"
    commands.add("slow", f"touch {leftover}; trap 'rm {leftover}; exit' TERM; sleep 30")
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        machine.attempt(["slow"], timeout=0.5)
    assert not leftover.exists(), "it was not given the time to clean up"
    assert time.monotonic() - started < 10, "its child was waited for"


def test_sudo_ends_what_it_made_roots(
    ordinary_user: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(group: int, number: int) -> None:
        raise PermissionError(group, number)

    monkeypatch.setattr(os, "killpg", forbidden)
    ordinary_user.add("sudo", SUDO)
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        machine.attempt(["sleep", "30"], timeout=0.1)
    assert time.monotonic() - started < 10


def test_an_unknown_command_is_a_problem_that_names_it() -> None:
    with pytest.raises(Problem, match="The command no-such-thing is not on this machine"):
        machine.attempt(["no-such-thing"])
