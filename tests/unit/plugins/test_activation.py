"""Switching from one release to another, with a small systemd that starts real processes."""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import activation, releases
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.modules import activate

from tests.unit.plugins.conftest import Release
from tests.unit.plugins.host import JOURNALCTL, SERVER, SYSTEMCTL, Host, Local

FIRST, SECOND = "20261121T101500Z-3f2a1c9", "20261122T101500Z-0a1b2c3"


@pytest.fixture
def host(
    tmp_path: Path, shop: Instance, release: Release, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Host]:
    """A host that was provisioned."""
    (tmp_path / "run").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "server.py").write_text(SERVER)
    given = {"directory": str(tmp_path), "slots": shop.slots, "python": sys.executable}
    for name, script in (("systemctl", SYSTEMCTL), ("journalctl", JOURNALCTL)):
        (tmp_path / "bin" / name).write_text(script.format(**given))
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    yield Host(tmp_path, Local(**shop.as_dict()), release)
    for file in (tmp_path / "run").glob("*.pid"):
        os.kill(int(file.read_text()), 15)


@pytest.fixture
def serving(host: Host) -> Host:
    """A host on which the first release answers, and the second is built."""
    host.make(FIRST)
    host.activate(FIRST)
    return host


def refusal(host: Host, name: str = SECOND, nginx_port: int | None = None) -> Failed:
    """The failure to activate a release."""
    with pytest.raises(Failed) as caught:
        host.activate(name, nginx_port)
    return caught.value


def test_the_first_release_answers(host: Host) -> None:
    host.make(FIRST)
    assert host.activate(FIRST) == ["start", "ask", "switch"]
    assert host.answers() == f"{FIRST}: 200"
    assert releases.proven(host.instance, FIRST)
    assert host.calls()[-1] == "start shop_dev.service"


def test_the_next_one_takes_the_other_slot_and_the_old_one_is_stopped_last(serving: Host) -> None:
    serving.make(SECOND)
    assert serving.activate(SECOND) == ["start", "ask", "switch", "drain"]
    assert serving.answers() == f"{SECOND}: 200"
    assert serving.running() == ["green"]
    assert serving.calls()[-1] == "stop shop_dev@blue.service"


def test_the_slots_take_turns(serving: Host) -> None:
    serving.make(SECOND)
    serving.activate(SECOND)
    serving.activate(FIRST)
    assert (serving.answers(), serving.running()) == (f"{FIRST}: 200", ["blue"])


def test_a_release_has_time_to_become_well(serving: Host) -> None:
    serving.make(SECOND, health="503 503 200")
    serving.activate(SECOND)
    assert serving.answers() == f"{SECOND}: 200"


Break = Callable[[Host], int | None]


def does_not_start(host: Host) -> None:
    """Make a release that systemd cannot start."""
    host.make(SECOND, broken="")


def is_not_well(host: Host) -> None:
    """Make a release whose health view never answers rightly."""
    host.make(SECOND, health="503")


def is_another(host: Host) -> None:
    """Make a release in whose slot another one runs."""
    host.make(SECOND, astray=f"../{FIRST}")


def is_not_behind_nginx(host: Host) -> int:
    """Make a good release on a host whose nginx does not answer; nginx's port."""
    host.make(SECOND)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


SENTENCES: dict[Break, str] = {
    does_not_start: "The release does not start as shop_dev@green.service.",
    is_not_well: "The release was not well within 0 s: /health/ answered 503 Said, not 200.",
    is_another: f"Another release than {SECOND} answers on the slot's socket.",
    is_not_behind_nginx: "/health/ did not answer: [Errno 111] Connection refused.",
}


@pytest.mark.parametrize("spoil", SENTENCES)
def test_after_any_failure_the_old_release_answers_as_before(serving: Host, spoil: Break) -> None:
    port = spoil(serving)
    before = serving.links()
    failed = refusal(serving, nginx_port=port)
    assert str(failed) == f"{SENTENCES[spoil]} {FIRST} serves on."
    assert (serving.links(), serving.answers()) == (before, f"{FIRST}: 200")
    assert serving.running() == ["blue"], "the failed release is left running"
    assert "stop shop_dev@blue.service" not in serving.calls()[2:], "the old slot was stopped"
    assert not releases.proven(serving.instance, SECOND)


@pytest.mark.parametrize("spoil", SENTENCES)
def test_after_a_failed_first_release_nothing_answers_and_nothing_is_left(
    host: Host, spoil: Break
) -> None:
    host.make(FIRST)
    port = spoil(host)
    failed = refusal(host, nginx_port=port)
    assert str(failed).endswith("Nothing served before, and nothing does now.")
    assert (host.links(), host.running()) == ({}, [])


def test_the_way_back_is_taken_even_where_the_journal_cannot_be_read(serving: Host) -> None:
    (serving.directory / "mute").touch()
    port = is_not_behind_nginx(serving)
    assert str(refusal(serving, nginx_port=port)).endswith(f" {FIRST} serves on.")
    assert serving.answers() == f"{FIRST}: 200"


def test_a_failure_shows_what_the_release_said_and_its_log(serving: Host) -> None:
    is_not_well(serving)
    evidence = refusal(serving).evidence
    assert evidence == ["I say 503", "ImportError: no module named boats"]


def test_requests_during_a_switch_are_all_answered(serving: Host) -> None:
    serving.make(SECOND)
    answers: list[str] = []
    switching = threading.Thread(target=serving.activate, args=[SECOND])
    switching.start()
    while switching.is_alive():
        answers.append(serving.answers()[-3:])
        time.sleep(0.001)
    assert set(answers) == {"200"}, answers


def perform(
    host: Host, release: str, dry: bool = True, configuration: list[str] | None = None
) -> dict[str, Any]:
    """What the module says that it would do."""
    instance = host.instance
    params = {"project": "shop", "env": "dev", "root": instance.root, "release": release}
    params["configuration"] = configuration or []
    return activate.perform(params, dry, Steps())


def test_the_release_that_answers_is_left_alone(
    serving: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activate, "instance_of", lambda _params: serving.instance)
    result = perform(serving, FIRST, dry=False)
    assert (result["changed"], result["before"], result["release"]["id"]) == (False, FIRST, FIRST)


@pytest.mark.parametrize("cut", ["before the mark", "between the links"])
def test_a_switch_that_was_cut_short_is_not_taken_for_done(serving: Host, cut: str) -> None:
    assert releases.settled(serving.instance)
    if cut == "before the mark":
        Path(serving.instance.record(FIRST, "activated")).unlink()
    else:
        Path(serving.instance.current).unlink()
        Path(serving.instance.current).symlink_to(f"releases/{SECOND}")
    assert not releases.settled(serving.instance)


def test_a_release_that_should_answer_and_does_not_is_started_again(serving: Host) -> None:
    Path(serving.instance.socket).unlink()
    assert perform(serving, FIRST)["changed"]


@pytest.mark.parametrize("is_newer", [True, False])
def test_the_live_release_is_started_again_where_its_configuration_is_newer(
    serving: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_newer: bool
) -> None:
    monkeypatch.setattr(activate, "instance_of", lambda _params: serving.instance)
    started = time.monotonic_ns() // 1000
    monkeypatch.setattr(
        activation, "systemctl", lambda *_words, problem: f"ActiveEnterTimestampMonotonic={started}"
    )
    file = tmp_path / "gunicorn.conf.py"
    file.touch()
    moment = time.time() + (5 if is_newer else -5)
    os.utime(file, (moment, moment))
    result = perform(serving, "live", configuration=[str(file)])
    assert (result["changed"], result["before"]) == (is_newer, FIRST)


def test_before_the_first_release_there_is_nothing_to_start_again(host: Host) -> None:
    assert not perform(host, "live", dry=False)["changed"]


def test_check_mode_knows_that_a_release_is_to_be_built(serving: Host) -> None:
    result = perform(serving, "")
    assert (result["changed"], result["release"]) == (True, {})


@pytest.mark.parametrize(
    ("wanted", "sentence", "evidence"),
    [
        ("previous", "shop_dev has no earlier release that answered before.", []),
        ("20251121T101500Z", "shop_dev has no release 20251121T101500Z.", ["It has:", FIRST]),
    ],
)
def test_a_release_that_is_not_there_is_refused(
    serving: Host, wanted: str, sentence: str, evidence: list[str]
) -> None:
    with pytest.raises(Failed) as caught:
        perform(serving, wanted)
    assert (str(caught.value), caught.value.evidence) == (sentence, evidence)
