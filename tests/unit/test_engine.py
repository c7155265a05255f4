"""Where the Docker Engine comes from, and what is said where there is none."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway import daemon, engine, machine
from slipway.engine import Engine
from slipway.errors import Problem
from tests.unit.conftest import Commands

SUDO = 'shift; exec "$@"'
UNREACHABLE = 'echo "Cannot connect to the Docker daemon. Is it running?" >&2; exit 1'
DENIED = 'echo "permission denied while trying to connect to the Docker API" >&2; exit 1'


@pytest.fixture
def stopped(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Commands]:
    """A machine whose Docker does not run; `dockerd` makes it answer as long as it lives."""
    pid_file = tmp_path / "docker.pid"
    monkeypatch.setattr(daemon, "PID_FILE", pid_file)
    monkeypatch.setattr(daemon, "PID_FILES", {pid_file: "dockerd"})
    alive = f'read -r pid <{pid_file} && [ -n "$(cat /proc/$pid/cmdline)" ]'
    answer = f"cat {tmp_path}/$1 2>/dev/null || true"
    commands.add("iptables")
    commands.add("docker", f"if {{ {alive}; }} 2>/dev/null; then {answer}; else {UNREACHABLE}; fi")
    # What tells a dockerd from whatever has its number later is the name of its process.
    (tmp_path / "dockerd").symlink_to(shutil.which("sleep") or "/bin/sleep")
    commands.add("dockerd", f"echo $$ >{pid_file}; exec {tmp_path}/dockerd 60")
    yield commands
    if daemon.ours():
        os.kill(int(pid_file.read_text()), signal.SIGKILL)


def refusal() -> str:
    """Return the sentence with which `engine.ensure` refuses."""
    with pytest.raises(Problem) as caught:
        engine.ensure()
    return str(caught.value)


def test_an_engine_that_answers_is_taken_as_it_is(commands: Commands) -> None:
    commands.add("docker")
    assert engine.ensure() == Engine(("docker",))
    assert len(commands.calls()) == 1


def test_sudo_reaches_an_engine_that_the_user_may_not(ordinary_user: Commands) -> None:
    ordinary_user.add("docker", DENIED)
    ordinary_user.add("sudo", SUDO)
    assert engine.ensure().command == ("sudo", "-n", "docker")


def test_sudo_speaks_to_the_same_engine(
    ordinary_user: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///other.sock")
    ordinary_user.add("docker", DENIED)
    ordinary_user.add("sudo", SUDO)
    assert engine.ensure().command[-2:] == ("--host", "unix:///other.sock")


def test_a_user_without_any_right_to_docker_is_told_of_its_group(ordinary_user: Commands) -> None:
    ordinary_user.add("docker", DENIED)
    assert refusal() == (
        "Docker runs, but this user may not use it: join its group "
        "(sudo usermod --append --groups docker $USER) and log in again."
    )


@pytest.mark.parametrize(
    ("present", "todo"),
    [
        ((), "install docker.io and start dockerd."),
        (("dockerd",), "start dockerd."),
    ],
    ids=["not installed", "not running"],
)
def test_nothing_is_installed_or_started_where_that_is_forbidden(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, present: tuple[str, ...], todo: str
) -> None:
    monkeypatch.setenv("SLIPWAY_INSTALL", "0")
    for name in ("apt-get", *present):
        commands.add(name)
    assert refusal() == f"No Docker answers, and SLIPWAY_INSTALL=0 keeps Slipway from it: {todo}"
    assert commands.calls() == []


@pytest.mark.usefixtures("commands")
def test_a_mac_is_asked_for_docker_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert refusal() == "No Docker answers on this machine: install and start Docker Desktop."


@pytest.mark.usefixtures("commands")
def test_a_linux_without_apt_is_told_what_to_install() -> None:
    assert refusal().startswith("Install docker.io, iptables (Debian's names) to run test hosts:")


def test_an_engine_elsewhere_is_not_replaced_by_one_here(
    stopped: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://build:2375")
    stopped.add("docker", UNREACHABLE)
    assert refusal() == (
        "No Docker answers at DOCKER_HOST=tcp://build:2375: start it or unset DOCKER_HOST."
    )
    assert stopped.calls("dockerd") == []


def test_a_stopped_docker_that_the_user_may_not_start_is_a_problem(
    stopped: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "start it (sudo systemctl start docker)" in refusal()


def test_a_stopped_docker_is_started_and_stopped_again(stopped: Commands) -> None:
    assert engine.ensure() == Engine(("docker",))
    assert engine.stop_if_ours()
    assert engine.answering() is None
    assert not daemon.PID_FILE.exists(), "its pid file would keep the next one from starting"
    assert not engine.stop_if_ours(), "there is nothing left to stop"
    assert engine.ensure() == Engine(("docker",))


def test_the_client_is_installed_where_it_is_a_package_of_its_own(stopped: Commands) -> None:
    client = stopped.directory / "docker"
    client.rename(client.with_name("packed"))
    stopped.add("apt-get", f"mv {client.with_name('packed')} {client}")
    engine.ensure()
    assert stopped.calls("apt-get")[0].endswith("docker-cli")


def test_systemd_starts_docker_where_it_is_init_and_keeps_it(stopped: Commands) -> None:
    machine.SYSTEMD_RUNS.mkdir()
    stopped.add("systemctl", "dockerd >/dev/null 2>&1 &")
    engine.ensure()
    assert stopped.calls("systemctl") == ["systemctl start docker"]
    assert not engine.stop_if_ours(), "what systemd manages is the machine's own"
    os.kill(int(daemon.PID_FILE.read_text()), signal.SIGKILL)


def test_a_docker_that_systemd_cannot_start_is_quoted(stopped: Commands) -> None:
    machine.SYSTEMD_RUNS.mkdir()
    stopped.add("systemctl", 'echo "Unit docker.service not found." >&2; exit 5')
    assert refusal() == (
        "Docker did not start (Unit docker.service not found.): see journalctl --unit docker."
    )


def test_a_docker_that_ends_at_once_leaves_its_last_words(stopped: Commands) -> None:
    stopped.add("dockerd", 'echo "failed to start daemon: no iptables" >&2; exit 1')
    assert refusal().endswith("dockerd.log ends: failed to start daemon: no iptables")
    assert not engine.stop_if_ours()


def test_an_old_pid_file_that_another_program_has_inherited_is_removed(stopped: Commands) -> None:
    daemon.PID_FILE.write_text(str(os.getpid()))
    stopped.add("dockerd", f"[ ! -e {daemon.PID_FILE} ] || echo 'still running'; exit 1")
    assert "still running" not in refusal()


def test_an_engine_in_which_something_runs_goes_on(
    stopped: Commands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.ensure()
    (tmp_path / "ps").write_text("somebody-database\n")
    assert not engine.stop_if_ours()
    assert "Docker goes on running for somebody-database." in capsys.readouterr().err
    assert engine.answering()


def test_an_engine_that_ran_before_is_never_stopped(stopped: Commands) -> None:
    subprocess.Popen([stopped.directory / "dockerd"])
    while engine.answering() is None:
        pass
    assert engine.ensure()
    assert not engine.stop_if_ours()
    os.kill(int(daemon.PID_FILE.read_text()), signal.SIGKILL)
