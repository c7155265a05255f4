"""Which run a module belongs to, and what is done about the lease of a run that died here."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.slipway.django.plugins.plugin_utils import leased
from ansible_collections.slipway.django.plugins.plugin_utils.leased import died, run_id

from tests.unit.plugins.conftest import Play

PLAY = """\
- hosts: localhost
  gather_facts: false
  vars: {{slipway_action: deploy, slipway_wait_seconds: 30}}
  tasks:
    - name: Take the lease
      slipway.django.lease: {{project: shop, env: dev, lease: {{begins: true}}}}
"""
# A host's Python that notes what it is sent and answers with the next line of a file.
PYTHON = """\
#!/bin/sh
(cat; echo) >>{directory}/requests
sed -n 1p {directory}/answers
sed -i 1d {directory}/answers
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def dead(process: subprocess.Popen[bytes]) -> str:
    """The run of a process that ended."""
    run = run_id(process.pid)
    process.kill()
    process.wait()
    return run


def test_a_run_is_named_by_its_place_its_process_and_when_that_started() -> None:
    assert run_id(os.getpid()) == run_id(os.getpid())
    assert run_id(os.getpid()).startswith(f"{leased.place()}/{os.getpid()}/")
    assert run_id(os.getpid()) != run_id(os.getppid())


def test_a_run_whose_process_lives_has_not_died(sleeper: subprocess.Popen[bytes]) -> None:
    assert not died(run_id(os.getpid()))
    assert not died(run_id(sleeper.pid))


def test_a_run_whose_process_is_gone_has_died(sleeper: subprocess.Popen[bytes]) -> None:
    assert died(dead(sleeper))


def test_a_process_that_got_the_number_of_another_is_not_that() -> None:
    assert died(f"{leased.place()}/{os.getpid()}/1")


def test_a_process_that_cannot_be_looked_at_lives(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_id(sleeper.pid)
    monkeypatch.setattr(leased, "born", lambda _process: "")
    assert not died(run)


def test_a_process_of_another_user_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_process: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert leased.exists(1)


@pytest.mark.parametrize("run", ["", "ada/1", "other/4fc0/pid:[1]/1/2", "///"])
def test_of_another_controllers_runs_nothing_is_known(run: str) -> None:
    assert not died(run)


class Fake(leased.ActionModule):
    """The action with a module that gives the answers of a list, and notes what it was called."""

    def __init__(self, answers: list[dict[str, Any]], lease: dict[str, Any], **given: Any) -> None:
        trusted = {n: trust_as_template(v) if isinstance(v, str) else v for n, v in given.items()}
        self._task = SimpleNamespace(args={"project": "shop", "lease": lease})
        self._templar = Templar(loader=DataLoader(), variables=trusted)
        self.answers = answers
        self.called: list[dict[str, Any]] = []
        self.given = trusted

    def module(self, args: Any, task_vars: dict[str, Any]) -> dict[str, Any]:
        self.called.append(args)
        return self.answers.pop(0)

    def outcome(self) -> dict[str, Any]:
        """What the action comes to."""
        return self.run(task_vars=self.given)


WELL = {"changed": False}


def refused(by: str) -> dict[str, Any]:
    """The answer of a module that met the lease of another run."""
    return {"failed": True, "msg": "shop_dev is leased", "holder": {"id": by}}


def test_a_module_is_told_whose_run_it_belongs_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_WHO", "ada")
    action = Fake([WELL], {"begins": True}, slipway_action="{{ what }}", what="deploy")
    assert action.outcome() == WELL
    (args,) = action.called
    assert args["project"] == "shop"
    assert args["lease"] == {
        **{"id": run_id(os.getppid()), "who": "ada", "action": "deploy"},
        **{"seconds": 60.0, "wait": 0.0, "begins": True},
    }


def test_a_person_is_named_with_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLIPWAY_WHO", raising=False)
    monkeypatch.setenv("LOGNAME", "ada")
    action = Fake([WELL], {})
    action.outcome()
    assert action.called[0]["lease"]["who"] == f"ada@{os.uname().nodename}"


@pytest.mark.parametrize(
    ("given", "seconds", "wait"),
    [
        ({"slipway_lease_seconds": "90", "slipway_wait_seconds": "120"}, 90.0, 120.0),
        ({"ansible_play_hosts_all": ["a", "b", "c"]}, 180.0, 0.0),
    ],
    ids=["the inventory", "several hosts"],
)
def test_the_times_of_a_lease_follow(given: dict[str, Any], seconds: float, wait: float) -> None:
    action = Fake([refused("ada/1"), WELL], {"begins": True}, **given)
    action.outcome()
    lease = action.called[-1]["lease"]
    assert (lease["seconds"], lease["wait"]) == (seconds, wait)


def test_waiting_comes_after_a_look_at_who_is_waited_for(sleeper: subprocess.Popen[bytes]) -> None:
    run = dead(sleeper)
    action = Fake([refused(run), WELL], {"begins": True}, slipway_wait_seconds=120)
    assert action.outcome() == WELL
    assert action.called[0]["lease"]["wait"] == 0


def test_the_lease_of_a_run_that_died_here_is_taken_at_once(
    sleeper: subprocess.Popen[bytes],
) -> None:
    run = dead(sleeper)
    action = Fake([refused(run), WELL], {"begins": True})
    assert action.outcome() == WELL
    assert [args["lease"].get("gone") for args in action.called] == [None, run]


def test_the_lease_of_a_run_that_lives_is_left_to_it(sleeper: subprocess.Popen[bytes]) -> None:
    action = Fake([refused(run_id(sleeper.pid))], {"begins": True})
    assert action.outcome()["failed"]


def test_a_run_that_lost_its_lease_takes_nobody_elses(sleeper: subprocess.Popen[bytes]) -> None:
    assert Fake([refused(dead(sleeper))], {"begins": False}).outcome()["failed"]


def test_another_failure_is_no_reason_to_try_again() -> None:
    action = Fake([{"failed": True, "msg": "no such branch"}], {"begins": True})
    assert action.outcome()["msg"] == "no such branch"


@pytest.mark.slow
def test_ansible_calls_the_action_for_our_modules(
    play: Play, tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    gone = dead(sleeper)
    (tmp_path / "play.yml").write_text(PLAY.format())
    (tmp_path / "answers").write_text(f"{json.dumps(refused(gone))}\n{json.dumps(WELL)}\n")
    (tmp_path / "python").write_text(PYTHON.format(directory=tmp_path))
    (tmp_path / "python").chmod(0o755)
    interpreter = f"ansible_python_interpreter={tmp_path / 'python'}"
    words = ("-i", "localhost,", "-c", "local", "-e", interpreter, tmp_path / "play.yml")
    done = play(*words, SLIPWAY_WHO="ada")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (tmp_path / "requests").read_text().splitlines()
    first, second = (json.loads(line)["params"]["lease"] for line in lines if line)
    assert (first["who"], first["action"], first["wait"]) == ("ada", "deploy", 0.0)
    assert (second["gone"], second["id"]) == (gone, first["id"])
