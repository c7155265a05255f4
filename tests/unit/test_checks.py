"""What `invoke check` comes to, and `test --fast` of it."""

import sys
from pathlib import Path

import pytest

from slipway import checks, inventory, sanity, tools


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory, and the home of a person."""
    monkeypatch.setenv("SLIPWAY_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.usefixtures("machine")
def test_fast_leaves_out_what_takes_half_a_minute_and_nothing_else() -> None:
    every = [job.name for job in checks.all_jobs(fast=False)]
    fast = [job.name for job in checks.all_jobs(fast=True)]
    assert every == ["ansible-test sanity", "ansible-lint", *fast]


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("environment", inventory.names())
def test_every_inventory_is_checked(environment: str) -> None:
    words = [word for job in checks.all_jobs(fast=True) for word in job.command]
    assert f"ansible-playbook -i inventories/{environment} playbooks/preflight.yml" in words


@pytest.mark.slow
def test_an_inventory_that_fails_fails_the_check_and_the_next_is_checked_too() -> None:
    commands = ["ansible-playbook --wrong", "ansible-playbook --version"]
    done = tools.run(
        [sys.executable, "-m", "slipway.preflights", *commands],
        {"PYTHONPATH": "src"},
        capture_output=True,
    )
    assert done.returncode == 2, done.stderr
    assert f"+ {commands[1]}\nansible-playbook [core " in done.stdout, done.stdout


@pytest.mark.slow
def test_ansible_test_keeps_what_it_makes_out_of_a_persons_home(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    given = sanity.environment()
    assert Path(given["HOME"]).is_relative_to(machine / "state")
    assert given["XDG_CONFIG_HOME"] == str(machine / "home" / ".config"), "pip has settings there"
    assert not (machine / "home").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("machine")
def test_ansible_test_finds_a_pip_without_the_web() -> None:
    (script,) = sanity.home().glob(".ansible/test/cache/get_pip_*.py")
    assert script.stem.removeprefix("get_pip_").replace("_", "").isdecimal()
    assert "ensurepip" in script.read_text()
