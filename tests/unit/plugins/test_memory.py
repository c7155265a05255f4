"""Memory: what a host has, what processes take, and what is too much."""

import mmap
import os
import re
from contextlib import nullcontext

import pytest
from ansible_collections.slipway.django.plugins.module_utils import memory, units
from ansible_collections.slipway.django.plugins.module_utils.memory import Budget
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

MEMINFO = "MemTotal:        8000 kB\nMemFree:   10 kB\nMemAvailable:    2048 kB\n"


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What the host can give and what each unit uses, in megabytes."""
    given = {"host": 1000.0}
    monkeypatch.setattr(memory, "available", lambda: given["host"])
    monkeypatch.setattr(memory, "used", lambda unit: given.get(unit, 0.0))
    return given


@pytest.mark.parametrize(("name", "found"), [("MemAvailable", 2048), ("Mem", 0), ("Swap", 0)])
def test_a_figure_is_read_by_its_whole_name(name: str, found: int) -> None:
    assert memory.kilobytes(name, MEMINFO) == found


def test_this_host_has_memory() -> None:
    assert 1 < memory.available() < 100_000_000


def test_a_process_takes_what_is_its_own() -> None:
    before = memory.used_by(os.getpid())
    with mmap.mmap(-1, 50 * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as taken:
        taken.write(b"x" * (50 * 2**20))
        assert 49 <= memory.used_by(os.getpid()) - before < 110


def test_a_process_that_ended_takes_nothing() -> None:
    assert memory.used_by(2**22 + 1) == 0


def test_a_unit_takes_what_its_processes_take_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "processes", lambda _unit: [10, 11])
    monkeypatch.setattr(memory, "used_by", float)
    assert memory.used("shop_dev@blue.service") == 21.0


@pytest.mark.parametrize("running", [None, "old"])
def test_where_there_is_room_a_release_may_start(
    figures: dict[str, float], running: str | None
) -> None:
    figures |= {"host": 164.0, "old": 100.0}
    Budget(reserve=64, most=0).require_room(running)


def test_without_room_for_a_second_release_the_figures_are_told(
    figures: dict[str, float],
) -> None:
    figures |= {"host": 163.0, "old": 100.0}
    with pytest.raises(Failed) as caught:
        Budget(reserve=64, most=0).require_room("old")
    assert str(caught.value) == (
        "Two releases do not fit into memory: 163 MB are available, old uses 100 MB, and 64 MB "
        "(gunicorn_systemd_memory_reserve_mb) shall remain: stop something, or take fewer workers."
    )


@pytest.mark.parametrize(("most", "taken"), [(0, 900.0), (200, 200.0)])
def test_a_release_that_takes_no_more_than_it_may_is_left_alone(
    figures: dict[str, float], most: int, taken: float
) -> None:
    figures["new"] = taken
    Budget(reserve=64, most=most).watch("new")


def test_a_release_that_takes_more_than_it_may_is_told_its_limit(
    figures: dict[str, float],
) -> None:
    figures["new"] = 201.0
    with pytest.raises(Failed) as caught:
        Budget(reserve=0, most=200).watch("new")
    assert str(caught.value) == (
        "The release took 201 MB of memory while it started; "
        "gunicorn_systemd_memory_max_mb allows 200."
    )


def test_a_release_that_leaves_the_host_too_little_is_told(figures: dict[str, float]) -> None:
    figures |= {"host": 63.0, "new": 300.0}
    with pytest.raises(Failed, match=r"which left 63 MB on the host; .*_reserve_mb asks for 64"):
        Budget(reserve=64, most=0).watch("new")


@pytest.mark.parametrize(("result", "ended"), [("oom-kill", True), ("exit-code", False)])
def test_a_release_that_the_kernel_ended_is_told_from_one_that_ended_by_itself(
    monkeypatch: pytest.MonkeyPatch, result: str, ended: bool
) -> None:
    monkeypatch.setattr(units, "show", lambda *_words: {"Result": result})
    sentence = "took too much memory (gunicorn_systemd_memory_max_mb is 200)."
    told = pytest.raises(Failed, match=re.escape(sentence)) if ended else nullcontext()
    with told:
        Budget(reserve=0, most=200).require_spared("new")
