# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the logs of an instance's host have to say: journal and files, merged by time."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import log_journal, logged, units
from ansible_collections.slipway.django.plugins.module_utils.blotting import blotted
from ansible_collections.slipway.django.plugins.module_utils.instance import SLOTS, Instance
from ansible_collections.slipway.django.plugins.module_utils.log_files import Growing, rotated
from ansible_collections.slipway.django.plugins.module_utils.logged import LEVELS, Entry
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.snapshot import secrets_of
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

UNITS = ("web", "worker", "nginx", "postgres")
USUAL = "info"
NGINX = "/var/log/nginx"
POSTGRES = "/var/log/postgresql/*.log"
FIELDS = "MESSAGE,PRIORITY,UNIT,_SYSTEMD_UNIT,_PID"
# How far back is looked where most lines are not wanted.
SEARCHED = 20_000
# As people write it in a hurry: 90s, 10m or 10min, 1h, 2d, 1w.
SHORT = re.compile(r"(\d+) ?(s|m|min|h|d|w)(?: ago)?")
SECONDS = re.compile(r"UNIX seconds: @(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class Wanted:
    """What is asked for. ``since`` is in microseconds, 0 for however long ago."""

    instance: Instance
    units: Sequence[str] = UNITS
    lines: int = 50
    since: int = 0
    level: str = USUAL
    request: str = ""

    @property
    def depth(self) -> int:
        """How many lines of a source are looked at."""
        every = self.level == LEVELS[0] and not self.request
        # Else a quiet night's checks of the health would hide what was said before.
        return self.lines if every else SEARCHED


@dataclass
class Choice:
    """Which entries are wanted: so bad, about one request with what belongs to it."""

    wanted: Wanted
    about: dict[str, bool] = field(default_factory=dict)

    def takes(self, entry: Entry) -> bool:
        """Whether an entry, the next one of who said it, is wanted."""
        wanted = self.wanted
        if not entry.continues:
            self.about[entry.who] = wanted.request in entry.text
        about = self.about.get(entry.who, False) or wanted.request in entry.text
        bad = LEVELS.index(entry.level) >= LEVELS.index(wanted.level)
        return about and bad and entry.stamp >= wanted.since


@dataclass(frozen=True)
class File:
    """A file of a log: how its lines are read, and how far they were."""

    growing: Growing
    lines: logged.Lines

    def newest(self, wanted: Wanted) -> list[Entry]:
        """The newest entries, of older files too where this one does not go back so far."""
        texts = self.growing.newest()
        for older in rotated(self.growing.path):
            first = self.lines.parse(texts[0]) if texts else None
            enough = len(texts) >= wanted.depth
            if enough or (wanted.since and first and first[0] < wanted.since):
                break
            texts = older + texts
        return [self.lines.entry(text) for text in texts[-wanted.depth :]]

    def more(self) -> list[Entry]:
        """The entries that came since the last look."""
        return [self.lines.entry(text) for text in self.growing.more()]


def moment(said: str) -> int:
    """A time as systemd takes it (systemd.time(7)), or in short. Raises Failed."""
    short = SHORT.fullmatch(said.strip())
    said = f"-{short[1]}{short[2]}" if short else said.strip()
    try:
        shown = run(["systemd-analyze", "timestamp", "--", said], problem="-")
    except Failed as failure:
        raise Failed(
            f"{said!r} is no time to begin at: say '10 min ago', '2026-11-21 10:15', today or 1h."
        ) from failure
    found = SECONDS.search(shown)
    if not found:
        raise Failed(f"{said!r} is no moment: say '10 min ago', '2026-11-21 10:15', today or 1h.")
    return int(found[1]) * 1_000_000 + int((found[2] or "").ljust(6, "0")[:6])


def journal_units(wanted: Wanted) -> list[str]:
    """The units of systemd whose journal is wanted."""
    name = wanted.instance.name
    slots = [wanted.instance.slot_unit(slot) for slot in SLOTS]
    workers = workers_of(name) if "worker" in wanted.units else []
    of = {
        "web": [*slots, wanted.instance.unit],
        # With the pattern alone journalctl fails where no worker said anything yet.
        "worker": [f"{name}-worker.service", f"{name}-worker*"] if workers else [],
        "nginx": ["nginx.service"],
        "postgres": ["postgresql.service", "postgresql@*.service"],
    }
    return [unit for kind in UNITS if kind in wanted.units for unit in of[kind]]


def workers_of(name: str) -> list[str]:
    """The instance's units beside the web application's, such as a task queue's."""
    words = ("list-unit-files", "--no-legend", "--no-pager", "--plain", f"{name}-worker*")
    try:
        said = units.systemctl(*words, problem="-")
    except Failed:
        # Which older versions say where there is none.
        return []
    return [line.split()[0] for line in said.splitlines() if line.strip()]


def files(wanted: Wanted) -> list[File]:
    """The files that are wanted; they need not be there."""
    name = wanted.instance.name
    kinds: list[tuple[str, str, str, Callable[[str], logged.Parsed]]] = [
        ("nginx", f"{NGINX}/{name}.access.log", "access", logged.of_access_log),
        ("nginx", f"{NGINX}/{name}.error.log", "nginx", logged.of_error_log),
    ]
    kinds += [("postgres", p, "postgres", logged.of_postgres) for p in sorted(glob.glob(POSTGRES))]
    return [
        File(Growing(path), logged.Lines(unit, parse))
        for kind, path, unit, parse in kinds
        if kind in wanted.units
    ]


def journal(wanted: Wanted, source: log_journal.Journal) -> tuple[list[Entry], str]:
    """The newest entries of the journal, and its cursor, empty where there are none."""
    names = journal_units(wanted)
    if not names:
        return [], ""
    words = ["--quiet", "--no-pager", "--all", "--output=json", f"--output-fields={FIELDS}"]
    # Without --since, which before systemd 254 makes these the first lines after it.
    words += [f"--lines={wanted.depth}", *(f"--unit={name}" for name in names)]
    said = run(["journalctl", *words], problem="The journal cannot be read.")
    # Texts have characters that end a line elsewhere, such as U+2028.
    found = [json.loads(line) for line in said.split("\n") if line]
    return [source.entry(fields) for fields in found], found[-1]["__CURSOR"] if found else ""


def merged(wanted: Wanted, sources: Iterable[Iterable[Entry]], choice: Choice) -> list[Entry]:
    """The newest entries of all sources that are wanted, by time."""
    taken = [entry for source in sources for entry in source if choice.takes(entry)]
    return sorted(taken, key=lambda entry: entry.stamp)[-wanted.lines :]


def shown(instance: Instance, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries as they leave the host: with its time, and without secrets."""
    # All at once, for the forms of each secret are many.
    joined = "\0".join(entry.text.replace("\0", "\ufffd") for entry in entries)
    texts = blotted(joined, secrets_of(instance)).split("\0")
    return [
        {"stamp": e.stamp, "time": logged.spelled(e.stamp), "unit": e.unit, "level": e.level}
        | {"text": text}
        for e, text in zip(entries, texts)
    ]


def history(wanted: Wanted) -> list[dict[str, Any]]:
    """The newest entries that are wanted. Raises Failed."""
    if not wanted.lines:
        return []
    said, _cursor = journal(wanted, log_journal.Journal(wanted.instance.name))
    sources = [said, *(file.newest(wanted) for file in files(wanted))]
    return shown(wanted.instance, merged(wanted, sources, Choice(wanted)))


def wanted_of(instance: Instance, params: dict[str, Any]) -> Wanted:
    """What arguments of the module ask for. Raises Failed."""
    return Wanted(
        instance,
        units=params["units"] or UNITS,
        lines=params["lines"],
        since=moment(params["since"]) if params["since"] else 0,
        level=params["level"],
        request=params["request"],
    )
