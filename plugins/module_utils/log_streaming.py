# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the logs of a host say from now on, as lines of JSON, until nobody listens any more."""

from __future__ import annotations

# No module's run_command: what runs from the library has none (docs/decisions/0007-*).
# pylint: disable=ansible-bad-function
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import log_reading
from ansible_collections.slipway.django.plugins.module_utils.arguments import instance_of
from ansible_collections.slipway.django.plugins.module_utils.log_journal import Journal
from ansible_collections.slipway.django.plugins.module_utils.log_reading import Choice, Wanted
from ansible_collections.slipway.django.plugins.module_utils.logged import Entry
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

TICK_SECONDS = 0.25
CHUNK_BYTES = 1 << 16
# At one look, so that a journal that never ends leaves time for the files.
CHUNKS = 64


class Following:
    """The journal as journalctl follows it, entry after entry."""

    def __init__(self, process: subprocess.Popen[bytes], source: Journal) -> None:
        self.descriptor = process.stdout.fileno() if process.stdout else -1
        self.source = source
        self.rest = b""
        self.ended = False

    def more(self) -> list[Entry]:
        """The entries that came since the last look."""
        found: list[Entry] = []
        for _chunk in range(CHUNKS):
            if not select.select([self.descriptor], [], [], 0)[0]:
                break
            chunk = os.read(self.descriptor, CHUNK_BYTES)
            if not chunk:
                self.ended = True
                break
            *whole, self.rest = (self.rest + chunk).split(b"\n")
            found += [self.source.entry(json.loads(line)) for line in whole]
        return found


@contextmanager
def followed(wanted: Wanted, cursor: str, source: Journal) -> Iterator[Optional[Following]]:
    """The journal after a cursor, or from now on; None where no unit is wanted."""
    names = log_reading.journal_units(wanted)
    if not names:
        yield None
        return
    command = ["journalctl", "--follow", "--quiet", "--all", "--output=json"]
    command += [f"--output-fields={log_reading.FIELDS}", *(f"--unit={name}" for name in names)]
    # What came between two looks is not lost: without a cursor there was nothing before.
    command += [f"--after-cursor={cursor}", "--no-tail"] if cursor else ["--lines=0"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        yield Following(process, source)
    finally:
        process.kill()
        process.wait()


def stream(wanted: Wanted) -> None:
    """Say the newest entries, then each that comes, until standard input ends. Raises Failed."""
    source, choice = Journal(wanted.instance.name), Choice(wanted)
    files = log_reading.files(wanted)
    said, cursor = log_reading.journal(wanted, source)
    before = [said, *(file.newest(wanted) for file in files)]
    say(wanted, log_reading.merged(wanted, before, choice))
    print(json.dumps({"begins": True}), flush=True)
    # From now on every line counts.
    endless = replace(wanted, lines=sys.maxsize)
    with followed(wanted, cursor, source) as journal:
        while not select.select([sys.stdin], [], [], 0)[0]:
            sources = [file.more() for file in files]
            if journal:
                sources.append(journal.more())
                if journal.ended:
                    raise Failed("The journal cannot be followed: journalctl ended.")
            say(wanted, log_reading.merged(endless, sources, choice))
            select.select([sys.stdin], [], [], TICK_SECONDS)


def say(wanted: Wanted, entries: list[Entry]) -> None:
    """Write entries, a line each."""
    for entry in log_reading.shown(wanted.instance, entries) if entries else []:
        print(json.dumps(entry))
    sys.stdout.flush()


def main(params: dict[str, Any]) -> int:
    """Stream; the exit status. What stops us lets journalctl end too."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        stream(log_reading.wanted_of(instance_of(params), params))
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
