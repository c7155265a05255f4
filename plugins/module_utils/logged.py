# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines of logs as entries, each with its time and how bad it is, whichever program wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Optional

LEVELS = ("debug", "info", "warning", "error")
# A line of a logger, with the time and the like before the level.
NAMED = re.compile(
    r"^(?:\S+ +){0,6}?\[?(DEBUG|WARN(?:ING)?|ERROR|CRITICAL|FATAL|PANIC)\]?(?![\w/])"
)
WORDS = {"DEBUG": "debug", "WARN": "warning", "WARNING": "warning"}
# An access line of the application's server: who asked, the status, and with which agent.
ANSWERED = re.compile(
    r"INFO (?:gunicorn|uvicorn)\.access: (\S+) (?:- )?"
    r'"[A-Z]+ \S+ HTTP/[\d.]+" (\d{3})\b(?:.* "(slipway)")?'
)
# Slipway's own checks of the health: from where, and what their agent is called.
OWN = ("127.0.0.1", "slipway")
COMBINED = re.compile(
    r'(\S+) \S+ \S+ \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)(?:.* "(slipway)")?'
)
ERROR_LOG = re.compile(r"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(\w+)\] (.*)", re.DOTALL)
NGINX_LEVELS = {"debug": "debug", "info": "info", "notice": "info", "warn": "warning"}
POSTGRES = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (\S+) (.*)", re.DOTALL)
# What PostgreSQL adds to a message, on lines of their own.
ADDED = re.compile(r"(?:\S+ +){0,4}?(?:DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION): ")
# Of our own access log, what is shown of a request.
KEYS = (
    *("address", "method", "host", "uri", "status", "bytes"),
    *("seconds", "upstream_seconds", "request_id"),
)
FAILING_STATUS = 500
# What nginx answers by itself where the site is closed.
CLOSED_STATUS = 503


@dataclass(frozen=True)
class Entry:
    """What a program said: when (microseconds since 1970), of which unit, how bad, and the words.

    One that ``continues`` belongs to the one that ``who`` said before it.
    """

    stamp: int
    unit: str
    level: str
    text: str
    who: str = ""
    continues: bool = False


# A line as (time in microseconds, level, text), or None where it is no such line.
Parsed = Optional[tuple[int, str, str]]


def worse(one: str, other: str) -> str:
    """The worse of two levels."""
    return max(one, other, key=LEVELS.index)


def micro(when: datetime) -> int:
    """Microseconds since 1970, which a float would round; a time without a zone is the host's."""
    return int(when.replace(microsecond=0).timestamp()) * 1_000_000 + when.microsecond


def spelled(stamp: int) -> str:
    """A time as people read it, in the host's zone, to the millisecond."""
    seconds, rest = divmod(stamp, 1_000_000)
    when = datetime.fromtimestamp(seconds, timezone.utc).astimezone().replace(microsecond=rest)
    return when.isoformat(timespec="milliseconds")


def level_of(text: str) -> str:
    """How bad a line of an application is, by the word of its logger or the status it answered."""
    answered = ANSWERED.match(text)
    if answered:
        return of_answer(answered[2], (answered[1], answered[3]))
    named = NAMED.match(text)
    return WORDS.get(named[1], "error") if named else "info"


def of_answer(status: object, asker: tuple[object, object]) -> str:
    """How bad an answer is; what Slipway itself asks is only for who looks for it."""
    if str(status).isdecimal() and int(str(status)) >= FAILING_STATUS:
        return "error"
    # Of the two anybody can choose the agent.
    return "debug" if asker == OWN else "info"


def of_access_log(line: str) -> Parsed:
    """A line of nginx's access log, of ours in JSON or the one that nginx calls combined."""
    try:
        found = json.loads(line)
        when = datetime.fromisoformat(str(found["time"]).replace("Z", "+00:00"))
        return micro(when), of_request(found), request_of(found)
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
        return of_combined(line)


def of_request(found: dict[str, Any]) -> str:
    """How bad the answer to a request is, by our own access log; a closed site is no error."""
    if str(found.get("status")) == str(CLOSED_STATUS) and found.get("upstream_seconds") == "":
        return "info"
    return of_answer(found.get("status"), (found.get("address"), found.get("agent")))


def request_of(found: dict[str, Any]) -> str:
    """A request in short: who asked for what, what the answer was, and how long it took."""
    address, method, host, uri, status, size, seconds, upstream, request = (
        "-" if found.get(key) in (None, "") else str(found[key]) for key in KEYS
    )
    within = f" ({upstream} s upstream)" if upstream != "-" else ""
    answer = f"{status}, {size} B in {seconds} s{within}"
    return f"{address} {method} {host}{uri} {answer}, request {request}"


def of_combined(line: str) -> Parsed:
    """A line of an access log as nginx writes it by itself."""
    found = COMBINED.match(line)
    if not found:
        return None
    address, moment, request, status, size, agent = found.groups()
    try:
        when = datetime.strptime(moment, "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return None
    level = of_answer(status, (address, agent))
    return micro(when), level, f"{address} {request} {status}, {size} B"


def of_error_log(line: str) -> Parsed:
    """A line of nginx's error log, whose times are the host's."""
    found = ERROR_LOG.match(line)
    if not found:
        return None
    try:
        stamp = micro(datetime.strptime(found[1], "%Y/%m/%d %H:%M:%S"))
    except (ValueError, OverflowError):
        return None
    return stamp, NGINX_LEVELS.get(found[2], "error"), f"{found[2]} {found[3]}"


def of_postgres(line: str) -> Parsed:
    """A line of PostgreSQL's log; a zone that is not UTC is taken for the host's."""
    found = POSTGRES.match(line)
    if not found:
        return None
    try:
        when = datetime.fromisoformat(found[1])
        if found[2] in ("UTC", "GMT"):
            when = when.replace(tzinfo=timezone.utc)
        return micro(when), level_of(found[3]), found[3]
    except (ValueError, OverflowError):
        return None


class Lines:
    """Lines of one file as entries; what is no line of its own goes with the one before it."""

    def __init__(self, unit: str, parse: Callable[[str], Parsed]) -> None:
        self.parse = parse
        self.before = Entry(0, unit, "info", "", who=unit)

    def entry(self, line: str) -> Entry:
        """The next line."""
        found = self.parse(line)
        if found is None:
            self.before = replace(self.before, text=line, continues=True)
        else:
            stamp, level, text = found
            goes_on = bool(ADDED.match(text))
            level = self.before.level if goes_on else level
            self.before = replace(
                self.before, stamp=stamp, level=level, text=text, continues=goes_on
            )
        return self.before
