# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which releases and environments may go, and their removal."""

from __future__ import annotations

import os
import shutil

from ansible_collections.slipway.django.plugins.module_utils import releases
from ansible_collections.slipway.django.plugins.module_utils.instance import SLOTS, Instance


def spent(instance: Instance, keep: int) -> list[str]:
    """Ids of the releases that may go: half-built ones, ones that never answered, and of those
    that did all but the newest ``keep``.

    Never the live one, the one before it, or one that a slot runs.
    """
    running = {releases.target(instance.slot(slot)) for slot in SLOTS}
    held = running | {releases.live(instance), releases.previous(instance)}
    names = [record["id"] for record in releases.listing(instance)]
    proven = [name for name in names if releases.proven(instance, name)]
    failed = [name for name in names if name not in proven]
    old = proven[:-keep] if keep else proven
    return [name for name in releases.unfinished(instance) + failed + old if name not in held]


def prune(instance: Instance, keep: int) -> list[str]:
    """Remove spent releases and the environments that none points at; names of what went."""
    gone = spent(instance, keep)
    for name in gone:
        path = instance.release(name)
        if os.path.isdir(path):
            # Without its record it is half a release, should the removal be cut short.
            record = instance.record(name, "release.json")
            if os.path.exists(record):
                os.unlink(record)
            shutil.rmtree(path)
        else:
            os.unlink(path)
    # By the links: the live release keeps its environment even where its record is lost.
    paths = (
        os.path.join(instance.release(name), ".venv") for name in os.listdir(instance.releases)
    )
    used = {releases.target(path) for path in paths}
    unused = [name for name in sorted(os.listdir(instance.venvs)) if name not in used]
    for name in unused:
        shutil.rmtree(os.path.join(instance.venvs, name))
    return gone + unused
