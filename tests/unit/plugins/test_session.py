"""Whose session a module runs in, read from a /proc of our own; and what runs below others."""

import os
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import pytest
from ansible_collections.slipway.django.plugins.module_utils import accounts, logged_in, session
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import own_key

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMgaXMgbm8ga2V5 ada@example.com"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5vciBpcyB0aGlzIG9uZSBhIGtleS4u bob@example.com"
JOURNAL = """\
Nov 23 shop sshd-session[77]: Accepted publickey for deploy from 10.0.0.9 port 5 ssh2: ED25519 {}
Nov 23 shop sshd[78]: Accepted publickey for bob from fd00::9 port 5 ssh2: RSA SHA256:other
Nov 23 shop sshd[79]: Failed publickey for deploy from 10.0.0.9 port 5 ssh2: ED25519 {}
"""


class Said(NamedTuple):
    """What a program printed."""

    stdout: bytes


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc in which this process is below sudo, a shell of a session, and sshd."""
    environments = {
        os.getpid(): "PATH=/bin\0SUDO_USER=deploy\0",
        31: "USER=deploy\0SSH_CONNECTION=203.0.113.9 50000 10.0.0.1 2222\0HOME=/home/deploy\0",
        30: "",
    }
    parents = {os.getpid(): 31, 31: 30, 30: 1}
    for process, text in environments.items():
        (tmp_path / str(process)).mkdir()
        (tmp_path / str(process) / "environ").write_text(text)
        stat = f"{process} (a) b) S {parents[process]} 1 1 0"
        (tmp_path / str(process) / "stat").write_text(stat)
    monkeypatch.setattr(session, "PROC", tmp_path)
    return tmp_path


def test_sudo_hides_a_session_that_is_found_above_it(proc: Path) -> None:
    assert proc
    assert session.current() == session.Session("deploy", "203.0.113.9", "10.0.0.1", 2222)


def test_without_ssh_there_is_no_session(proc: Path) -> None:
    (proc / "31" / "environ").write_text("USER=deploy\0")
    assert session.current() is None


def test_a_process_that_ended_meanwhile_ends_the_search(proc: Path) -> None:
    (proc / "31" / "environ").unlink()
    (proc / "31" / "stat").unlink()
    assert session.current() is None


def test_what_somebody_started_as_another_user_is_below_their_shell() -> None:
    running = {1: (0, 0), 5: (1, 1000), 6: (5, 0), 7: (6, 33), 8: (1, 0), 9: (8, 1001)}
    assert accounts.below(running, {5}) == {6, 7}


def test_a_key_is_known_by_the_fingerprint_that_sshd_writes() -> None:
    known = logged_in.fingerprint(KEY)
    assert known.startswith("SHA256:")
    assert logged_in.fingerprint(f'from="10.0.0.0/8",no-pty {KEY}') == known
    assert logged_in.told(JOURNAL.format(known, known)) == {77: known, 78: "SHA256:other"}


@pytest.mark.parametrize("line", ["", "ssh-ed25519", "ada@example.com", "ssh-ed25519 AAA ada"])
def test_what_is_no_key_has_no_fingerprint(line: str) -> None:
    assert logged_in.fingerprint(line) == ""


def test_the_key_that_a_run_came_in_by_is_known(
    proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = logged_in.fingerprint(KEY)
    monkeypatch.setattr(logged_in, "PROC", proc)
    said = JOURNAL.format(known, known).replace("[77]", "[30]")
    monkeypatch.setattr(logged_in, "finished", lambda *_words, **_more: Said(said.encode()))
    assert logged_in.own() == "", "what has that number is another program by now"
    (proc / "30" / "comm").write_text("sshd-session\n")
    assert logged_in.own() == known


@pytest.mark.parametrize(
    ("session_s", "given", "refused"),
    [
        (KEY, {"keys": [OTHER]}, True),
        (KEY, {"keys": []}, True),
        (KEY, {"keys": [f"# {KEY}"]}, True),
        (KEY, {"keys": [f"{OTHER}\n{KEY}"]}, False),
        (OTHER, {"keys": [KEY]}, False),
        (KEY, {"keys": [OTHER, f'from="10.0.0.0/8" {KEY}']}, False),
        ("nobody knows", {"keys": [OTHER]}, False),
        (KEY, {"keys": [OTHER], "login": "ada"}, False),
    ],
)
@pytest.mark.usefixtures("proc")
def test_a_run_does_not_take_away_its_own_key(
    monkeypatch: pytest.MonkeyPatch, session_s: str, given: dict[str, object], refused: bool
) -> None:
    monkeypatch.setattr(logged_in, "own", lambda: logged_in.fingerprint(session_s))
    monkeypatch.setattr(accounts, "keys_of", lambda _name, file="": "" if file else f"{KEY}\n")
    given = {"login": "deploy", "variable": "base_authorized_keys", **given}
    told = pytest.raises(Failed, match=r"^base_authorized_keys lacks the key .*SHA256:")
    with told if refused else nullcontext():
        known = session_s != "nobody knows" and given["login"] == "deploy"
        assert own_key.perform(given, False, Steps()) == {"changed": False, "known": known}


@pytest.mark.usefixtures("proc")
def test_a_key_of_people_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logged_in, "own", lambda: logged_in.fingerprint(KEY))
    monkeypatch.setattr(accounts, "keys_of", lambda _name, _file="": f"#\n{KEY}\n")
    given = {"login": "deploy", "keys": [OTHER], "variable": "base_authorized_keys"}
    assert own_key.perform(given, False, Steps())["known"] is True
