"""Which releases and environments may go."""

import shutil
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.pruning import (
    leftovers,
    prune,
    remove,
    spent,
)
from ansible_collections.slipway.django.plugins.module_utils.releases import mark_failed

from tests.unit.plugins.conftest import Release
from tests.unit.plugins.host import go_live

DAYS = [f"2026112{day}T101500Z-3f2a1c9" for day in range(1, 7)]


@pytest.fixture
def six(shop: Instance, release: Release) -> Instance:
    """Six releases that have all answered; the newest is live, in the slot blue."""
    for day in DAYS:
        release(day, venv=f"venv-{day[:8]}", proven=True)
    go_live(shop, DAYS[5])
    return shop


def names(directory: str) -> list[str]:
    """What stands in a directory."""
    return sorted(path.name for path in Path(directory).iterdir())


@pytest.mark.parametrize(
    ("keep", "gone"), [(9, []), (6, []), (5, DAYS[:1]), (2, DAYS[:4]), (1, DAYS[:4]), (0, DAYS[:4])]
)
def test_the_oldest_go_but_never_the_live_one_and_the_one_before(
    six: Instance, keep: int, gone: list[str]
) -> None:
    assert spent(six, keep, 2) == gone


def test_a_release_that_an_old_slot_still_runs_stays(six: Instance) -> None:
    Path(six.slot("green")).symlink_to(f"../releases/{DAYS[0]}")
    assert spent(six, 1, 2) == DAYS[1:4]


def test_after_a_rollback_the_live_release_and_the_one_before_stay(six: Instance) -> None:
    go_live(six, DAYS[1])
    assert spent(six, 2, 2) == DAYS[2:4]


def test_before_the_first_release_nothing_goes(shop: Instance) -> None:
    assert prune(shop, 5, 2) == ""


def test_what_goes_is_gone_with_the_environments_that_only_it_used(six: Instance) -> None:
    gone = prune(six, 3, 2)
    assert gone == ", ".join([*DAYS[:3], *(f"venv-{day[:8]}" for day in DAYS[:3])])
    assert names(six.releases) == DAYS[3:]
    assert names(six.venvs) == [f"venv-{day[:8]}" for day in DAYS[3:]]


def test_an_environment_that_another_release_uses_stays(six: Instance, release: Release) -> None:
    release("20261127T101500Z-3f2a1c9", venv=f"venv-{DAYS[0][:8]}", proven=True)
    prune(six, 1, 2)
    assert f"venv-{DAYS[0][:8]}" in names(six.venvs)


def test_half_built_releases_go_whatever_they_are(six: Instance, release: Release) -> None:
    half = release("20261128T101500Z-3f2a1c9")
    Path(six.record(half, "release.json")).unlink()
    Path(six.releases, f"{half}.index").touch()
    assert prune(six, 9, 2) == f"{half}, {half}.index, venv"


def test_the_live_release_keeps_its_environment_even_if_its_record_is_lost(six: Instance) -> None:
    Path(six.record(DAYS[5], "release.json")).unlink()
    prune(six, 9, 2)
    assert Path(six.current, ".venv").is_dir(), names(six.venvs)


def test_pruning_twice_finds_nothing_more(six: Instance) -> None:
    assert prune(six, 2, 2).startswith(DAYS[0])
    assert prune(six, 2, 2) == ""


def give_up(shop: Instance, *names: str) -> None:
    """Let releases fail."""
    for name in names:
        mark_failed(shop, name, {"step": "ask", "reason": "It was slow."})


@pytest.mark.parametrize(("keep_failed", "gone"), [(9, []), (2, DAYS[:1]), (0, DAYS[:3])])
def test_the_newest_that_failed_stay_for_inspection(
    six: Instance, keep_failed: int, gone: list[str]
) -> None:
    give_up(six, *DAYS[:3])
    assert spent(six, 9, keep_failed) == gone


def test_a_release_that_failed_takes_no_good_one_s_place(six: Instance) -> None:
    give_up(six, DAYS[4])
    assert spent(six, 3, 2) == DAYS[:2]


def test_a_release_that_was_built_and_neither_answered_nor_failed_was_left_by_a_killed_run(
    six: Instance, release: Release
) -> None:
    killed, failed = release("20261127T101500Z-3f2a1c9"), release("20261128T101500Z-3f2a1c9")
    give_up(six, failed)
    assert leftovers(six) == [killed]
    assert spent(six, 9, 2) == [killed]


def test_what_a_slot_runs_is_no_leftover(six: Instance, release: Release) -> None:
    started = release("20261127T101500Z-3f2a1c9")
    Path(six.slot("green")).symlink_to(f"../releases/{started}")
    assert leftovers(six) == []


def test_what_cannot_be_removed_is_told_and_costs_the_release_nothing(
    six: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise OSError(30, "Read-only file system", path)

    monkeypatch.setattr(shutil, "rmtree", refuse)
    assert prune(six, 5, 2) == (
        f"not done: [Errno 30] Read-only file system: '{six.release(DAYS[0])}'"
    )


def test_a_removal_that_is_cut_short_leaves_half_a_release(
    six: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "rmtree", lambda _path: None)
    remove(six, DAYS[0])
    assert leftovers(six) == [DAYS[0]], "it would pass for a whole one"
