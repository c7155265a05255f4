"""What the tasks say of a machine without Docker, with a Docker of others, or read-only."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slipway import jobs, machine, playbook, state, suite
from tests.unit.calling import said
from tests.unit.conftest import Commands, Docker
from tests.unit.test_engine import DENIED

MAKES_HOSTS = ("deploy local", "provision local", "test", "molecule", "molecule stack")
ASKS_HOST = ("rollback local", "releases local", "status local", "logs local")
FORBIDDEN = (
    "invoke: Docker runs, but this user may not use it: join its group "
    "(sudo usermod --append --groups docker $USER) and log in again.\n"
)


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes before the hosts passes."""
    monkeypatch.setattr(jobs, "failures", lambda _jobs: [])
    monkeypatch.setattr(suite, "run", lambda _command, _variables: 0)
    monkeypatch.setattr(playbook, "run", lambda _command: 0)


@pytest.mark.parametrize("task", MAKES_HOSTS)
def test_without_docker_a_task_that_needs_hosts_says_what_to_install(
    capsys: pytest.CaptureFixture[str],
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    task: str,
) -> None:
    monkeypatch.setenv("SLIPWAY_INSTALL", "0")
    assert said(capsys, task) == (
        "invoke: No Docker answers, and SLIPWAY_INSTALL=0 keeps Slipway from it: "
        "install docker.io and start dockerd.\n"
    )
    assert commands.calls() == []


@pytest.mark.parametrize("task", ASKS_HOST)
@pytest.mark.usefixtures("commands")
def test_without_docker_there_is_no_local_server_to_ask(
    capsys: pytest.CaptureFixture[str], task: str
) -> None:
    assert said(capsys, task) == (
        "invoke: The server of `local` does not run: `./inv deploy local` makes it.\n"
    )


@pytest.mark.parametrize("task", [*MAKES_HOSTS, *ASKS_HOST, "sandbox.down"])
def test_a_docker_that_the_user_may_not_use_is_told_of_its_group(
    capsys: pytest.CaptureFixture[str], ordinary_user: Commands, task: str
) -> None:
    ordinary_user.add("docker", DENIED)
    assert said(capsys, task) == FORBIDDEN


# Root's own rights do not end at a file's mode, but at a mount's. The tests' PATH has none of it.
TOOLS = {name: shutil.which(name) or name for name in ("env", "mount", "sh", "unshare")}
READ_ONLY = (
    '{mount} --bind "$1" "$1" && {mount} -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"'
)
ROOT = machine.as_root()
AS_ROOT = [*(ROOT or ()), TOOLS["unshare"], "--mount", *([] if ROOT else ["--map-root-user"])]
MOUNT = [*AS_ROOT, TOOLS["sh"], "-c", READ_ONLY.format(**TOOLS), "sh"]


def in_read_only(place: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a directory as if that were a read-only file system."""
    given = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables}
    environment = [TOOLS["env"], "-i", *(f"{name}={value}" for name, value in given.items())]
    return subprocess.run(
        [*MOUNT, str(place), *environment, *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def read_only(words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Call a task in a read-only checkout."""
    invoke = [sys.executable, "-m", "invoke", *shlex.split(words)]
    return in_read_only(state.CHECKOUT, *invoke, **variables)


@pytest.fixture(scope="module")
def mounted() -> None:
    """Skip where this user may mount nothing."""
    probe = in_read_only(state.CHECKOUT, "env")
    if probe.returncode != 0:
        pytest.skip(f"no read-only checkout can be made here: {probe.stderr.strip()}")


@pytest.mark.usefixtures("mounted")
@pytest.mark.parametrize("task", ["deploy local", "provision local", "sandbox.down"])
def test_a_checkout_that_is_read_only_is_a_sentence(docker: Docker, task: str) -> None:
    done = read_only(task, FAKE_DOCKER=str(docker.files))
    place = state.CHECKOUT / ".slipway"
    assert done.stderr == (
        f"invoke: {place} cannot be written: let SLIPWAY_STATE name a directory that can.\n"
    )
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.usefixtures("mounted")
def test_what_deploy_local_tells_its_inventory_needs_a_place(
    docker: Docker, tmp_path: Path
) -> None:
    done = read_only("deploy local", FAKE_DOCKER=str(docker.files), SLIPWAY_STATE=str(tmp_path))
    assert done.stderr.splitlines()[-1] == (
        f"invoke: {state.CHECKOUT}/inventories/local/host_vars/sandbox.yml cannot be written "
        "(Read-only file system): make the checkout writable, or let SLIPWAY_INVENTORIES name a "
        "copy of inventories/ that is."
    )
    assert done.returncode == 1


@pytest.mark.usefixtures("docker")
@pytest.mark.parametrize("task", [*MAKES_HOSTS, "check", "test --fast", "sandbox.down"])
def test_a_state_directory_that_cannot_be_made_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    monkeypatch.setenv("SLIPWAY_STATE", "/dev/null/state")
    assert said(capsys, task) == (
        "invoke: /dev/null/state cannot be written: let SLIPWAY_STATE name a directory that can.\n"
    )


@pytest.mark.usefixtures("mounted")
def test_a_read_only_checkout_without_its_environment_is_named(tmp_path: Path) -> None:
    for name in ("inv", "requirements.lock"):
        shutil.copy(state.CHECKOUT / name, tmp_path)
    done = in_read_only(tmp_path, TOOLS["sh"], "inv", "--list")
    assert done.stderr == (
        f"inv: {tmp_path} cannot be written, and .venv is missing or stale: "
        "make it writable this once.\n"
    )
    assert (done.returncode, done.stdout) == (1, "")
