# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of an instance's health, from one check to the next; pure.

The state is a dictionary, for it is kept as JSON: ``state`` (``well``, ``not well``, or empty as
long as nothing is known) ``since`` a time, ``failures`` in a row ``failing_since``, what was
``said``, the ``milliseconds`` of the last answers, when the certificate ``ends``, the last
``changes``, and messages that are ``pending``. Times are seconds since 1970.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils.served_certificate import DAY_SECONDS
from ansible_collections.slipway.django.plugins.module_utils.telling import number

WELL, NOT_WELL = "well", "not well"
ANSWERS_KEPT = 60
CHANGES_KEPT = 20
# So many intervals without a check, and the timer does not run; but one that waits for answers
# takes its time.
STALE_INTERVALS, STALE_SECONDS = 3, 120.0
SPANS = ((DAY_SECONDS, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))

State = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """One check: when, whether all was well, what was said, how long the answers took through
    nginx and on the socket, and when the certificate ends."""

    time: float
    well: bool
    said: str
    milliseconds: Optional[float] = None
    socket_milliseconds: Optional[float] = None
    ends: Optional[float] = None


@dataclass(frozen=True)
class Rules:
    """How many failures in a row count, and days left at which a certificate does."""

    failures: int
    days: float


def judged(before: State, seen: Seen, rules: Rules) -> State:
    """The state after a check, whose new changes are pending too."""
    state = {**before, "checked": seen.time, "said": seen.said}
    state["failures"] = 0 if seen.well else int(before.get("failures", 0)) + 1
    state["failing_since"] = None if seen.well else before.get("failing_since") or seen.time
    for name in ("milliseconds", "socket_milliseconds"):
        answer = getattr(seen, name)
        answers = [*before.get(name, []), *([] if answer is None else [round(answer, 1)])]
        state[name] = answers[-ANSWERS_KEPT:]
    found = [*of_health(before, state, seen, rules), *of_certificate(before, state, seen, rules)]
    state["changes"] = [*before.get("changes", []), *found][-CHANGES_KEPT:]
    # That all is well at the first check is no news.
    news = [change for change in found if before.get("state") or change["state"] != WELL]
    state["pending"] = [*before.get("pending", []), *news][-CHANGES_KEPT:]
    return state


def of_health(before: State, state: State, seen: Seen, rules: Rules) -> list[State]:
    """The change of health, if this check made one; it is set in the state."""
    was = before.get("state", "")
    now = WELL if seen.well else NOT_WELL if state["failures"] >= rules.failures else was
    state["state"], state["since"] = now, before.get("since")
    if now == was:
        # Fewer failures may be a restart.
        return []
    since = state["since"] = seen.time if seen.well else state["failing_since"]
    lasted = seen.time - before["since"] if before.get("since") else 0
    return [{"state": now, "since": since, "said": seen.said, "before_seconds": lasted}]


def of_certificate(before: State, state: State, seen: Seen, rules: Rules) -> list[State]:
    """The change of the certificate, if it came near its end or was renewed since."""
    if seen.ends is None:
        return []
    state["ends"] = seen.ends
    near = days_left(seen.ends, seen.time) < rules.days
    state["ends_soon"] = near
    if near == bool(before.get("ends_soon")):
        return []
    said = left(seen.ends, seen.time)
    kind = "certificate ends soon" if near else "certificate renewed"
    return [{"state": kind, "since": seen.time, "said": said, "before_seconds": 0}]


def days_left(ends: float, now: float) -> float:
    """Days that a certificate has left, fewer than none after its end."""
    return (ends - now) / DAY_SECONDS


def left(ends: float, now: float) -> str:
    """What is left of a certificate, in words."""
    days = days_left(ends, now)
    return f"certificate: {number(int(days), 'day')} left" if days > 0 else "certificate: ENDED"


def message(change: State, config: State) -> dict[str, str]:
    """What a webhook gets of a change; ``text`` is what Slack and Mattermost show."""
    site = f"{config['name']} on {config['server']}"
    since = clock(change["since"])
    text = f"{site}, {change['said']}"
    if change["state"] == NOT_WELL:
        text = f"{site} is NOT WELL since {since}: {change['said']}"
    elif change["state"] == WELL:
        text = f"{site} is well again after {span(change['before_seconds'])}."
    return {
        "project": config["project"],
        "env": config["env"],
        "host": config["server"],
        "state": change["state"],
        "said": change["said"],
        "since": datetime.fromtimestamp(change["since"]).astimezone().isoformat("T", "seconds"),
        "text": text,
    }


def told(state: State, interval: float, now: float) -> str:
    """A state in one line for people; ``interval`` is in seconds."""
    if "checked" not in state:
        return "the timer has not asked yet"
    if now - state["checked"] > max(STALE_INTERVALS * interval, STALE_SECONDS):
        return f"NOT ASKED for {span(now - state['checked'])}: the timer does not run"
    asked = f"asked every {interval:g} s"
    if state.get("state") == NOT_WELL:
        since, times = clock(state["since"]), number(state["failures"], "time")
        return f"NOT WELL since {since} ({times}): {state['said']}"
    if not state.get("state"):
        return f"{state['said']} ({asked})"
    parts = [f"well for {span(now - state['since'])} ({asked})"]
    if state["failures"]:
        parts[0] += f", but now: {state['said']}"
    parts += [latency(state["milliseconds"] or state["socket_milliseconds"])]
    parts += [left(state["ends"], now)] if state.get("ends") else []
    return "; ".join(filter(None, parts))


def latency(answers: Sequence[float]) -> str:
    """How long answers took: half of them, and nearly all, at most so long."""
    if not answers:
        return ""
    return f"median {share(answers, 0.5):.0f} ms, p95 {share(answers, 0.95):.0f} ms"


def share(answers: Sequence[float], part: float) -> float:
    """What so large a part of the answers took at most."""
    return sorted(answers)[max(0, -(-int(len(answers) * part * 100) // 100) - 1)]


def span(seconds: float) -> str:
    """A time span in its largest unit."""
    for size, name in SPANS:
        if seconds >= size:
            return number(int(seconds // size), name)
    return "a moment"


def clock(when: float) -> str:
    """A time of this host to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(when))
