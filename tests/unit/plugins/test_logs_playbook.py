"""Playbook logs on several hosts, one of which is down and another one cannot be read."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.conftest import Play
from tests.unit.plugins.inventories import inventory

ENTRY = {"stamp": 1, "time": "10:15:01", "unit": "web@blue", "level": "info", "text": "Ahoy"}
SAYS = {
    "web3": {"changed": False, "entries": [ENTRY], "remarks": []},
    "web2": {"failed": True, "msg": "The journal cannot be read."},
}
LOCAL = {"ansible_connection": "local", "ansible_become": False}
# Nobody listens there.
DOWN = {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_become": False}


def python_of(place: Path, host: str) -> dict[str, Any]:
    """The variables of a host whose Python prints what the module says there."""
    program = place / host
    program.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{json.dumps(SAYS[host])}'\n")
    program.chmod(0o755)
    return {**LOCAL, "ansible_python_interpreter": str(program)}


def read(play: Play, place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A run of the playbook on web1, which is down, web2, which fails, and web3, which answers."""
    hosts = {"web1": DOWN, **{host: python_of(place, host) for host in SAYS}}
    return play("playbooks/logs.yml", "-i", inventory(place / "hosts.yml", hosts), *words)


@pytest.mark.slow
def test_the_task_runner_gets_what_every_host_said_or_why_it_did_not(
    play: Play, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.json"
    done = read(play, tmp_path, "-e", f"slipway_answer={answer}")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(answer.read_text())
    assert found["web3"]["entries"] == [ENTRY]
    assert (found["web2"]["failed"], found["web2"]["msg"]) == (True, SAYS["web2"]["msg"])
    assert found["web1"]["unreachable"] is True


@pytest.mark.slow
def test_without_the_task_runner_they_are_named_beside_the_lines_of_the_others(
    play: Play, tmp_path: Path
) -> None:
    done = read(play, tmp_path)
    assert done.returncode != 0
    assert "10:15:01  web@blue    Ahoy" in done.stdout
    assert "FAILED  web2: The journal cannot be read." in done.stdout
    assert "FAILED  web1 does not answer over SSH: " in done.stdout
    assert "2 of 3 hosts failed" in done.stdout
