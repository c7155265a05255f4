# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Append what the journal has of some units to a file: log_file.py FILE CURSOR UNIT...

CURSOR names the file that remembers how far the journal was read, so a stop, a start and a reboot
lose nothing. The log is opened anew for each batch of lines, so whoever renames it (logrotate) need
not tell. Ends with status 0 when it is told to stop, else with 1.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

CHUNK_BYTES = 1 << 16
FIELDS = "MESSAGE,SYSLOG_IDENTIFIER,_PID,_COMM"


def follow(cursor: str, units: list[str]) -> subprocess.Popen[bytes]:
    """Start journalctl, which goes on from a cursor (empty: from its first line)."""
    command = ["journalctl", "--follow", "--no-tail", "--all", "--quiet"]
    command += ["--output=json", f"--output-fields={FIELDS}"]
    command += [f"--after-cursor={cursor}"] if cursor else []
    command += [f"--unit={unit}" for unit in units]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def raw(value: Any) -> bytes:
    """A field's value. What is no UTF-8 comes as a list of bytes, a repeated field as a list."""
    if isinstance(value, list):
        if all(isinstance(part, int) for part in value):
            return bytes(value)
        return b"\n".join(map(raw, value))
    return str(value or "").encode()


def line(entry: dict[str, Any]) -> bytes:
    """An entry as a line of the log. The application may write any field but those with a `_`."""
    seconds, micro = divmod(int(entry["__REALTIME_TIMESTAMP"]), 1_000_000)
    when = datetime.fromtimestamp(seconds).astimezone().replace(microsecond=micro)
    who = raw(entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM") or "unknown")
    start = f"{when.isoformat(timespec='microseconds')} ".encode()
    start += b"%s[%s]: " % (b" ".join(who.split()), raw(entry.get("_PID")))
    # One entry cannot pass for two: what follows a line's end is indented.
    return start + raw(entry.get("MESSAGE")).replace(b"\n", b"\n\t") + b"\n"


def append(path: Path, text: bytes) -> None:
    """Append to a file, which is made where there is none."""
    with path.open("ab") as file:
        file.write(text)


def remember(path: Path, cursor: str) -> None:
    """Keep a cursor; a crash leaves the old or the new one."""
    following = path.with_suffix(".next")
    following.write_text(cursor)
    following.replace(path)


def copy(log: Path, remembered: Path, units: list[str]) -> None:
    """Append line after line until journalctl ends."""
    journal = follow(remembered.read_text() if remembered.exists() else "", units)
    assert journal.stdout
    rest = b""
    while chunk := os.read(journal.stdout.fileno(), CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        entries = [json.loads(text) for text in whole]
        if entries:
            append(log, b"".join(map(line, entries)))
            remember(remembered, entries[-1]["__CURSOR"])


def main() -> None:
    """Copy until systemd stops journalctl and us; what was read until then is still written."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
    log, remembered, *units = sys.argv[1:]
    copy(Path(log), Path(remembered), units)
    sys.exit(0 if stopped else 1)


if __name__ == "__main__":
    main()
