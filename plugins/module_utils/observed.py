# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people should know of a server: failed units, errors, a full disk, updates, a slow start,
an application that is not well, a certificate near its end.

Each observation is a line for a hand-off note. What changes from one look to the next, numbers of
lines and ids, stands in ``how``, so that the same matter has the same ``what``.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress

from ansible_collections.slipway.django.plugins.module_utils import (
    overview,
    releases,
    units,
    watching,
)
from ansible_collections.slipway.django.plugins.module_utils.blotting import blotted
from ansible_collections.slipway.django.plugins.module_utils.instance import SLOTS, Instance
from ansible_collections.slipway.django.plugins.module_utils.items import DASH, Item
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.snapshot import secrets_of
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.telling import number

# unattended-upgrades goes by it, too.
REBOOT = "/run/reboot-required"
FULL_PERCENT = 80
FEW_DAYS = 14.0
SLOW_START_SECONDS = 10.0
LINES_READ = 20_000
ERRORS_SHOWN = 5
ERROR_LENGTH = 120
# A line of a logger, with the time and the like before the level.
ERROR = re.compile(r"^(?:\S+ +){0,6}?\[?(?:ERROR|CRITICAL)\]?(?![\w/])")
TRACEBACK = "Traceback (most recent call last):"
# What differs between two lines about one matter, or is for nobody else: numbers, quoted words,
# addresses, what follows the first part of a path, and long words that may be tokens.
PARTICULAR = re.compile(
    r"""0x[0-9a-f]+|\S+@\S+|'[^']*'|"[^"]*"|(?<=\w/)[^\s,]+
    |\b(?=\w*\d)(?=\w*[A-Za-z])[\w-]{12,}|\b[0-9a-f]{7,64}\b|\b[\w-]{24,}|\d+""",
    re.VERBOSE,
)
SECURITY = re.compile(r"^Inst (\S+) .*(?:-security|Debian-Security)", re.MULTILINE)


def all_of(instance: Instance) -> list[Item]:
    """All that there is to say; nothing of a server that is well. Raises Failed."""
    live = releases.live(instance)
    found = [*failed_units(), *disk(instance), *updates(), *reboot(), *health(instance)]
    if live:
        found += [*start(instance), *errors(instance, live)]
    return found


def failed_units() -> list[Item]:
    """The units that systemd calls failed."""
    words = ("list-units", "--failed", "--plain", "--no-legend", "--no-pager")
    said = units.systemctl(*words, problem="systemd does not list its units.")
    names = sorted(line.split()[0] for line in said.splitlines() if line.strip())
    return [Item("issue", f"unit {name} failed", how=f"`journalctl -u {name}`") for name in names]


def disk(instance: Instance) -> list[Item]:
    """A disk that is nearly full, by what is free for those who are not root."""
    usage = shutil.disk_usage(instance.root)
    percent = round(100 - 100 * usage.free / usage.total)
    if percent < FULL_PERCENT:
        return []
    free = f"{percent} % used, {usage.free / 2**30:.1f} GB free"
    return [Item("issue", f"the disk of {instance.root} is nearly full", how=free)]


def health(instance: Instance) -> list[Item]:
    """What the host's own timer found wrong."""
    state = overview.health_of(instance)
    found = []
    if state.get("state") == watching.NOT_WELL:
        found.append(Item("issue", "the application is not well", how=state["said"].rstrip(".")))
    days = watching.days_left(state["ends"], time.time()) if state.get("ends") else FEW_DAYS
    if days < FEW_DAYS:
        how = f"{number(int(days), 'day')} left" if days > 0 else "it has ended"
        found.append(Item("issue", "the certificate ends soon", how=how))
    return found


def updates() -> list[Item]:
    """Security updates that wait, as far as the lists that apt has tell."""
    words = ["apt-get", "--simulate", "--quiet", "-o", "Debug::NoLocking=true", "upgrade"]
    try:
        names = sorted(set(SECURITY.findall(run(words, problem="apt-get cannot plan."))))
    except Failed as failure:
        return [Item("issue", "apt-get cannot plan an upgrade", how=first_line(failure))]
    if not names:
        return []
    shown = ", ".join(names[:ERRORS_SHOWN]) + (" ..." if len(names) > ERRORS_SHOWN else "")
    waiting = number(len(names), "package")
    return [Item("issue", "security updates wait", how=f"{waiting}, {shown}")]


def reboot() -> list[Item]:
    """A reboot that an update asked for."""
    if not os.path.exists(REBOOT):
        return []
    how = "`base_reboot: when-needed` has the server do it by itself"
    return [Item("issue", "an update waits for a reboot", how=how)]


def start(instance: Instance) -> list[Item]:
    """A start of the live release that took long, and starts that followed by themselves."""
    unit = instance.slot_unit(releases.live_slot(instance) or SLOTS[0])
    names = ("InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic", "NRestarts")
    shown = units.show(unit, *names)
    begun, ready, restarts = (int(shown.get(name) or 0) for name in names)
    seconds = (ready - begun) / 1e6
    found = []
    if seconds > SLOW_START_SECONDS:
        found.append(Item("issue", "the application starts slowly", how=f"{seconds:.0f} s"))
    if restarts:
        how = f"{number(restarts, 'time')} by itself, `journalctl -u {unit}`"
        found.append(Item("issue", "the application was started again", how=how))
    return found


def errors(instance: Instance, live: str) -> list[Item]:
    """The errors that the application logged since the live release was switched to."""
    since = 0.0
    with suppress(OSError):
        since = os.stat(instance.record(live, "activated")).st_mtime
    slots = [instance.slot_unit(slot) for slot in SLOTS]
    said = units.newest(slots, since, LINES_READ)
    return told(counted(blotted(said, secrets_of(instance)).splitlines()))


def counted(lines: Iterable[str]) -> Counter[str]:
    """How often each kind of error stands in lines of a log."""
    plain = (" ".join(PARTICULAR.sub("…", line).replace("`", "'").split()) for line in wrong(lines))
    # A dash between words would end what the note says, and the rest be taken for environments.
    return Counter(DASH.sub(",", line)[:ERROR_LENGTH].rstrip() for line in plain)


def wrong(lines: Iterable[str]) -> Iterator[str]:
    """The lines that tell of an error: a logger's, and the last one of each traceback."""
    inside = False
    for line in lines:
        if inside and line[:1].strip():
            inside = line.startswith(TRACEBACK)
            yield from [] if inside else [line.strip()]
        elif line.strip() == TRACEBACK:
            inside = True
        elif not inside and ERROR.match(line.strip()):
            yield line.strip()


def told(kinds: Counter[str]) -> list[Item]:
    """The most frequent errors, and how many other kinds there are."""
    often = kinds.most_common(ERRORS_SHOWN)
    found = [Item("issue", f"`{kind}`", how=times(count)) for kind, count in often]
    more = len(kinds) - len(often)
    if more > 0:
        found.append(Item("issue", "other errors are in the log", how=number(more, "kind")))
    return found


def times(count: int) -> str:
    """How often something stands in the log."""
    return f"{number(count, 'time')} in the log"


def first_line(failure: Failed) -> str:
    """The first line of what a program said as it failed."""
    return next(iter(failure.evidence), str(failure))
