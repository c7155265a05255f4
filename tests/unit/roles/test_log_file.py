"""The program that copies the journal into the log file, with a journalctl that reads a file."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.roles.conftest import ROOT

PROGRAM = ROOT / "roles/gunicorn_systemd/files/log_file.py"
# Shows the entries after a cursor, then waits for more as --follow does.
JOURNALCTL = """\
#!/bin/sh
echo "$*" >>{directory}/calls
cursor=0
for word; do case $word in --after-cursor=*) cursor=${{word#*=}};; esac; done
exec tail --follow --lines=+$((cursor + 1)) {directory}/journal
"""


@dataclass
class Copying:
    """The program, what it reads and what it writes."""

    directory: Path
    process: subprocess.Popen[bytes] | None = None
    entries: int = field(default=0)

    @property
    def log(self) -> Path:
        return self.directory / "logs" / "gunicorn_dev.log"

    def say(self, *messages: object) -> None:
        """Let the journal have more entries."""
        with (self.directory / "journal").open("a") as journal:
            for message in messages:
                self.entries += 1
                entry = {
                    "__CURSOR": str(self.entries),
                    "__REALTIME_TIMESTAMP": "1795270000000042",
                    "SYSLOG_IDENTIFIER": "shop_dev",
                    "_PID": "7",
                    "MESSAGE": message,
                }
                journal.write(json.dumps(entry) + "\n")

    def start(self) -> None:
        """Start the program, in a group of its own as systemd does."""
        command = [sys.executable, PROGRAM, self.log, self.directory / "cursor", "shop_dev@blue"]
        path = {"PATH": f"{self.directory}:{os.environ['PATH']}", "TZ": "UTC"}
        self.process = subprocess.Popen(command, env=os.environ | path, start_new_session=True)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal to all its processes, as systemd does; the program's exit status."""
        assert self.process
        os.killpg(self.process.pid, number)
        return self.process.wait(timeout=10)

    def lines(self, count: int, path: Path | None = None) -> list[str]:
        """The lines of the log, as soon as there are so many."""
        path = path or self.log
        end = time.monotonic() + 10
        while time.monotonic() < end:
            lines = path.read_text(errors="replace").splitlines() if path.exists() else []
            if len(lines) >= count:
                break
            time.sleep(0.02)
        return lines


@pytest.fixture
def copying(tmp_path: Path) -> Iterator[Copying]:
    """The program, not started yet."""
    (tmp_path / "journalctl").write_text(JOURNALCTL.format(directory=tmp_path))
    (tmp_path / "journalctl").chmod(0o755)
    (tmp_path / "journal").touch()
    (tmp_path / "logs").mkdir()
    found = Copying(tmp_path)
    yield found
    if found.process and found.process.poll() is None:
        found.stop(signal.SIGKILL)


def test_an_entry_is_a_line_with_its_time_and_its_process(copying: Copying) -> None:
    copying.say("Ahoy")
    copying.start()
    assert copying.lines(1) == ["2026-11-21T14:06:40.000042+00:00 shop_dev[7]: Ahoy"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("café", ["café"]),
        ([0x61, 0xFF], ["a\ufffd"]),
        ("", [""]),
        (None, [""]),
        ("one\n2026-11-21 forged", ["one", "\t2026-11-21 forged"]),
    ],
    ids=["not ASCII", "not UTF-8", "empty", "absent", "two lines"],
)
def test_a_message_is_shown_as_it_is_and_as_one(
    copying: Copying, message: object, shown: list[str]
) -> None:
    copying.say(message)
    copying.start()
    first, *others = copying.lines(len(shown))
    assert [first.partition("shop_dev[7]: ")[2], *others] == shown


def test_journalctl_is_asked_for_the_units_and_nothing_is_left_out(copying: Copying) -> None:
    copying.say("Ahoy")
    copying.start()
    copying.lines(1)
    (call,) = (copying.directory / "calls").read_text().splitlines()
    assert {"--follow", "--no-tail", "--all", "--unit=shop_dev@blue"} <= set(call.split())


def test_it_goes_on_where_it_was_stopped_and_a_stop_is_a_success(copying: Copying) -> None:
    copying.say("one")
    copying.start()
    copying.lines(1)
    assert copying.stop() == 0
    copying.say("two")
    copying.start()
    assert [line[-3:] for line in copying.lines(2)] == ["one", "two"]


def test_what_was_read_before_a_stop_is_written(copying: Copying) -> None:
    copying.say(*map(str, range(5000)))
    copying.start()
    copying.lines(1)
    copying.stop()
    copying.start()
    numbers = [int(line.rpartition(" ")[2]) for line in copying.lines(5000)]
    assert numbers == list(range(5000))


def test_a_renamed_log_is_made_anew_and_loses_nothing(copying: Copying) -> None:
    copying.say("one")
    copying.start()
    copying.lines(1)
    older = copying.log.rename(copying.log.with_suffix(".log.1"))
    copying.say("two")
    assert [line[-3:] for line in copying.lines(1)] == ["two"]
    assert [line[-3:] for line in copying.lines(1, older)] == ["one"]


def test_it_fails_when_journalctl_ends_by_itself(copying: Copying) -> None:
    (copying.directory / "journalctl").write_text("#!/bin/sh\n")
    copying.start()
    assert copying.process
    assert copying.process.wait(timeout=10) == 1


def test_a_log_that_cannot_be_written_is_tried_again_from_the_same_line(copying: Copying) -> None:
    copying.log.mkdir()
    copying.say("one")
    copying.start()
    assert copying.process
    assert copying.process.wait(timeout=10) != 0
    copying.log.rmdir()
    copying.start()
    assert re.search("one$", copying.lines(1)[0])
