"""Switching from one release to another, with a small systemd that starts real processes."""

import re
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import (
    activation,
    memory,
    releases,
    units,
)
from ansible_collections.slipway.django.plugins.module_utils.memory import Budget
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.plugins.conftest import FIRST, SECOND
from tests.unit.plugins.host import Host


def refusal(host: Host, name: str = SECOND, **differences: Any) -> Failed:
    """The failure to activate a release."""
    with pytest.raises(Failed) as caught:
        host.activate(name, **differences)
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
    assert serving.calls()[-1] == "stop --no-block shop_dev@blue.service"


def test_a_release_of_an_older_slipway_still_starts_where_its_application_lies(
    serving: Host,
) -> None:
    serving.make(SECOND)
    serving.activate(SECOND)
    link = Path(serving.instance.record(SECOND, "app"))
    assert (link / "manage.py").resolve() == Path(serving.instance.release(SECOND)) / "manage.py"


def test_the_slots_take_turns(serving: Host) -> None:
    serving.make(SECOND)
    serving.activate(SECOND)
    serving.activate(FIRST)
    assert (serving.answers(), serving.running()) == (f"{FIRST}: 200", ["blue"])


def test_a_release_has_time_to_become_well(serving: Host) -> None:
    serving.make(SECOND, health="503 503 200")
    serving.activate(SECOND, patience=30)
    assert serving.answers() == f"{SECOND}: 200"


Break = Callable[[Host], int | None]


def does_not_start(host: Host) -> None:
    """Make a release that systemd cannot start."""
    host.make(SECOND, broken="")


def is_not_well(host: Host) -> None:
    """Make a release whose health view never answers rightly."""
    host.make(SECOND, health="503")


def restarts(host: Host) -> None:
    """Make a release that systemd has to start again."""
    host.make(SECOND, health="503", restarts="1")


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
    restarts: "The release ended while it was asked: /health/ answered 503 Said, not 200.",
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
    stopped = [call for call in serving.calls()[2:] if re.match("stop .*@blue", call)]
    assert stopped == [], "the old slot was stopped"
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


def test_a_slot_that_cannot_be_stopped_does_not_hide_why_it_should(serving: Host) -> None:
    is_not_well(serving)
    (serving.directory / "stuck").touch()
    switch = serving.activation(SECOND)
    with pytest.raises(Failed) as caught:
        switch.perform()
    (serving.directory / "stuck").unlink()
    assert str(caught.value) == f"{SENTENCES[is_not_well]} {FIRST} serves on."
    assert switch.steps.taken[-1]["detail"] == "shop_dev@green.service does not stop."


def test_a_disk_that_refuses_a_link_is_no_hindrance_where_nothing_was_switched(
    serving: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_not_well(serving)
    link = activation.link

    def full(target: str, path: str) -> None:
        if path in (serving.instance.current, serving.instance.socket):
            raise OSError(28, "No space left on device")
        link(target, path)

    monkeypatch.setattr(activation, "link", full)
    assert str(refusal(serving)) == f"{SENTENCES[is_not_well]} {FIRST} serves on."
    assert serving.running() == ["blue"]


@pytest.mark.parametrize("cut", ["socket", "current"])
def test_a_switch_that_is_cut_short_is_undone(
    serving: Host, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    serving.make(SECOND)
    before = serving.links()
    link = activation.link

    def interrupt(target: str, path: str) -> None:
        link(target, path)
        if path == getattr(serving.instance, cut) and SECOND in serving.links()["current"]:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(activation, "link", interrupt)
    assert str(refusal(serving)).endswith(f"{FIRST} serves on.")
    assert (serving.links(), serving.answers()) == (before, f"{FIRST}: 200")


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


def test_a_release_that_ends_is_not_asked_until_its_time_is_over(serving: Host) -> None:
    restarts(serving)
    started = time.monotonic()
    refusal(serving, patience=60)
    assert time.monotonic() - started < 20


def test_what_the_switch_needs_of_the_disk_is_taken_before_the_start(serving: Host) -> None:
    serving.make(SECOND)
    Path(serving.instance.record(SECOND, "activated.next")).symlink_to("/dev/full")
    failed = refusal(serving)
    assert str(failed).endswith(f"No space left on device. {FIRST} serves on.")
    assert "start shop_dev@green.service" not in serving.calls()


def test_a_release_counts_as_proven_only_after_the_switch(serving: Host) -> None:
    serving.make(SECOND)
    switch = serving.activation(SECOND)
    switch.start("green", "blue")
    assert not releases.proven(serving.instance, SECOND)
    switch.finish()
    assert releases.proven(serving.instance, SECOND)
    assert not Path(serving.instance.record(SECOND, "activated.next")).exists()


@pytest.mark.parametrize("spoil", [does_not_start, restarts])
def test_a_release_that_the_kernel_ended_over_its_memory_is_told_so(
    serving: Host, spoil: Break
) -> None:
    spoil(serving)
    (serving.directory / "shown").write_text("Result=oom-kill")
    said = str(refusal(serving))
    assert said.startswith("The kernel ended the release, which took too much memory"), said


def test_the_log_that_is_shown_is_of_this_try(
    serving: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_not_well(serving)
    began = time.time()
    moments: list[float] = []
    monkeypatch.setattr(units, "journal", lambda _unit, since: str(moments.append(since) or ""))
    refusal(serving)
    assert began - 0.1 <= moments[0] <= time.time()


def test_a_release_that_answers_now_is_no_failed_one_any_more(serving: Host) -> None:
    serving.make(SECOND)
    releases.mark_failed(serving.instance, SECOND, {"step": "ask", "reason": "The disk was full."})
    serving.activate(SECOND)
    assert releases.failed(serving.instance, SECOND) is None


def test_without_room_for_two_releases_nothing_is_started(
    serving: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving.make(SECOND)
    monkeypatch.setattr(memory, "available", lambda: 100.0)
    monkeypatch.setattr(memory, "used", lambda _unit: 50.0)
    failed = refusal(serving, budget=Budget(reserve=64, most=0))
    assert "shop_dev@blue.service uses 50 MB" in str(failed)
    assert failed.evidence == [], "another release's log is shown"
    assert "start shop_dev@green.service" not in serving.calls()


ALONE = "{ path=/srv/gunicorn ; argv[]=/srv/gunicorn ; }"
WITHIN = "{ path=/usr/local/bin/doppler ; argv[]=/usr/local/bin/doppler run -- gunicorn ; }"


def seal(host: Host, command: str, text: str = "digest") -> None:
    """Make a release that asks Doppler for its secrets, on a host whose units run a command."""
    host.make(SECOND)
    Path(host.instance.record(SECOND, "doppler")).write_text(text)
    (host.directory / "shown").write_text(f"ExecStart={command}\n")


def test_a_release_whose_service_does_not_ask_for_its_secrets_is_not_started(
    serving: Host,
) -> None:
    seal(serving, ALONE)
    said = str(refusal(serving))
    assert said.startswith("This release asks Doppler for its secrets, and its service does not")
    assert said.endswith(f"run `invoke provision dev`, then deploy again. {FIRST} serves on.")
    assert "start shop_dev@green.service" not in serving.calls()


@pytest.mark.parametrize(("command", "text"), [(WITHIN, "digest"), (WITHIN, ""), (ALONE, "")])
def test_any_other_release_is_started(serving: Host, command: str, text: str) -> None:
    seal(serving, command, text)
    serving.activate(SECOND)
    assert serving.answers() == f"{SECOND}: 200"


def test_a_service_whose_token_doppler_refuses_gets_another_by_a_deploy(
    serving: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    does_not_start(serving)
    monkeypatch.setattr(units, "journal", lambda *_given: "Doppler Error: Invalid Service token")
    said = str(refusal(serving))
    told = "Doppler refuses (Invalid Service token): a deploy brings it the inventory's token."
    assert said == f"{SENTENCES[does_not_start]} {told} {FIRST} serves on."


def test_a_unit_that_systemd_has_yet_to_read_is_read_before_it_is_judged(
    serving: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(serving, f"{WITHIN}\nNeedDaemonReload=yes")
    systemctl = units.systemctl

    def reload(*words: str, **how: Any) -> str:
        if words == ("daemon-reload",):
            (serving.directory / "shown").write_text(f"ExecStart={ALONE}\n")
        return systemctl(*words, **how)

    monkeypatch.setattr(units, "systemctl", reload)
    assert str(refusal(serving)).startswith("This release asks Doppler")


@pytest.mark.parametrize("step", ["start", "ask"])
def test_a_release_that_takes_too_much_memory_is_stopped_at_once(
    serving: Host, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    serving.make(SECOND, health="503", **({"slow": ""} if step == "start" else {}))
    switch = serving.activation(SECOND, budget=Budget(reserve=0, most=100), patience=60)
    taken = switch.steps.taken
    monkeypatch.setattr(memory, "used", lambda _unit: 200.0 if taken[-1]["name"] == step else 0.0)
    with pytest.raises(Failed, match="took 200 MB of memory while it started"):
        switch.perform()
    assert [entry["name"] for entry in taken][-2:] == [step, "go back"]
    assert (serving.answers(), serving.running()) == (f"{FIRST}: 200", ["blue"])
