"""What becomes of the slot that does not answer any more, and of one that a killed run left."""

import socket
import subprocess
import time
from pathlib import Path
from shutil import which

import pytest
from ansible_collections.slipway.django.plugins.module_utils import activation
from ansible_collections.slipway.django.plugins.module_utils.pruning import tidy
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps
from ansible_collections.slipway.django.plugins.module_utils.units import waiting

from tests.unit.plugins.conftest import FIRST, SECOND
from tests.unit.plugins.host import Host

STOP_OLD = "stop --no-block shop_dev@blue.service"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls that take no time."""
    monkeypatch.setattr(activation, "POLL_SECONDS", 0.001)


def asked(host: Host) -> int:
    """How often somebody asked what waits on the sockets."""
    return len((host.directory / "asked").read_text().splitlines())


def test_what_waits_to_be_accepted_is_waited_for(serving: Host) -> None:
    serving.make(SECOND)
    (serving.directory / "queues").write_text("12\n1\n0\n7\n")
    steps = serving.activate(SECOND, drain=5)
    assert steps[-1] == "drain"
    assert asked(serving) == 3
    assert serving.calls()[-1] == STOP_OLD


def test_a_queue_that_never_empties_is_waited_for_no_longer_than_was_said(serving: Host) -> None:
    serving.make(SECOND)
    (serving.directory / "queues").write_text("9\n" * 1000)
    activation = serving.activation(SECOND, drain=0.3)
    activation.perform()
    started = time.monotonic()
    activation.drain_old()
    assert 0.3 <= time.monotonic() - started < 5
    assert serving.calls()[-1] == STOP_OLD


def test_where_no_other_slot_runs_there_is_nothing_to_drain(serving: Host) -> None:
    before = serving.calls()
    serving.activation(FIRST).drain_old()
    assert serving.calls() == before


@pytest.mark.skipif(not which("ss"), reason="ss is not on this machine")
def test_connections_that_nobody_accepted_are_counted(tmp_path: Path) -> None:
    busy, idle = str(tmp_path / "s"), str(tmp_path / "s2")
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two:
        for server, path in ((one, busy), (two, idle)):
            server.bind(path)
            server.listen()
        with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
            first.connect(busy)
            second.connect(busy)
            assert (waiting(busy), waiting(idle)) == (2, 0)
            one.accept()[0].close()
            assert waiting(busy) == 1


@pytest.mark.skipif(not which("ss"), reason="ss is not on this machine")
def test_a_request_that_nobody_read_is_counted(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
        accepted = server.accept()[0]
        assert waiting(path) == 0
        client.send(b"GET /")
        assert waiting(path) > 0
        accepted.recv(5)
        assert waiting(path) == 0
        accepted.close()


def left_over(host: Host, slot: str) -> None:
    """Let a slot run, as a killed run left it."""
    host.make(SECOND)
    Path(host.instance.slot(slot)).symlink_to(f"../releases/{SECOND}")
    subprocess.run(["systemctl", "start", host.instance.slot_unit(slot)], check=True)


def test_a_slot_that_a_killed_run_left_is_stopped(serving: Host) -> None:
    left_over(serving, "green")
    steps = Steps()
    assert tidy(serving.instance, steps, dry=False)
    assert serving.running() == ["blue"]
    assert [step["detail"] for step in steps.taken] == ["shop_dev@green.service"]


def test_where_nothing_was_left_nothing_is_stopped(serving: Host) -> None:
    steps = Steps()
    assert not tidy(serving.instance, steps, dry=False)
    assert (serving.running(), steps.taken) == (["blue"], [])


def test_before_the_first_release_no_slot_is_the_idle_one(host: Host) -> None:
    left_over(host, "blue")
    assert not tidy(host.instance, Steps(), dry=False)
    assert host.running() == ["blue"]
