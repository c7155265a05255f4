"""Units that are to run, asked of a systemctl that only pretends."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.slipway.django.plugins.modules import services
from ansible_collections.slipway.django.plugins.modules.services import verbs

# Shows the file of each unit, or that there is none; keeps what else it is told.
SYSTEMCTL = """\
#!/bin/sh
cd {directory}
[ "$1" = show ] || {{ echo "$*" >>calls; exit; }}
shift 3
for unit; do
    [ "$unit" = "$1" ] || echo
    cat "$unit" 2>/dev/null || printf 'Id=%s\\nLoadState=not-found\\n' "$unit"
done
"""
RUNS = {
    **{"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active"},
    **{"ConditionResult": "yes", "ConditionTimestampMonotonic": "9000000"},
    "ActiveEnterTimestampMonotonic": "10000000",
}
STOPPED = RUNS | {"ActiveState": "inactive"}

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module; units are described by files of tmp_path."""
    (tmp_path / "systemctl").write_text(SYSTEMCTL.format(directory=tmp_path))
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def run(**given: object) -> dict[str, Any]:
        with patch_module_args(given), pytest.raises(SystemExit):
            services.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return run


def describe(directory: Path, name: str, unit: dict[str, str]) -> None:
    """Let systemctl show a unit."""
    (directory / name).write_text("".join(f"{key}={value}\n" for key, value in unit.items()))


def calls(directory: Path) -> list[str]:
    """What systemctl was called with, but for looking."""
    path = directory / "calls"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (RUNS, []),
        (RUNS | {"UnitFileState": "static"}, []),
        (RUNS | {"UnitFileState": "disabled"}, ["enable"]),
        (STOPPED, ["start"]),
        (STOPPED | {"ActiveState": "failed"}, ["start"]),
        (STOPPED | {"LoadState": "masked"}, ["unmask", "enable", "start"]),
        (STOPPED | {"LoadState": "not-found"}, []),
        (STOPPED | {"ConditionResult": "no"}, []),
        (RUNS | {"NeedDaemonReload": "yes"}, ["restart"]),
    ],
    ids=[
        *("runs", "static", "disabled", "stopped", "failed", "masked", "not installed"),
        *("kept from it by a condition", "its file is newer than what systemd read"),
    ],
)
def test_what_a_unit_needs(unit: dict[str, str], expected: list[str]) -> None:
    assert verbs(unit, None) == expected


def test_a_unit_that_was_never_tried_is_tried_before_a_condition_counts() -> None:
    never = {"ConditionTimestampMonotonic": "0", "ActiveEnterTimestampMonotonic": "0"}
    assert verbs(STOPPED | {"ConditionResult": "no"} | never, None) == ["start"]


@pytest.mark.parametrize(("newest", "expected"), [(9.5, []), (10.5, ["restart"])])
def test_a_unit_begins_anew_where_its_file_is_newer(newest: float, expected: list[str]) -> None:
    assert verbs(RUNS, newest) == expected


@pytest.mark.parametrize(("newest", "expected"), [(8.5, []), (10.5, ["restart"])])
def test_one_that_a_condition_forbids_is_tried_once_for_each_change(
    newest: float, expected: list[str]
) -> None:
    forbidden = {"ConditionResult": "no", "ActiveEnterTimestampMonotonic": "0"}
    assert verbs(STOPPED | forbidden, newest) == expected


def test_each_is_brought_to_what_it_should_be(run: Run, tmp_path: Path) -> None:
    describe(tmp_path, "a.timer", RUNS)
    describe(tmp_path, "b.service", STOPPED)
    result = run(names=["a.timer", "away.service", "b.service"])
    assert result["done"] == ["start b.service"]
    assert calls(tmp_path) == ["start b.service"]


def test_nothing_is_done_where_all_is_right(run: Run, tmp_path: Path) -> None:
    describe(tmp_path, "a.timer", RUNS)
    assert run(names=["a.timer"])["changed"] is False
    assert run(names=[])["changed"] is False
    assert calls(tmp_path) == []


def test_systemd_reads_its_units_before_one_begins_anew(run: Run, tmp_path: Path) -> None:
    describe(tmp_path, "a.timer", RUNS | {"NeedDaemonReload": "yes"})
    run(names=["a.timer"])
    assert calls(tmp_path) == ["daemon-reload", "restart a.timer"]


def test_a_run_that_died_after_it_wrote_a_file_is_made_good(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "journald.conf"
    file.touch()
    since = {"ActiveEnterTimestampMonotonic": str(int((time.monotonic() - 5) * 1e6))}
    describe(tmp_path, "a.service", RUNS | since)
    assert run(names=["a.service"], files={"a.service": [str(file)]})["changed"] is True
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert run(names=["a.service"], files={"a.service": [str(file)]})["changed"] is False


def test_a_dry_run_tells_what_a_file_that_would_be_written_leads_to(
    run: Run, tmp_path: Path
) -> None:
    describe(tmp_path, "a.service", RUNS)
    files = {"a.service": [str(tmp_path / "new")]}
    result = run(
        names=["a.service"], files=files, written=files["a.service"], _ansible_check_mode=True
    )
    assert result["done"] == ["restart a.service"]
    assert calls(tmp_path) == []
