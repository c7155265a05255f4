"""Following the logs of a host: the program there, and the command that starts it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import log_reading, log_streaming
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.log_journal import Journal
from ansible_collections.slipway.django.plugins.plugin_utils import direct, library
from ansible_collections.slipway.django.plugins.plugin_utils.streaming import ActionModule

from tests.unit.roles.conftest import ROOT

MOMENT = 1_795_256_100_000_000
# Shows what the journal has; with --follow what comes, too.
JOURNALCTL = """\
#!/bin/sh
case "$*" in
*--follow*) echo $$ >{place}/follows; exec tail --follow --lines=+2 {place}/journal ;;
*) cat {place}/journal ;;
esac
"""
PROGRAM = """\
import json, sys
sys.path.insert(0, {collections!r})
from ansible_collections.slipway.django.plugins.module_utils import log_reading, log_streaming
log_reading.NGINX = {nginx!r}
log_reading.POSTGRES = ""
sys.exit(log_streaming.main(json.loads(sys.argv[1])))
"""


@dataclass
class Following:
    """The program, and where what it reads stands."""

    place: Path
    process: subprocess.Popen[str]

    def say(self, cursor: int, text: str) -> None:
        """Let the journal have one more entry."""
        add(self.place / "journal", cursor, text)

    def heard(self, count: int) -> list[Any]:
        """The next lines of the program: the text of an entry, or what else it says."""
        assert self.process.stdout
        found = [json.loads(self.process.stdout.readline()) for _ in range(count)]
        return [one.get("text", one) for one in found]


def add(path: Path, cursor: int, text: str) -> None:
    """Add an entry of a slot to a journal."""
    entry = {"__CURSOR": str(cursor), "__REALTIME_TIMESTAMP": str(MOMENT + cursor)}
    entry |= {"_SYSTEMD_UNIT": "shop_dev@blue.service", "MESSAGE": text}
    with path.open("a") as file:
        file.write(json.dumps(entry) + "\n")


@pytest.fixture
def following(shop: Instance, tmp_path: Path) -> Iterator[Following]:
    """The program on a host whose journal has one entry."""
    (tmp_path / "journalctl").write_text(JOURNALCTL.format(place=tmp_path))
    (tmp_path / "journalctl").chmod(0o755)
    add(tmp_path / "journal", 1, "before")
    program = PROGRAM.format(collections=str(ROOT / "collections"), nginx=str(tmp_path))
    asked = {"project": "shop", "env": "dev", "root": shop.root, "lines": 50, "since": ""}
    asked |= {"units": ["web", "nginx"], "level": log_reading.USUAL, "request": ""}
    process = subprocess.Popen(
        [sys.executable, "-c", program, json.dumps(asked)],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield Following(tmp_path, process)
    process.kill()
    process.wait()
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    process.stdout.close()


@pytest.mark.parametrize("way", ["its input ends", "it is told to stop"])
def test_it_says_what_there_was_and_what_comes_until(following: Following, way: str) -> None:
    assert following.heard(2) == ["before", {"begins": True}]
    following.say(2, "later")
    assert following.heard(1) == ["later"]
    (following.place / "shop_dev.error.log").write_text("2026/11/21 10:15:00 [error] broken\n")
    assert following.heard(1) == ["error broken"]
    journal = int((following.place / "follows").read_text())
    assert following.process.stdin
    if way == "its input ends":
        following.process.stdin.close()
    else:
        following.process.terminate()
    assert following.process.wait(timeout=10) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(journal, 0)


def test_it_fails_where_the_journal_is_not_followed_any_more(following: Following) -> None:
    following.heard(2)
    end = time.monotonic() + 10
    while not (following.place / "follows").exists() and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(int((following.place / "follows").read_text()), 9)
    assert following.process.wait(timeout=10) == 1


def test_a_journal_that_never_ends_does_not_hold_up_the_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = json.dumps({"__REALTIME_TIMESTAMP": str(MOMENT), "MESSAGE": "again"}).encode() + b"\n"
    monkeypatch.setattr(log_streaming, "CHUNK_BYTES", len(line))
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(line * 100)
        process.stdin.close()
        found = log_streaming.Following(process, Journal("shop_dev"))
        assert process.wait(timeout=10) == 0
        assert [len(found.more()), len(found.more())] == [64, 36]
        assert found.ended


class Connection(SimpleNamespace):
    """A connection over ssh, with what the inventory says of it."""

    transport = "ssh"
    has_pipelining = True
    _shell = None

    def get_option(self, name: str) -> str:
        return {"ssh_executable": "ssh", "host": "10.0.0.1"}.get(name) or getattr(self, name, "")

    def _build_command(self, program: str, kind: str, *words: str) -> list[bytes]:
        assert kind == "ssh"
        return [word.encode() for word in (program, "-o", "Port=2222", *words)]


class Sudo(SimpleNamespace):
    """How root is become."""

    name = "sudo"
    pipelining = True

    def get_option(self, name: str) -> str:
        return "root" if name == "become_user" else str(self.password)

    def build_become_command(self, command: str, _shell: object) -> str:
        return f"sudo -H -n {command}"


def action(args: dict[str, Any], **connection: object) -> ActionModule:
    """The action of a task, which reaches its host so."""
    found = ActionModule.__new__(ActionModule)
    found._task = SimpleNamespace(args=args, environment=[])
    found._connection = Connection(**connection)
    return found


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose module has nothing to say."""
    monkeypatch.setattr(direct.ActionModule, "module", lambda *_: {"entries": []})


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize(("login", "become"), [("root", "sudo -H -n"), ("deploy", "sudo -n")])
def test_the_command_is_what_ansible_itself_would_run_or_what_the_login_may(
    login: str, become: str
) -> None:
    given = {"project": "shop", "env": "dev", "request": "it's"}
    connection = {"become": Sudo(password=""), "remote_user": login}
    words = action(given, **connection).module(given, {})["command"]
    assert words[:-1] == ["ssh", "-o", "ControlMaster=no", "-o", "Port=2222", "10.0.0.1"]
    assert words[-1].startswith(f"{become} {library.directory()}/follow ")
    echo = words[-1].replace(become, "echo")
    shown = subprocess.run(["sh", "-c", echo], capture_output=True, text=True, check=True).stdout
    asked = json.loads(shown.partition(" ")[2])
    assert (
        asked
        == {"root": "/var/www", "lines": 50, "since": "", "units": [], "level": "info"} | given
    )


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize(
    "connection",
    [
        {"transport": "local", "become": None},
        {"password": "x", "become": None},
        {"become": Sudo(password="x")},
    ],
)
def test_there_is_no_command_where_somebody_would_have_to_type(
    connection: dict[str, object],
) -> None:
    given = {"project": "shop", "env": "dev"}
    assert action(given, **connection).module(given, {})["command"] == []
