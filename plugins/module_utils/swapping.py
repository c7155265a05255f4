# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A swap file of a host: how large it is to be, and its making, through systemd."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils import memory, units
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.programs import finished, run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

MEGABYTE = 2**20
# What "auto" takes for a small host, and what it gives it.
SMALL_MB = 2048
AUTO_MB = 1024
# File systems that no kernel swaps to a file of, as stat(1) calls them.
UNFIT = ("nfs", "overlayfs", "tmpfs", "zfs")
# What stays free on the disk beside it.
DISK_MB = 2048
UNIT = """\
# Made by Slipway (base_swap).
[Unit]
Description=Swap file of Slipway

[Swap]
What={file}

[Install]
WantedBy=swap.target
"""


@dataclass(frozen=True)
class Host:
    """What decides, in megabytes: memory, swap of others, free disk, and our file, 0 for none.

    ``container`` says whether the kernel is another's, who alone may swap; ``filesystem`` is what
    the file would be on.
    """

    memory: int
    others: int
    free: int
    own: int
    container: bool
    filesystem: str = "ext2/ext3"


@dataclass(frozen=True)
class Place:
    """Where the file and its unit are; systemd wants the unit's name to be that of the path."""

    file: str = "/var/lib/slipway/swapfile"
    unit: str = "var-lib-slipway-swapfile.swap"
    units: str = "/etc/systemd/system"
    proc: str = "/proc"
    mark: str = "/run/systemd/container"

    @property
    def unit_file(self) -> str:
        """The unit's own file."""
        return os.path.join(self.units, self.unit)


def size(asked: str, host: Host) -> int:
    """Megabytes that our file is to have, from ``auto`` or a number. Raises Failed."""
    if asked != "auto" and not asked.isdigit():
        raise Failed(f"base_swap is {asked!r}: it takes auto or a number of megabytes, 0 for none.")
    if host.container or (asked != "auto" and int(asked) == 0):
        return 0
    room = host.free + host.own - DISK_MB
    if asked == "auto":
        if host.own:
            return host.own
        needs = host.memory <= SMALL_MB and not host.others
        fits = room >= AUTO_MB and host.filesystem not in UNFIT
        return AUTO_MB if needs and fits else 0
    if int(asked) > max(room, host.own):
        raise Failed(
            f"base_swap asks for {asked} MB, and with {DISK_MB} MB left free the disk has room "
            f"for {max(room, 0)}: take less, or 0 for none."
        )
    return int(asked)


def look(place: Place) -> Host:
    """What decides, as the host has it."""
    with open(f"{place.proc}/meminfo", encoding="ascii") as file:
        total = memory.kilobytes("MemTotal", file.read()) // 1024
    with open(f"{place.proc}/swaps", encoding="utf-8", errors="replace") as file:
        used = [line.split() for line in file.read().splitlines()[1:]]
    others = sum(int(words[2]) for words in used if words[0] != place.file) // 1024
    made = os.path.exists(place.file) and os.path.exists(place.unit_file)
    there = os.path.dirname(place.file)
    while not os.path.isdir(there):
        there = os.path.dirname(there)
    named = ["stat", "--file-system", "--format=%T", there]
    return Host(
        filesystem=run(named, problem=f"{there} cannot be looked at.").strip(),
        memory=total,
        others=others,
        free=shutil.disk_usage(there).free // MEGABYTE,
        own=os.stat(place.file).st_size // MEGABYTE if made else 0,
        container=os.path.exists(place.mark),
    )


def make(place: Place, megabytes: int) -> None:
    """Make the file and swap to it, now and at each boot. Raises Failed, with nothing left."""
    os.makedirs(os.path.dirname(place.file), exist_ok=True)
    problem = (
        f"The file system of {place.file} takes no swap file: set base_swap to 0, "
        "or give the host a swap partition."
    )
    try:
        fill(place.file, megabytes)
        run(["mkswap", place.file], problem=problem)
        write(place.unit_file, UNIT.format(file=place.file))
        units.systemctl("daemon-reload", problem="systemd cannot read its units.")
        units.systemctl("enable", "--now", place.unit, problem=problem)
    except (Failed, OSError):
        with suppress(Failed):
            remove(place)
        raise


def fill(path: str, megabytes: int) -> None:
    """Write a file of zeros that root alone reads: swap takes none that has holes (swapon(8))."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        # btrfs wants it before the first byte; other file systems know no such attribute.
        with suppress(Failed):
            finished(["chattr", "+C", path], problem="-")
        for _megabyte in range(megabytes):
            file.write(bytes(MEGABYTE))
        file.flush()
        os.fsync(file.fileno())


def remove(place: Place) -> None:
    """Swap to the file no more, and remove it. Raises Failed where memory has no room for it."""
    if os.path.exists(place.unit_file):
        problem = f"The swap file {place.file} is in use and memory has no room for what is in it."
        units.systemctl("disable", "--now", place.unit, problem=problem)
        os.unlink(place.unit_file)
        units.systemctl("daemon-reload", problem="systemd cannot read its units.")
    with suppress(FileNotFoundError):
        os.unlink(place.file)


def why(asked: str, host: Host) -> str:
    """Why there is no swap file where one was asked for; empty where it needs no word."""
    if host.container and re.search("[1-9]", asked):
        return "A container cannot swap: its host can."
    return ""
