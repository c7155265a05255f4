# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is worth a word of what Django's commands came to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

APPLIED = re.compile(r"^\s*Applying (\S+?)\.\.\.", re.MULTILINE)
COPIED = re.compile(r"^(\d+) static files? copied", re.MULTILINE)
SENTENCE_END = re.compile(r"(?<=[.!?])\s")
SHOWN = 4
WARNINGS_SHOWN = 10
WARNING_LENGTH = 160

Report = dict[str, Any]


def summary(migrations: list[str]) -> str:
    """A few names, or how many there are and the last ones."""
    if len(migrations) <= SHOWN:
        return ", ".join(migrations)
    return f"{len(migrations)} migrations, up to {', '.join(migrations[-2:])}"


def number(count: int, noun: str) -> str:
    """So many of something."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def several(names: Sequence[str], shown: int = SHOWN) -> str:
    """The first names, and how many more there are."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")


def warning_lines(warnings: list[tuple[str, str]]) -> list[str]:
    """A line for each kind of Django's warnings: id and first sentence, and how often it came."""
    kinds = Counter(
        (name, SENTENCE_END.split(" ".join(said.split()))[0]) for name, said in warnings
    )
    lines = [
        f"{name} {said[:WARNING_LENGTH]}{f' ({count} times)' if count > 1 else ''}".strip()
        for (name, said), count in sorted(kinds.items())
    ]
    more = len(lines) - WARNINGS_SHOWN
    return lines[:WARNINGS_SHOWN] + ([f"and {number(more, 'other kind')}"] if more > 0 else [])


def detail(report: Report, said: str) -> str:
    """A few words about a step; what else was said is counted into its report."""
    step = report["step"]
    if step == "check":
        return number(len(report["warned"]), "warning") if report["warned"] else ""
    if step == "settings":
        left_out = ", ".join(report["unchecked"])
        return f"not compared: {left_out}" if left_out else ""
    if step == "plan":
        lacks = [f"lacks {what}" for what in report["lacking"]]
        return ", ".join([summary(report["waiting"]) or "no migration waits", *lacks])
    if step == "migrate":
        report["applied"] = APPLIED.findall(said)
        made = [summary(report["applied"]), *(f"made {what}" for what in report["made"])]
        return ", ".join(filter(None, made)) or "nothing to apply"
    report["copied"] = sum(int(count) for count in COPIED.findall(said))
    aged = f", {report['removed']} aged out" if report["removed"] else ""
    return f"{report['copied']} files copied{aged}"
