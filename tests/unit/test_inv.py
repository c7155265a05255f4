"""./inv on machines that lack something."""

import shutil
import subprocess
from pathlib import Path

import pytest

from slipway import state

TOOLS = ("sh", "cmp", "cp", "dirname", "id")
OLD = "exit 1"  # what a Python older than 3.11 answers to the question of its version
WITHOUT_VENV = """
case "$*" in
    *version_info\\ *) exit 0 ;;
    *ensurepip*) exit 1 ;;
    *) echo python3.13-venv ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout and a PATH with next to nothing on it."""
    shutil.copy(state.CHECKOUT / "inv", tmp_path / "inv")
    (tmp_path / "requirements.lock").write_text("")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return tmp_path


def add(machine: Path, command: str, script: str) -> None:
    """Put a command on the machine's PATH."""
    path = machine / "bin" / command
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def inv(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ./inv --list there."""
    return subprocess.run(
        [machine / "inv", "--list"],
        env={"PATH": str(machine / "bin")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_one_sentence(done: subprocess.CompletedProcess[str], expected: str) -> None:
    assert done.returncode == 1, done
    assert done.stderr.count("\n") == 1, done.stderr
    assert expected in done.stderr


def test_a_machine_without_a_recent_python_is_told_which_it_needs(machine: Path) -> None:
    add(machine, "python3", OLD)
    assert_one_sentence(inv(machine), "Slipway needs Python 3.11 or newer")


def test_a_machine_without_venv_is_told_the_package_where_nothing_may_be_installed(
    machine: Path,
) -> None:
    add(machine, "python3", WITHOUT_VENV)
    add(machine, "apt-get", "exit 0")
    done = inv(machine, SLIPWAY_INSTALL="0")
    assert_one_sentence(done, "install it (Debian, Ubuntu: python3.13-venv)")


def test_a_system_without_apt_is_told_what_is_missing(machine: Path) -> None:
    add(machine, "python3", WITHOUT_VENV)
    assert_one_sentence(inv(machine), "Python's venv module is not complete")


def test_an_environment_that_is_current_is_used_as_it_is(machine: Path) -> None:
    (machine / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(machine / "requirements.lock", machine / ".venv" / "requirements.lock")
    (machine / ".venv" / "bin" / "invoke").write_text('#!/bin/sh\necho "invoke $*"\n')
    (machine / ".venv" / "bin" / "invoke").chmod(0o755)
    shutil.copy(machine / ".venv" / "bin" / "invoke", machine / ".venv" / "bin" / "python")
    (machine / ".venv" / "checkout").write_text(f"{machine}\n")
    assert inv(machine).stdout == "invoke --list\n"


def test_an_environment_older_than_the_lock_is_made_anew(machine: Path) -> None:
    (machine / ".venv" / "bin").mkdir(parents=True)
    (machine / ".venv" / "requirements.lock").write_text("invoke==1\n")
    add(machine, "python3", OLD)
    assert_one_sentence(inv(machine), "Slipway needs Python 3.11 or newer")


def test_an_environment_that_was_made_for_another_place_is_made_anew(machine: Path) -> None:
    (machine / ".venv" / "bin").mkdir(parents=True)
    (machine / ".venv" / "bin" / "python").symlink_to("/bin/sh")
    shutil.copy(machine / "requirements.lock", machine / ".venv" / "requirements.lock")
    (machine / ".venv" / "checkout").write_text("/somewhere/else\n")
    add(machine, "python3", OLD)
    assert_one_sentence(inv(machine), "Slipway needs Python 3.11 or newer")


def test_what_a_link_leads_to_is_not_emptied_for_a_new_environment(machine: Path) -> None:
    kept = machine / "elsewhere" / "file"
    kept.parent.mkdir()
    kept.touch()
    (machine / ".venv").symlink_to(kept.parent)
    add(machine, "python3", 'case "$*" in *--clear*) rm -r .venv/* ;; esac')
    assert_one_sentence(inv(machine), ".venv is a symbolic link")
    assert kept.exists()
