"""What people read after a load."""

import re

import pytest

from tests.load import report
from tests.load.client import Load, Record
from tests.load.kinds import Kind, health

FAST = Kind("fast", 20, health)


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert report.percentile(range(1, 101), share) == value


def test_a_table_tells_the_phases_apart_and_counts_what_was_lost() -> None:
    load = Load("127.0.0.1", "dev.test", kinds=[FAST])
    load.windows = {"switch": [(10.0, 12.0)], "deploy": [(5.0, 15.0)]}
    load.records += [
        Record("fast", 1.0, 0.002),
        Record("fast", 4.9, 0.3),  # touches the deploy
        Record("fast", 11.0, 0.05),
        Record("fast", 11.5, 9.0, "status 502"),
    ]
    head, row, _legend = report.table(load).splitlines()
    assert head.split() == ["requests", "failed", "steady", "switch", "deploy"]
    assert re.split(r" {2,}", row) == [
        "fast",
        "4",
        "1",
        "2 / 2 / 2",
        "50 / 50 / 50",
        "300 / 300 / 300",
    ]


def test_a_lost_request_is_told_with_its_time_and_its_phase() -> None:
    load = Load("127.0.0.1", "dev.test", kinds=[FAST])
    load.windows = {"switch": [(3600.0, 3602.0)]}
    load.records.append(Record("fast", 3601.25, 0.5, "status 502"))
    said = report.failures(load)
    assert said.startswith("1 lost of 1: {('fast', 'status 502'): 1}")
    assert "01:00:01.250 +0.500 s fast: status 502 (switch)" in said
