"""What the hosts of an environment say from now on, on one terminal."""

import json
import os
import selectors
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from invoke.exceptions import Exit

from slipway import state, tools
from slipway.console import say
from slipway.entries import Entry, by_time, tell
from slipway.errors import Problem

STOP_SECONDS = 10
CHUNK_BYTES = 1 << 16


@dataclass
class Stream:
    """What follows the logs of a host, with the beginning of a line that has not ended."""

    host: str
    process: subprocess.Popen[bytes]
    rest: bytes = field(default=b"")

    def more(self) -> list[Entry] | None:
        """Return the entries that came, or None where no more will."""
        assert self.process.stdout
        chunk = os.read(self.process.stdout.fileno(), CHUNK_BYTES)
        *whole, self.rest = (self.rest + chunk).split(b"\n")
        # sudo's own word comes before them.
        return [json.loads(line) for line in whole if line.startswith(b"{")] if chunk else None

    def end(self) -> None:
        """Let it end, which it does with its input: nothing is left on the host."""
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Screen:
    """What shows entries as they come, once all hosts have said what there was before."""

    hosts: Sequence[str]
    most: int
    before: list[Entry] = field(default_factory=list)
    awaited: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.awaited = set(self.hosts)

    def take(self, host: str, entries: Iterable[Entry]) -> None:
        """Show entries of a host, or keep them for now; `begins` is the one after the old ones."""
        for entry in entries:
            if "begins" in entry:
                self.stands(host)
            elif self.awaited:
                self.before.append({**entry, "host": host})
            else:
                tell([{**entry, "host": host}], self.hosts)

    def stands(self, host: str) -> None:
        """Note that a host has said what there was; the last one lets it be shown."""
        self.awaited.discard(host)
        if not self.awaited:
            tell(by_time(self.before)[-self.most :], self.hosts)
            self.before = []


def commands(answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the commands that follow the logs of hosts. Raises Problem where there is none."""
    for host, said in answers.items():
        if not said.get("command"):
            raise Problem(
                f"--follow needs ssh with a key and sudo without a password, and {host} is not "
                "reached so: `invoke logs` without it shows the newest lines."
            )
    return {host: said["command"] for host, said in answers.items()}


def keep_showing(streams: Mapping[str, list[str]], screen: Screen) -> None:
    """Show what comes from all hosts until Ctrl-C, or until none is connected any more."""
    begun = [Stream(host, started(command)) for host, command in streams.items()]
    try:
        with selectors.DefaultSelector() as waiting, suppress(KeyboardInterrupt):
            for stream in begun:
                assert stream.process.stdout
                waiting.register(stream.process.stdout, selectors.EVENT_READ, stream)
            while waiting.get_map():
                for key, _events in waiting.select():
                    came = key.data.more()
                    screen.take(key.data.host, came or ())
                    if came is None:
                        waiting.unregister(key.fileobj)
                        screen.stands(key.data.host)
                        say(f"{key.data.host} is not followed any more.")
            raise Exit(code=1)
    finally:
        for stream in begun:
            stream.end()


def started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a command apart from the terminal, whose Ctrl-C is for us alone."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=state.CHECKOUT,
        env=tools.environment(),
        start_new_session=True,
    )
