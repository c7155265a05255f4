# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people want to see of an instance: its unit, its health, its releases."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    checking,
    leasing,
    memory,
    releases,
    units,
    watching,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.programs import run

UNITS = "/etc/systemd/system"
STATES = "/var/lib"
CONFIGURATIONS = "/etc/slipway"
KNOWN_OF_HEALTH = ("state", "since", "said", "failures", "checked", "ends", "changes", "webhook")


def unit_of(unit: str) -> dict[str, Any]:
    """What systemd says of a unit."""
    shown = units.show(unit, "ActiveState", "NRestarts", "ActiveEnterTimestampMonotonic")
    entered = int(shown.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    return {
        "state": shown.get("ActiveState", ""),
        "restarts": int(shown.get("NRestarts") or 0),
        "uptime": str(timedelta(seconds=round(leasing.clock() - entered))) if entered else "",
        "memory": round(memory.used(unit)),
    }


def health_of(instance: Instance) -> dict[str, Any]:
    """What the timer found of the health, ``told`` in a line; nothing where there is no timer."""
    name = f"{instance.name}-health"
    if not os.path.lexists(f"{UNITS}/timers.target.wants/{name}.timer"):
        return {}
    state = checking.kept(f"{STATES}/{name}/{checking.FILE}")
    interval = checking.read(f"{CONFIGURATIONS}/{name}.json").get("interval", 60)
    told = watching.told(state, interval, time.time())
    return {"told": told, **{key: state.get(key) for key in KNOWN_OF_HEALTH}}


def mark_of(instance: Instance, release: str, why: Optional[releases.Record]) -> str:
    """What a person looks for first; ``why`` it failed, if it did."""
    if why:
        return "failed"
    return "" if releases.proven(instance, release) else "never answered"


def size_of(path: str) -> int:
    """Megabytes that a release takes, without the environment that it shares."""
    said = run(["du", "--summarize", "--block-size=1M", path], problem=f"{path} cannot be read.")
    return int(said.split()[0])


def listing(instance: Instance, sizes: bool) -> list[releases.Record]:
    """The releases with what is to be said of each."""
    found = []
    first = {releases.previous(instance): "previous", releases.live(instance): "live"}
    for record in releases.listing(instance):
        release = record["id"]
        why = releases.failed(instance, release)
        about = {"mark": first.get(release) or mark_of(instance, release, why), "why": why}
        size = {"megabytes": size_of(instance.release(release))} if sizes else {}
        found.append({**record, **about, **size})
    return found
