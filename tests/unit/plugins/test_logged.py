"""Lines of logs as entries: when, how bad, and what belongs together."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from ansible_collections.slipway.django.plugins.module_utils import log_journal, logged
from ansible_collections.slipway.django.plugins.module_utils.logged import Entry

MOMENT = 1_795_256_100_000_000  # 2026-11-21 10:15 UTC
REQUEST = {
    "time": "2026-11-21T10:15:00+00:00",
    "request_id": "3f2a1c9d",
    "address": "203.0.113.9",
    "host": "dev.example.com",
    "method": "GET",
    "uri": "/boats/?page=2",
    "protocol": "HTTP/1.1",
    "status": 200,
    "bytes": 512,
    "seconds": 0.123,
    "upstream_seconds": "0.120",
    "referer": "",
    "agent": "curl/8",
}
COMBINED = '{} - - [21/Nov/2026:11:15:00 +0100] "GET / HTTP/1.1" {} 512 "-" "{}"'


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host that is an hour ahead of UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC-1")
        time.tzset()
        yield
    time.tzset()


def test_a_request_is_told_in_short_with_its_id() -> None:
    assert logged.of_access_log(json.dumps(REQUEST)) == (
        MOMENT,
        "info",
        "203.0.113.9 GET dev.example.com/boats/?page=2 200, 512 B in 0.123 s (0.120 s upstream), "
        "request 3f2a1c9d",
    )


@pytest.mark.parametrize(
    ("differences", "level"),
    [
        ({"status": 404}, "info"),
        ({"status": "502"}, "error"),
        ({"agent": "slipway"}, "info"),
        ({"agent": "slipway", "address": "127.0.0.1"}, "debug"),
        ({"agent": "slipway", "address": "127.0.0.1", "status": 503}, "error"),
        ({"status": 503}, "error"),
        # Where nginx itself says that the site is closed.
        ({"status": 503, "upstream_seconds": ""}, "info"),
        ({"status": 502, "upstream_seconds": ""}, "error"),
    ],
)
def test_an_answer_is_as_bad_as_its_status(differences: dict[str, object], level: str) -> None:
    parsed = logged.of_access_log(json.dumps(REQUEST | differences))
    assert parsed
    assert parsed[1] == level


def test_what_is_nothing_is_told_from_what_is_not_known() -> None:
    parsed = logged.of_access_log(json.dumps(REQUEST | {"bytes": 0, "seconds": 0, "uri": ""}))
    assert parsed
    assert "dev.example.com- 200, 0 B in 0 s" in parsed[2]


@pytest.mark.parametrize(
    ("address", "status", "agent", "level"),
    [
        ("203.0.113.9", 200, "curl/8", "info"),
        ("203.0.113.9", 500, "curl/8", "error"),
        ("203.0.113.9", 200, "slipway", "info"),
        ("127.0.0.1", 200, "slipway", "debug"),
        ("127.0.0.1", 200, "curl/8", "info"),
    ],
)
def test_the_format_that_nginx_has_by_itself_is_read_too(
    address: str, status: int, agent: str, level: str
) -> None:
    said = f"{address} GET / HTTP/1.1 {status}, 512 B"
    assert logged.of_access_log(COMBINED.format(address, status, agent)) == (MOMENT, level, said)


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "{}", '{"time": "soon"}', '{"time": null}', "1.2.3.4 - - [soon] x"]
)
def test_a_line_that_is_no_request_is_none(line: str) -> None:
    assert logged.of_access_log(line) is None


@pytest.mark.parametrize(
    ("parse", "line"),
    [
        (logged.of_access_log, '{"time": "0001-01-01T00:00:00"}'),
        (logged.of_access_log, '1.2.3.4 - - [31/Feb/2026:11:15:00 +0100] "GET / HTTP/1.1" 200 5'),
        (logged.of_error_log, "2026/02/31 11:15:00 [error] 7#7: *1 no live upstreams"),
        (logged.of_postgres, "2026-02-31 10:15:00.042 UTC [7] LOG:  ready"),
        (logged.of_postgres, "2026-11-21 10:15:61 UTC [7] LOG:  ready"),
        (logged.of_postgres, "0001-01-01 00:00:00 CET [7] LOG:  ready"),
    ],
)
def test_a_line_whose_time_does_not_exist_is_none(
    parse: Callable[[str], logged.Parsed], line: str
) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("word", "level"),
    [("notice", "info"), ("warn", "warning"), ("error", "error"), ("crit", "error")],
)
def test_the_times_of_nginx_s_error_log_are_the_host_s(word: str, level: str) -> None:
    line = f"2026/11/21 11:15:00 [{word}] 7#7: *1 no live upstreams"
    assert logged.of_error_log(line) == (MOMENT, level, f"{word} 7#7: *1 no live upstreams")


@pytest.mark.parametrize(
    ("line", "stamp", "level"),
    [
        ("2026-11-21 10:15:00.042 UTC [7] LOG:  ready", MOMENT + 42_000, "info"),
        ("2026-11-21 11:15:00.042 CET [7] a@b ERROR:  no", MOMENT + 42_000, "error"),
        ("2026-11-21 10:15:00 UTC [7] a@b FATAL:  no", MOMENT, "error"),
    ],
)
def test_postgresql_s_lines_are_read(line: str, stamp: int, level: str) -> None:
    parsed = logged.of_postgres(line)
    assert parsed
    assert parsed[:2] == (stamp, level)


def test_what_postgresql_adds_to_an_error_belongs_to_it() -> None:
    lines = logged.Lines("postgres", logged.of_postgres)
    start = "2026-11-21 10:15:00.042 UTC [7] a@b"
    texts = [
        f"{start} ERROR:  no table",
        f"{start} STATEMENT:  SELECT",
        "\tFROM boats",
        f"{start} LOG:  x",
    ]
    found = [lines.entry(text) for text in texts]
    assert [(entry.level, entry.continues) for entry in found] == [
        *(("error", False), ("error", True), ("error", True), ("info", False)),
    ]
    assert found[2].stamp == found[1].stamp


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-11-21 10:15:00,042 ERROR boats.views: sunk", "error"),
        ("[CRITICAL] WORKER TIMEOUT", "error"),
        ("WARNING django.request: Not Found: /nowhere/", "warning"),
        ("DEBUG boats: a", "debug"),
        ("no ERROR/WARNING", "info"),
        ('INFO gunicorn.access: 1.2.3.4 "GET / HTTP/1.1" 500 5 2ms "curl" 3f', "error"),
        ('INFO gunicorn.access: 1.2.3.4 "GET / HTTP/1.1" 200 5 2ms "curl" 3f', "info"),
        ('INFO gunicorn.access: 127.0.0.1 "GET /health/ HTTP/1.1" 200 5 2ms "slipway" -', "debug"),
        ('INFO gunicorn.access: 1.2.3.4 "GET /health/ HTTP/1.1" 200 5 2ms "slipway" -', "info"),
        ('INFO gunicorn.access: 127.0.0.1 "GET / HTTP/1.1" 500 5 2ms "slipway" -', "error"),
        ('INFO uvicorn.access: 127.0.0.1:0 - "GET / HTTP/1.1" 500', "error"),
        ('ERROR shop.pay: lost "POST /pay HTTP/1.1" 200', "error"),
        ('INFO shop: asked "GET /a HTTP/1.1" 502', "info"),
    ],
)
def test_a_line_of_the_application_is_as_bad_as_its_logger_says(text: str, level: str) -> None:
    assert logged.level_of(text) == level


def test_times_are_the_host_s_with_its_zone() -> None:
    assert logged.spelled(MOMENT + 42_500) == "2026-11-21T11:15:00.042+01:00"


@pytest.mark.parametrize("micro", [0, 1, 999_999])
def test_no_microsecond_is_lost(micro: int) -> None:
    when = datetime.fromtimestamp(MOMENT // 1_000_000, UTC).replace(microsecond=micro)
    assert logged.micro(when) == MOMENT + micro


def entries(*texts: str, process: str = "7", **fields: str) -> list[Entry]:
    """What a slot said, as the journal has it."""
    journal = log_journal.Journal("shop_dev")
    own = {"_SYSTEMD_UNIT": "shop_dev@blue.service", "_PID": process, "PRIORITY": "6"}
    stamp = {"__REALTIME_TIMESTAMP": str(MOMENT)}
    return [journal.entry({**own, **stamp, **fields, "MESSAGE": text}) for text in texts]


TRACEBACK = [
    "ERROR django.request: Internal Server Error: /fail/",
    "Traceback (most recent call last):",
    '  File "a.py", line 1',
    "KeyError: 'a'",
    "During handling of the above exception, another exception occurred:",
    "Traceback (most recent call last):",
    '  File "b.py", line 1',
    "RuntimeError: sunk",
]


def test_a_traceback_is_an_error_to_its_last_line_and_belongs_to_the_line_before() -> None:
    found = entries(*TRACEBACK, "INFO boats: afloat")
    assert [entry.level for entry in found] == ["error"] * len(TRACEBACK) + ["info"]
    assert [entry.continues for entry in found] == [False, *[True] * (len(TRACEBACK) - 1), False]


@pytest.mark.parametrize(
    ("fields", "unit", "level"),
    [
        ({}, "web@blue", "info"),
        ({"PRIORITY": "3"}, "web@blue", "error"),
        ({"PRIORITY": "4"}, "web@blue", "warning"),
        ({"UNIT": "shop_dev.service", "_SYSTEMD_UNIT": "init.scope", "_PID": "1"}, "web", "info"),
        # Which any program may say of itself.
        ({"UNIT": "nginx.service"}, "web@blue", "info"),
        ({"_SYSTEMD_UNIT": "shop_dev-worker@1.service"}, "worker@1", "info"),
        ({"_SYSTEMD_UNIT": "postgresql@17-main.service"}, "postgres", "info"),
        ({"_SYSTEMD_UNIT": "nginx.service"}, "nginx", "info"),
    ],
)
def test_an_entry_tells_whose_it_is_and_how_bad(
    fields: dict[str, str], unit: str, level: str
) -> None:
    (entry,) = entries("Ahoy", **fields)
    assert (entry.unit, entry.level) == (unit, level)


@pytest.mark.parametrize(
    ("value", "text"), [([0x61, 0xFF], "a\ufffd"), (["a", "b"], "a\nb"), (None, "")]
)
def test_any_message_is_text(value: object, text: str) -> None:
    assert log_journal.message(value) == text
