"""What is asked of systemd, of the small one that tests/unit/plugins/host.py has."""

import contextlib
import json
import os
import time
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import units
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.plugins.conftest import SECOND
from tests.unit.plugins.host import Host

BLUE, GREEN = "shop_dev@blue.service", "shop_dev@green.service"


def nothing() -> None:
    """Wait and see."""


def shown(host: Host, **properties: object) -> None:
    """Let systemd say more of every unit."""
    lines = [f"{name}={value}" for name, value in properties.items()]
    (host.directory / "shown").write_text("\n".join(lines))


@pytest.fixture
def second(serving: Host) -> Host:
    """A host whose idle slot is about to run the second release."""
    serving.make(SECOND)
    Path(serving.instance.slot("green")).symlink_to(f"../releases/{SECOND}")
    return serving


def test_a_unit_that_runs_is_active(serving: Host) -> None:
    assert serving.running() == ["blue"]
    assert (units.state(BLUE), units.state(GREEN)) == ("active", "inactive")


def test_properties_are_told_by_name_whatever_stands_in_them(serving: Host) -> None:
    shown(serving, ExecStart="{ path=/bin/sh ; argv[]=sh }", Empty="")
    found = units.show(BLUE, "ExecStart", "Empty")
    assert (found["ExecStart"], found["Empty"]) == ("{ path=/bin/sh ; argv[]=sh }", "")


def test_somebody_looks_on_until_a_unit_is_ready(second: Host) -> None:
    seen: list[list[str]] = []
    units.start(GREEN, lambda: seen.append(second.running()))
    assert seen[0] == ["blue"], "nobody looked before it ran"
    assert second.running() == ["blue", "green"]


def test_who_looks_on_may_end_a_start_that_takes_long(second: Host) -> None:
    second.make("slow", slow="")
    Path(second.instance.slot("green")).unlink()
    Path(second.instance.slot("green")).symlink_to("../releases/slow")

    def refuse() -> None:
        raise Failed("It takes too much.")

    started = time.monotonic()
    with pytest.raises(Failed, match="It takes too much"):
        units.start(GREEN, refuse)
    assert time.monotonic() - started < 4, "it waited for the start"


def test_a_unit_that_does_not_start_is_named(second: Host) -> None:
    Path(second.instance.release(SECOND), "broken").touch()
    with pytest.raises(Failed, match=f"The release does not start as {GREEN}"):
        units.start(GREEN, nothing)


def test_what_does_not_run_is_not_stopped(serving: Host) -> None:
    before = serving.calls()
    units.stop(GREEN)
    assert serving.calls() == before


def test_a_unit_that_fails_while_it_stops_may_start_again(serving: Host) -> None:
    (serving.directory / "fails").touch()
    units.stop(BLUE)
    assert units.state(BLUE) == "inactive"
    assert f"reset-failed {BLUE}" in (serving.directory / "calls").read_text()


def test_a_unit_that_shall_stop_soon_is_not_waited_for(serving: Host) -> None:
    units.stop_soon(BLUE)
    assert serving.calls()[-1] == f"stop --no-block {BLUE}"


def test_the_log_is_the_units_and_systemds_own_words_since_a_moment(serving: Host) -> None:
    program = '#!/bin/sh\nprintf \'{"MESSAGE": "%s"}\\n\' "$*"\n'
    (serving.directory / "bin" / "journalctl").write_text(program)
    words = units.journal(BLUE, 1763720100.25).split()
    assert {f"--unit={BLUE}", "--since=@1763720100.250000"} <= set(words), words
    # Else systemd before 254 has the first lines, not the last ones.
    assert "--reverse" in words


def test_the_log_is_told_in_its_order_with_lines_of_one_message_together(serving: Host) -> None:
    newest = json.dumps({"MESSAGE": "Traceback:\n  a\u2028b\nKeyError"}, ensure_ascii=False)
    text = f'{newest}\n{{"MESSAGE": null}}\n{{"MESSAGE": "Started"}}'
    (serving.directory / "bin" / "journalctl").write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    assert units.journal(BLUE, 0) == "Started\n\nTraceback:\n  a\u2028b\nKeyError"


def test_a_log_that_cannot_be_read_is_empty(serving: Host) -> None:
    (serving.directory / "mute").touch()
    assert units.journal(BLUE, 0) == ""


def test_a_unit_whose_file_changed_is_stale_and_read_before_it_starts(serving: Host) -> None:
    shown(serving, NeedDaemonReload="yes")
    assert units.stale(GREEN, [])
    assert "daemon-reload" not in (serving.directory / "calls").read_text()
    with contextlib.suppress(Failed):
        units.start(GREEN, lambda: None)
    calls = (serving.directory / "calls").read_text().splitlines()
    assert calls[-2:] == ["daemon-reload", f"start {GREEN}"], calls


@pytest.mark.parametrize(("seconds", "stale"), [(5, True), (-5, False)])
def test_a_unit_is_stale_where_a_file_is_newer_than_its_start(
    serving: Host, tmp_path: Path, seconds: int, stale: bool
) -> None:
    shown(serving, ActiveEnterTimestampMonotonic=time.monotonic_ns() // 1000)
    file = tmp_path / "gunicorn.conf.py"
    file.touch()
    os.utime(file, (time.time() + seconds,) * 2)
    assert units.stale(BLUE, [str(tmp_path / "none"), str(file)]) is stale


def test_a_unit_without_a_group_has_no_processes(serving: Host) -> None:
    assert serving.instance.slot_unit("blue") == BLUE
    assert units.processes(BLUE) == []


def own_group() -> str:
    """The control group of this process below /sys/fs/cgroup, if that is where groups are."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _number, _controllers, group = line.split(":", 2)
        for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd"):
            if str(os.getpid()) in _read(f"{root}{group}/cgroup.procs").split():
                return group
    return ""


def _read(path: str) -> str:
    """A file's text, empty where it cannot be read."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def test_the_processes_of_a_unit_are_those_of_its_group(serving: Host) -> None:
    group = own_group()
    if not group:
        pytest.skip("this machine hides the control group of its processes")
    shown(serving, ControlGroup=group)
    assert os.getpid() in units.processes(BLUE)
