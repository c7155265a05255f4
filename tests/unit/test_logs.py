"""Logs of several hosts as one: what is asked for, merged, printed and followed."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from invoke.exceptions import Exit

from slipway import entries, following, logs, playbook
from slipway.errors import Problem
from slipway.following import Screen
from slipway.logs import Wanted
from tests.unit.calling import said

# Says what it is told, a line each, then lives until its input ends, and notes that.
PROGRAM = """\
import json, pathlib, sys
print("BECOME-SUCCESS")
for entry in json.loads(sys.argv[1]):
    print(json.dumps(entry), flush=True)
if sys.argv[2]:
    sys.stdin.read()
    pathlib.Path(sys.argv[2]).touch()
"""


def entry(stamp: int, text: str, **more: str) -> dict[str, Any]:
    """An entry as a host says it."""
    shown = {"time": f"10:15:0{stamp}", "unit": "web@blue", "level": "info", "text": text}
    return {"stamp": stamp, **shown, **more}


@pytest.mark.parametrize(
    ("wanted", "variables"),
    [
        (Wanted(), {"lines": 50}),
        (Wanted(lines=9), {"lines": 9}),
        (Wanted(since="10 min ago"), {"lines": 5000, "since": "10 min ago"}),
        (Wanted(request="3f2a", lines=7), {"lines": 7, "request": "3f2a"}),
        (
            Wanted(units=["web", "nginx"], level="error"),
            {"lines": 50, "units": ["web", "nginx"], "level": "error"},
        ),
    ],
)
def test_what_is_wanted_is_told_to_the_playbook(
    wanted: Wanted, variables: dict[str, object]
) -> None:
    assert wanted.variables() == {f"gunicorn_systemd_log_{k}": v for k, v in variables.items()}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("logs dev --unit mail", "--unit takes web, worker, nginx, postgres, not 'mail'."),
        ("logs dev --level bad", "--level takes debug, info, warning, error, not 'bad'."),
        ("logs dev --request= ", "--request takes the id of one request"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], words: str, sentence: str
) -> None:
    if "request" in words:
        with pytest.raises(Problem, match=sentence):
            Wanted(request="a b").variables()
    else:
        assert sentence in said(capsys, words)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (5, "name=5"),
        ("2026-11-21", "name=2026-11-21"),
        ("10 min ago", '{"name": "10 min ago"}'),
        ("{{ x }}", '{"name": "{{ x }}"}'),
        (["web"], '{"name": ["web"]}'),
        ("it's", '{"name": "it\'s"}'),
    ],
)
def test_ansible_gets_a_value_whole(value: object, told: str) -> None:
    assert playbook.assigned("name", value) == told


def test_hosts_are_merged_by_time_and_the_newest_are_taken() -> None:
    answers = {
        "a": {"entries": [entry(1, "one"), entry(3, "three")]},
        "b": {"entries": [entry(2, "two"), entry(3, "three of b")]},
    }
    found = logs.merged(answers, 3)
    assert [(one["host"], one["text"]) for one in found] == [
        *(("b", "two"), ("a", "three"), ("b", "three of b")),
    ]


@pytest.mark.parametrize(
    ("width", "text", "printed"),
    [
        (0, "Ahoy", "10:15:01  web@blue    Ahoy"),
        (6, "Ahoy", "10:15:01  web1    web@blue    Ahoy"),
        (0, "one\ntwo", "10:15:01  web@blue    one\n\ttwo"),
        (0, "\033[2Jgone\r", "10:15:01  web@blue    [2Jgone"),
    ],
)
def test_an_entry_is_printed_as_one_and_cannot_speak_to_the_terminal(
    width: int, text: str, printed: str
) -> None:
    assert entries.line(entry(1, text, host="web1"), width, colours=False) == printed


def test_a_unit_cannot_speak_to_the_terminal_either() -> None:
    shown = entries.line(entry(1, "Ahoy", unit="web\033[2J\n"), 0, colours=False)
    assert shown == "10:15:01  web[2J      Ahoy"


@pytest.mark.parametrize(("level", "colour"), [("error", "\033[31m"), ("info", "")])
def test_only_a_terminal_gets_colours(level: str, colour: str) -> None:
    bad = entry(1, "Ahoy", host="web1", level=level)
    plain = entries.line(bad, 0, colours=False)
    assert entries.line(bad, 0, colours=True) == (f"{colour}{plain}\033[0m" if colour else plain)


DOWN = {"unreachable": True, "msg": "no route"}
FAILED = {"failed": True, "msg": "The journal cannot be read.", "evidence": ["Not a directory"]}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (DOWN, "web2 cannot be reached.\n"),
        (FAILED, "web2 cannot be read: The journal cannot be read.\n    Not a directory\n"),
    ],
)
def test_a_host_that_says_nothing_is_named_and_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, Any],
    told: str,
) -> None:
    answers = {"web1": {"entries": [entry(1, "Ahoy")], "remarks": ["no workers"]}, "web2": answer}
    monkeypatch.setattr(logs, "asked", lambda *_, **__: answers)
    with pytest.raises(Exit) as ended:
        logs.show("dev", Wanted(), follow=False)
    assert ended.value.code == 1
    out, err = capsys.readouterr()
    assert out == "10:15:01  web1  web@blue    Ahoy\n"
    assert err == f"{told}web1: no workers\n"


@pytest.mark.parametrize("answer", [DOWN, FAILED])
def test_the_others_are_followed_where_a_host_says_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    command = program(None, entry(1, "Ahoy"), {"begins": True})
    answers = {"web1": {"command": command, "remarks": []}, "web2": answer}
    monkeypatch.setattr(logs, "asked", lambda *_, **__: answers)
    with pytest.raises(Exit):
        logs.show("dev", Wanted(), follow=True)
    assert capsys.readouterr().out == "10:15:01  web@blue    Ahoy\n"


def test_a_host_that_cannot_be_followed_is_named() -> None:
    with pytest.raises(Problem, match=r"web2 is not reached so"):
        following.commands({"web1": {"command": ["ssh"]}, "web2": {"command": []}})


def program(end: Path | None, *told: dict[str, Any]) -> list[str]:
    """The command of a host that says this; it ends by itself where it leaves no mark."""
    return [sys.executable, "-c", PROGRAM, json.dumps(told), str(end or "")]


def test_what_was_before_is_merged_and_ctrl_c_ends_every_host(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    begins = {"begins": True}
    streams = {
        "a": program(tmp_path / "a", entry(1, "one"), entry(3, "three"), begins, entry(5, "new")),
        "b": program(tmp_path / "b", entry(2, "two"), entry(4, "four"), begins),
    }
    seen: list[str] = []

    def interrupt() -> None:
        # As soon as all was printed.
        end = time.monotonic() + 10
        while "new" not in "".join(seen) and time.monotonic() < end:
            seen.append(capsys.readouterr().out)
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    # Who starts us in the background may have it ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=interrupt)
    thread.start()
    following.keep_showing(streams, Screen(["a", "b"], 3))
    thread.join()
    signal.signal(signal.SIGINT, before)
    words = [line.split()[-1] for line in "".join(seen).splitlines()]
    # Of what came before the newest three; `new` may come before b has begun, and is kept then.
    assert sorted(words) == sorted({"two", "three", "four", "new"} & set(words))
    assert words[-1] == "new"
    assert (tmp_path / "a").exists()
    assert (tmp_path / "b").exists()


def test_a_host_that_is_lost_is_told_and_is_a_failure_in_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Exit):
        following.keep_showing({"a": program(None, entry(1, "one"))}, Screen(["a"], 50))
    out, err = capsys.readouterr()
    assert out == "10:15:01  web@blue    one\n"
    assert err == "a is not followed any more.\n"
