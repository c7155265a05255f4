# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people want to see of an instance: its unit, its log, its releases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import leasing, memory, releases, units
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.programs import run


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


def log_of(instance: Instance, lines: int) -> list[str]:
    """The newest lines that both slots wrote to the journal, oldest first."""
    if not lines:
        return []
    slots = [f"--unit={instance.slot_unit(slot)}" for slot in ("blue", "green")]
    words = ["--quiet", "--no-pager", "--output=short-iso", f"--lines={lines}"]
    return run(["journalctl", *words, *slots], problem="The journal cannot be read.").splitlines()


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
