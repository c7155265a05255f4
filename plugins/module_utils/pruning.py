# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which releases and environments may go, their removal, and what else a killed run left."""

from __future__ import annotations

import os
import shutil
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils import releases, units
from ansible_collections.slipway.django.plugins.module_utils.instance import SLOTS, Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps


def held(instance: Instance) -> set[Optional[str]]:
    """The live release, the one before it, and what a slot runs: they never go."""
    running = {releases.target(instance.slot(slot)) for slot in SLOTS}
    return running | {releases.live(instance), releases.previous(instance)}


def leftovers(instance: Instance) -> list[str]:
    """What a killed deploy left: half a release, or one that was neither switched to nor failed."""
    names = [record["id"] for record in releases.listing(instance)]
    known = [n for n in names if releases.proven(instance, n) or releases.failed(instance, n)]
    never = held(instance)
    left = releases.unfinished(instance) + [name for name in names if name not in known]
    return [name for name in left if name not in never]


def spent(instance: Instance, keep: int, keep_failed: int) -> list[str]:
    """Ids of the releases that may go: leftovers, all but the newest ``keep`` that answered, and
    all but the newest ``keep_failed`` that were given up."""
    names = [record["id"] for record in releases.listing(instance)]
    failed = [name for name in names if releases.failed(instance, name)]
    good = [name for name in names if releases.proven(instance, name) and name not in failed]
    never = held(instance)
    old = but_the_newest(good, keep) + but_the_newest(failed, keep_failed)
    return leftovers(instance) + [name for name in old if name not in never]


def but_the_newest(names: list[str], count: int) -> list[str]:
    """The names without the last ``count``."""
    return names[:-count] if count else names


def clear(instance: Instance, keep_failed: int, dry: bool) -> str:
    """Remove what deploys left that came to nothing, for they may be what filled the disk."""
    keep = len(os.listdir(instance.releases))
    if dry:
        return ", ".join(spent(instance, keep, keep_failed) + unused(instance))
    return prune(instance, keep, keep_failed)


def tidy(instance: Instance, steps: Steps, dry: bool) -> bool:
    """Stop the idle slot where a killed run left it; whether it was."""
    live = releases.live_slot(instance)
    idle = [instance.slot_unit(slot) for slot in SLOTS if live not in (slot, None)]
    left = [unit for unit in idle if units.state(unit) in units.RUNNING]
    for unit in left:
        with steps.step("stop") as step:
            step["detail"] = unit
            if not dry:
                units.stop(unit)
    return bool(left)


def prune(instance: Instance, keep: int, keep_failed: int) -> str:
    """Remove spent releases and the environments that none points at; what went, for people.

    No deploy fails for it: what cannot be removed is only told, and the next one tries again.
    """
    try:
        gone = [remove(instance, name) for name in spent(instance, keep, keep_failed)]
        gone += [forget(instance, name) for name in unused(instance)]
    except OSError as error:
        return f"not done: {error}"
    return ", ".join(gone)


def remove(instance: Instance, name: str) -> str:
    """Remove a release; its name."""
    path = instance.release(name)
    if os.path.isdir(path):
        # Without its record it is half a release, should the removal be cut short.
        record = instance.record(name, "release.json")
        if os.path.exists(record):
            os.unlink(record)
        shutil.rmtree(path)
    else:
        os.unlink(path)
    return name


def unused(instance: Instance) -> list[str]:
    """Environments that no release is linked to.

    By the links: the live release keeps its environment even where its record is lost.
    """
    names = os.listdir(instance.releases)
    used = {releases.target(os.path.join(instance.release(name), ".venv")) for name in names}
    return [name for name in sorted(os.listdir(instance.venvs)) if name not in used]


def forget(instance: Instance, name: str) -> str:
    """Remove an environment; its name."""
    shutil.rmtree(os.path.join(instance.venvs, name))
    return name
