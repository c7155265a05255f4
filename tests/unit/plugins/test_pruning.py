"""Which releases and environments may go."""

from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.pruning import prune, spent

from tests.unit.plugins.conftest import Release

DAYS = [f"2026112{day}T101500Z-3f2a1c9" for day in range(1, 7)]


@pytest.fixture
def six(shop: Instance, release: Release) -> Instance:
    """Six releases that have all answered; the newest is live, in the slot blue."""
    for day in DAYS:
        release(day, venv=f"venv-{day[:8]}", proven=True)
    Path(shop.current).symlink_to(f"releases/{DAYS[5]}")
    Path(shop.slot("blue")).symlink_to(f"../releases/{DAYS[5]}")
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
    assert spent(six, keep) == gone


def test_a_release_that_an_old_slot_still_runs_stays(six: Instance) -> None:
    Path(six.slot("green")).symlink_to(f"../releases/{DAYS[0]}")
    assert spent(six, 1) == DAYS[1:4]


def test_after_a_rollback_the_live_release_and_the_one_before_stay(six: Instance) -> None:
    Path(six.current).unlink()
    Path(six.current).symlink_to(f"releases/{DAYS[1]}")
    assert spent(six, 2) == DAYS[2:4]


def test_before_the_first_release_nothing_goes(shop: Instance) -> None:
    assert prune(shop, 5) == []


def test_what_goes_is_gone_with_the_environments_that_only_it_used(six: Instance) -> None:
    gone = prune(six, 3)
    assert gone == [*DAYS[:3], *(f"venv-{day[:8]}" for day in DAYS[:3])]
    assert names(six.releases) == DAYS[3:]
    assert names(six.venvs) == [f"venv-{day[:8]}" for day in DAYS[3:]]


def test_an_environment_that_another_release_uses_stays(six: Instance, release: Release) -> None:
    release("20261127T101500Z-3f2a1c9", venv=f"venv-{DAYS[0][:8]}", proven=True)
    prune(six, 1)
    assert f"venv-{DAYS[0][:8]}" in names(six.venvs)


def test_a_release_that_never_answered_goes_and_takes_no_good_one_s_place(
    six: Instance, release: Release
) -> None:
    failed = release("20261127T101500Z-3f2a1c9")
    assert spent(six, 6) == [failed]


def test_half_built_releases_go_whatever_they_are(six: Instance, release: Release) -> None:
    half = release("20261128T101500Z-3f2a1c9")
    Path(six.record(half, "release.json")).unlink()
    Path(six.releases, f"{half}.index").touch()
    assert prune(six, 9) == [half, f"{half}.index", "venv"]


def test_the_live_release_keeps_its_environment_even_if_its_record_is_lost(six: Instance) -> None:
    Path(six.record(DAYS[5], "release.json")).unlink()
    prune(six, 9)
    assert Path(six.current, ".venv").is_dir(), names(six.venvs)


def test_pruning_twice_finds_nothing_more(six: Instance) -> None:
    assert (bool(prune(six, 2)), prune(six, 2)) == (True, [])
