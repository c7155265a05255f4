"""What people should know of a server."""

import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible_collections.slipway.django.plugins.module_utils import observed, overview
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance

from tests.unit.plugins.conftest import FIRST
from tests.unit.plugins.host import Host

PLAN = """\
Inst libssl3 [3.0.15-1] (3.0.16-1 Debian-Security:12/stable-security [amd64])
Inst tzdata [2026a] (2026b Debian:12/stable-updates [all])
Inst openssl [3.0.15-1] (3.0.16-1 Ubuntu:24.04/noble-security [amd64])
Conf libssl3 (3.0.16-1 Debian-Security:12/stable-security [amd64])
"""


class Usage(NamedTuple):
    """What is free of a disk."""

    total: int
    used: int
    free: int


def program(host: Host, name: str, script: str) -> None:
    """Put a program before the one of this machine."""
    path = host.directory / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)


def shown(host: Host, **properties: str) -> None:
    """What systemd shows of units besides their state."""
    lines = [f"{name}={value}\n" for name, value in properties.items()]
    (host.directory / "shown").write_text("".join(lines))


@pytest.mark.parametrize(
    "line",
    [
        "ERROR django.request: Internal Server Error: /notes/",
        "CRITICAL gunicorn.error: WORKER TIMEOUT (pid:12)",
        "[ERROR] something",
        "2026-11-22 10:00:00,123 ERROR django: Bad",
        "2026-11-22 10:00:00,123 - django.request - ERROR - Bad",
    ],
)
def test_an_error_is_known_by_its_level_or_as_the_end_of_a_traceback(line: str) -> None:
    assert sum(observed.counted([line]).values()) == 1


@pytest.mark.parametrize(
    "line",
    [
        "INFO gunicorn.access: 127.0.0.1 GET /error/ 200",
        'INFO gunicorn.access: 127.0.0.1 "GET /?q=ERROR HTTP/1.1" 200 73 64ms',
        "WARNING django.request: Not Found: /x",
        "    raise ValueError",
        "Started shop_dev@green.service",
        "ErrorReport was sent",
        "ValueError: outside of a traceback",
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert not observed.counted([line])


def test_lines_about_one_matter_are_counted_together_and_name_nobody() -> None:
    lines = [
        "ERROR shop: order 4711 of ada@example.com failed",
        "ERROR shop: order 4712 of bob@example.com failed",
        "ERROR - shop - payment: of `ada` — refused",
        "ERROR django.request: Internal Server Error: /reset/Mg/cxyzqk-QWErtyUiopasdfgh/",
        "ERROR shop: token abcdefghijkl-MNOPQRSTUVWXYZ and k3yabcdefghij",
    ]
    assert observed.counted(lines) == {
        "ERROR shop: order … of … failed": 2,
        "ERROR , shop , payment: of 'ada' , refused": 1,
        "ERROR django.request: Internal Server Error: /reset/…": 1,
        "ERROR shop: token … and …": 1,
    }


@pytest.mark.parametrize("end", ["KeyError", "socket.timeout: late", "shop.Boat.DoesNotExist: no"])
def test_the_last_line_of_a_traceback_is_an_error_whatever_it_is_called(end: str) -> None:
    lines = ["Traceback (most recent call last):", '  File "x.py", line 3', "    sail()", end, end]
    assert observed.counted(lines) == {end: 1}


def test_the_most_frequent_errors_are_told_and_the_others_counted() -> None:
    kinds = observed.counted(
        [f"ERROR shop: {letter}" for letter in "abcdefg"] + ["ERROR shop: g"] * 3
    )
    lines = [item.line() for item in observed.told(kinds)]
    assert lines[0] == "- [ ] issue: `ERROR shop: g` — 4 times in the log"
    assert len(lines) == observed.ERRORS_SHOWN + 1
    assert lines[-1] == "- [ ] issue: other errors are in the log — 2 kinds"


def test_errors_are_those_since_the_release_was_switched_to_and_show_no_secret(
    serving: Host, shop: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observed, "secrets_of", lambda _instance: {"hunter22222"})
    said = '{"MESSAGE": "ERROR x: the key hunter22222"}'
    program(serving, "journalctl", f'echo "$*" >>"$0.said"\necho \'{said}\'')
    (item,) = observed.errors(shop, FIRST)
    assert item.what == "`ERROR x: the key ********`"
    moment = Path(shop.record(FIRST, "activated")).stat().st_mtime
    asked = (serving.directory / "bin" / "journalctl.said").read_text()
    assert f"--since=@{moment:.6f}" in asked
    # Else systemd before 254 has the first lines, not the last ones.
    assert "--reverse" in asked
    assert f"--unit={shop.slot_unit('green')}" in asked


def test_failed_units_are_named(host: Host) -> None:
    units = "certbot.service loaded failed failed Renew\nbackup.service loaded failed failed Back"
    program(host, "systemctl", f"cat <<E\n{units}\nE\n")
    assert [item.what for item in observed.failed_units()] == [
        "unit backup.service failed",
        "unit certbot.service failed",
    ]
    program(host, "systemctl", "true")
    assert observed.failed_units() == []


def test_security_updates_are_told_from_others(host: Host) -> None:
    program(host, "apt-get", f"cat <<E\n{PLAN}E\n")
    (item,) = observed.updates()
    assert item.line() == "- [ ] issue: security updates wait — 2 packages, libssl3, openssl"
    program(host, "apt-get", "echo Reading package lists...")
    assert observed.updates() == []


def test_an_apt_that_cannot_plan_is_told(host: Host) -> None:
    program(host, "apt-get", "echo 'E: Unmet dependencies.' >&2; exit 100")
    (item,) = observed.updates()
    assert item.how == "E: Unmet dependencies."


@pytest.mark.parametrize(("free", "told"), [(50, []), (19, ["81 % used, 19.0 GB free"])])
def test_a_disk_is_told_when_it_is_nearly_full(
    shop: Instance, monkeypatch: pytest.MonkeyPatch, free: int, told: list[str]
) -> None:
    usage = Usage(100 * 2**30, (100 - free) * 2**30, free * 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert [item.how for item in observed.disk(shop)] == told


def test_a_slow_start_and_starts_by_themselves_are_told(serving: Host, shop: Instance) -> None:
    quick = {"InactiveExitTimestampMonotonic": "1000000"}
    shown(serving, **quick, ActiveEnterTimestampMonotonic="3000000")
    assert observed.start(shop) == []
    shown(serving, **quick, ActiveEnterTimestampMonotonic="24000000", NRestarts="2")
    assert [item.line().partition(" — ")[0] for item in observed.start(shop)] == [
        "- [ ] issue: the application starts slowly",
        "- [ ] issue: the application was started again",
    ]


DAY = 86400.0


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, []),
        ({"state": "well", "ends": DAY * 14.5}, []),
        (
            {"state": "not well", "said": "/health/ answered 502."},
            [("the application is not well", "/health/ answered 502")],
        ),
        ({"ends": DAY * 13.5}, [("the certificate ends soon", "13 days left")]),
        ({"ends": DAY * 1.5}, [("the certificate ends soon", "1 day left")]),
        ({"ends": -1.0}, [("the certificate ends soon", "it has ended")]),
    ],
)
def test_what_the_timer_found_wrong_is_told(
    shop: Instance,
    monkeypatch: pytest.MonkeyPatch,
    state: dict[str, Any],
    told: list[tuple[str, str]],
) -> None:
    found = {**state, **({"ends": time.time() + state["ends"]} if "ends" in state else {})}
    monkeypatch.setattr(overview, "health_of", lambda _instance: found)
    assert [(item.what, item.how) for item in observed.health(shop)] == told


def test_a_server_that_is_well_has_nothing_to_say(
    serving: Host, shop: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = Usage(100, 10, 90)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    for name in ("apt-get", "journalctl"):
        program(serving, name, "true")
    shown(serving)
    monkeypatch.setattr(observed, "failed_units", list)
    assert observed.all_of(shop) == []


def test_a_reboot_that_an_update_asked_for_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observed, "REBOOT", str(tmp_path / "reboot-required"))
    assert observed.reboot() == []
    (tmp_path / "reboot-required").touch()
    assert [item.what for item in observed.reboot()] == ["an update waits for a reboot"]
