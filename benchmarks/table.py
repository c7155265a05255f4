"""Medians, ratios and the Markdown table: pure functions over what was measured."""

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# The part of the script that a rollback does too.
SWITCHING = ("start", "health", "switch", "stop")
SPLIT = re.compile(r"^split (\w+) (\d+)$", re.MULTILINE)


@dataclass
class Series:
    """What one contender measured: seconds of each run that succeeded, requests, failures.

    `base` names the series that its ratio is taken to, `note` what that ratio means.
    """

    name: str
    base: str = ""
    note: str = ""
    seconds: list[float] = field(default_factory=list)
    requests: int = 0
    lost: int = 0
    failures: list[str] = field(default_factory=list)


def splits(output: str) -> dict[str, int]:
    """Milliseconds of each part, from the lines `split NAME MS` of the script."""
    return {name: int(milliseconds) for name, milliseconds in SPLIT.findall(output)}


def switching(parts: Mapping[str, int]) -> float:
    """Seconds of those parts that a rollback does too."""
    return sum(parts[name] for name in SWITCHING) / 1000


def medians(runs: Iterable[Mapping[str, int]]) -> dict[str, float]:
    """The median of each part over all runs, in the script's own order."""
    found: dict[str, list[int]] = {}
    for run in runs:
        for name, value in run.items():
            found.setdefault(name, []).append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def ratio(series: Series, all_series: Mapping[str, Series]) -> str:
    """How many times the median of its base a series took; a dash where there is none."""
    base = all_series.get(series.base)
    if base is None or not base.seconds or not series.seconds:
        return "-"
    found = statistics.median(series.seconds) / statistics.median(base.seconds)
    return f"{found:.2f} {series.note}".strip()


def cells(series: Series, all_series: Mapping[str, Series]) -> list[str]:
    """The row of a series."""
    runs = str(len(series.seconds))
    if series.failures:
        runs += f", {len(series.failures)} failed"
    if not series.seconds:
        return [series.name, "-", "-", "-", "-", runs]
    middle, best = statistics.median(series.seconds), min(series.seconds)
    lost = f"{series.lost} of {series.requests}" if series.requests else "-"
    return [
        *(series.name, f"{middle:.1f}", f"{best:.1f} to {max(series.seconds):.1f}"),
        *(ratio(series, all_series), lost, runs),
    ]


def render(measured: Sequence[Series]) -> str:
    """The table, one row a series, in the order given."""
    header = ["", "seconds", "range", "to the script", "requests lost", "runs"]
    by_name = {series.name: series for series in measured}
    rows = [header, ["---"] * len(header), *(cells(series, by_name) for series in measured)]
    return "\n".join(f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows)
