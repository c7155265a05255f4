"""A swap file: how large it is to be, and its making, with a systemctl that only pretends."""

import os
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import swapping
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.swapping import Host, Place

SMALL = Host(memory=961, others=0, free=20_000, own=0, container=False)
PROGRAM = '#!/bin/sh\necho "$(basename $0) $*" >>{directory}/calls\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A host of 1 GB, with another swap of 512 MB."""
    for name in ("mkswap", "systemctl"):
        (tmp_path / name).write_text(PROGRAM.format(directory=tmp_path))
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "meminfo").write_text("MemTotal:   1024000 kB\nMemFree:   10 kB\n")
    heading = "Filename\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    (tmp_path / "swaps").write_text(
        f"{heading}/dev/vdb partition 524288 0 -2\n{tmp_path}/lib/swapfile file 2048 0 -3\n"
    )
    return Place(
        file=str(tmp_path / "lib" / "swapfile"),
        units=str(tmp_path),
        proc=str(tmp_path),
        mark=str(tmp_path / "container"),
    )


def calls(place: Place) -> list[str]:
    """What was run."""
    path = Path(place.units, "calls")
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize(
    ("asked", "host", "megabytes"),
    [
        ("auto", SMALL, 1024),
        ("auto", replace(SMALL, memory=1967), 1024),
        ("auto", replace(SMALL, memory=3900), 0),
        ("auto", replace(SMALL, others=512), 0),
        ("auto", replace(SMALL, free=2500), 0),
        ("auto", replace(SMALL, filesystem="zfs"), 0),
        ("auto", replace(SMALL, memory=3900, own=1024), 1024),
        ("auto", replace(SMALL, container=True), 0),
        ("4096", replace(SMALL, memory=64_000), 4096),
        ("512", replace(SMALL, others=512), 512),
        ("512", replace(SMALL, container=True), 0),
        ("0", replace(SMALL, own=1024), 0),
    ],
    ids=[
        *("small", "2 GB", "large", "has swap", "full disk", "ZFS", "grown", "container"),
        *("as asked", "besides another", "asked in a container", "no more"),
    ],
)
def test_how_large_it_is_to_be(asked: str, host: Host, megabytes: int) -> None:
    assert swapping.size(asked, host) == megabytes


def test_more_than_the_disk_has_room_for_is_refused() -> None:
    with pytest.raises(Failed, match=r"base_swap asks for 9000 MB.*room for 8000: take less"):
        swapping.size("9000", replace(SMALL, free=10_048))


@pytest.mark.parametrize("asked", ["yes", "1G", "-1", ""])
def test_what_is_no_size_is_refused(asked: str) -> None:
    with pytest.raises(Failed, match="it takes auto or a number of megabytes"):
        swapping.size(asked, SMALL)


def test_a_host_is_seen_as_it_is(place: Place) -> None:
    host = swapping.look(place)
    assert (host.memory, host.others, host.own, host.container) == (1000, 512, 0, False)
    assert re.fullmatch(r"[\w/]+", host.filesystem)
    Path(place.mark).touch()
    assert swapping.look(place).container


def test_it_is_made_and_seen_afterwards(place: Place) -> None:
    swapping.make(place, 3)
    made = Path(place.file).stat()
    assert stat.S_IMODE(made.st_mode) == 0o600
    assert made.st_blocks * 512 >= 3 * 2**20, "it has holes"
    steps = [f"mkswap {place.file}", "systemctl daemon-reload"]
    assert calls(place) == [*steps, f"systemctl enable --now {place.unit}"]
    assert f"What={place.file}\n" in Path(place.unit_file).read_text()
    assert swapping.look(place).own == 3


def test_one_that_a_killed_run_left_halfway_does_not_count(place: Place) -> None:
    swapping.make(place, 1)
    Path(place.unit_file).unlink()
    assert swapping.look(place).own == 0
    swapping.make(place, 2)
    assert swapping.look(place).own == 2


def test_what_the_file_system_does_not_take_is_said_and_leaves_nothing(place: Place) -> None:
    Path(place.units, "systemctl").write_text('#!/bin/sh\n[ "$1" != enable ]\n')
    with pytest.raises(Failed, match="takes no swap file: set base_swap to 0"):
        swapping.make(place, 1)
    assert not Path(place.file).exists()
    assert not Path(place.unit_file).exists()


def test_it_goes_without_a_trace(place: Place) -> None:
    swapping.make(place, 1)
    swapping.remove(place)
    last = [f"systemctl disable --now {place.unit}", "systemctl daemon-reload"]
    assert calls(place)[-2:] == last
    assert not Path(place.file).exists()
    assert not Path(place.unit_file).exists()


def test_its_unit_bears_the_name_that_systemd_wants() -> None:
    assert Place().unit == Place().file.strip("/").replace("/", "-") + ".swap"


@pytest.mark.parametrize(
    ("asked", "container", "told"),
    [("512", True, True), ("auto", True, False), ("0", True, False), ("512", False, False)],
)
def test_a_container_is_told_that_it_cannot(asked: str, container: bool, told: bool) -> None:
    assert bool(swapping.why(asked, replace(SMALL, container=container))) is told
