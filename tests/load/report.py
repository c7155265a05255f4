"""What a load found, for people: a table, the lost requests one by one, who answered."""

import math
import time
from collections import Counter
from collections.abc import Sequence

from tests.load.client import Load, Record

STEADY = "steady"
SHOWN_FAILURES = 20


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that ``share`` of them do not exceed; nan of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def phase(load: Load, record: Record) -> str:
    """The label of the first window that a request touched; steady outside of all of them."""
    end = record.due + record.seconds
    for label, windows in load.windows.items():
        if any(record.due <= until and end >= since for since, until in windows):
            return label
    return STEADY


def phases(load: Load) -> dict[str, list[Record]]:
    """The requests by what happened meanwhile."""
    found: dict[str, list[Record]] = {STEADY: [], **{label: [] for label in load.windows}}
    for record in load.records:
        found[phase(load, record)].append(record)
    return found


def releases(load: Load) -> Counter[str]:
    """How many answers each release gave."""
    return Counter(record.release for record in load.records if record.release)


def times(records: Sequence[Record]) -> str:
    """Milliseconds of the answered requests: half of them, 99 of 100, all of them took no more."""
    values = [1000 * record.seconds for record in records if not record.failure]
    if not values:
        return "-"
    return " / ".join(f"{percentile(values, share):.0f}" for share in (0.5, 0.99, 1.0))


def table(load: Load) -> str:
    """Counts, failures, and p50 / p99 / max in milliseconds for each kind and phase."""
    by_phase = phases(load)
    rows = [["", "requests", "failed", *by_phase]]
    for kind in load.kinds:
        mine = {
            label: [record for record in records if record.kind == kind.name]
            for label, records in by_phase.items()
        }
        everything = [record for records in mine.values() for record in records]
        failed = sum(bool(record.failure) for record in everything)
        counts = [str(len(everything)), str(failed)]
        rows.append([kind.name, *counts, *(times(records) for records in mine.values())])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.rjust, row, widths)) for row in rows]
    left_out = f"; {load.left_out} left out, for the machine fell behind" if load.left_out else ""
    return "\n".join([*lines, f"(milliseconds: p50 / p99 / max{left_out})"])


def failures(load: Load) -> str:
    """The lost requests with the time at which they were due, to be looked up in the logs."""
    lost = load.failures
    lines = [
        f"{moment(record.due)} +{record.seconds:.3f} s {record.kind}: {record.failure}"
        f" ({phase(load, record)})"
        for record in lost[:SHOWN_FAILURES]
    ]
    kinds = Counter((record.kind, record.failure) for record in lost)
    return "\n".join([f"{len(lost)} lost of {len(load.records)}: {dict(kinds)}", *lines])


def moment(seconds: float) -> str:
    """A time of day in UTC, as the hosts' logs have it."""
    return time.strftime("%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}"
