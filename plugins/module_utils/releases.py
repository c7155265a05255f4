# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands on a host: releases with their records, the live one, the slots, the history."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.instance import SLOTS, Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

Record = dict[str, Any]


def now() -> str:
    """The present in UTC, to the second, as ISO 8601."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def release_id(moment: str, commit: str) -> str:
    """``20261121T101500Z-3f2a1c9`` of an ISO 8601 moment and a commit: sorts by time."""
    return f"{moment.replace('-', '').replace(':', '')}-{commit[:7]}"


def read(instance: Instance, release: str) -> Optional[Record]:
    """The record of a release that was built completely, else None."""
    try:
        with open(instance.record(release, "release.json"), encoding="utf-8") as file:
            return {**json.load(file), "id": release}
    except (OSError, ValueError):
        return None


def listing(instance: Instance) -> list[Record]:
    """The records of all complete releases, oldest first."""
    if not os.path.isdir(instance.releases):
        return []
    records = (read(instance, name) for name in sorted(os.listdir(instance.releases)))
    return [record for record in records if record]


def unfinished(instance: Instance) -> list[str]:
    """Releases that a deploy began and never completed."""
    if not os.path.isdir(instance.releases):
        return []
    return [name for name in sorted(os.listdir(instance.releases)) if not read(instance, name)]


def target(path: str) -> Optional[str]:
    """The last part of what a link names, or None."""
    try:
        return os.path.basename(os.readlink(path))
    except OSError:
        return None


def live(instance: Instance) -> Optional[str]:
    """Id of the release that answers, or None before the first.

    By the socket that nginx connects to: the link ``current`` is for people.
    """
    slot = live_slot(instance)
    return target(instance.slot(slot)) if slot else None


def live_slot(instance: Instance) -> Optional[str]:
    """The slot whose socket ``current.sock`` names, or None before the first release."""
    try:
        named = os.readlink(instance.socket)
    except OSError:
        return None
    return next((slot for slot in SLOTS if named == instance.slot_socket(slot)), None)


def listening(instance: Instance) -> bool:
    """Whether something accepts connections on ``current.sock``."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(instance.socket)
        except OSError:
            return False
    return True


def proven(instance: Instance, release: str) -> bool:
    """Whether a release has ever been the one that answers."""
    return os.path.exists(instance.record(release, "activated"))


def failed(instance: Instance, release: str) -> Optional[Record]:
    """Why a release was given up at its newest try (``step``, ``reason``), or None."""
    try:
        with open(instance.record(release, "failed"), encoding="utf-8") as file:
            return parsed(file.read()) or {"step": "", "reason": ""}
    except OSError:
        return None


def mark_failed(instance: Instance, release: str, why: Record) -> None:
    """Keep a release for inspection: it is no target of a rollback, and pruned later."""
    if read(instance, release):
        with suppress(OSError):
            write(instance.record(release, "failed"), json.dumps({"time": now(), **why}) + "\n")


def settled(instance: Instance) -> bool:
    """Whether there is a live release, it answers, and its switch came to its end."""
    current = live(instance)
    return (
        current is not None
        and target(instance.current) == current
        and proven(instance, current)
        and listening(instance)
    )


def previous(instance: Instance) -> Optional[str]:
    """The newest release older than the live one that answered before, and has not failed since."""
    current = live(instance) or ""
    older = [record["id"] for record in listing(instance) if record["id"] < current]
    good = [name for name in older if proven(instance, name) and not failed(instance, name)]
    return good[-1] if good else None


def wanted(instance: Instance, release: str) -> Record:
    """The record of a release, or of the ``previous`` one. Raises Failed when there is none."""
    if release == "previous":
        release = previous(instance) or ""
        if not release:
            raise Failed(f"{instance.name} has no earlier release that answered before.")
    record = read(instance, release)
    if record is None:
        names = "\n".join(found["id"] for found in listing(instance))
        raise Failed(f"{instance.name} has no release {release}.", f"It has:\n{names}")
    return record


def record_event(instance: Instance, event: Record) -> str:
    """Append a line to ``deploys.jsonl``; what kept it from being written, else nothing.

    History is no reason to undo a switch that is done.
    """
    try:
        append(instance, event)
    except OSError as error:
        return f"{instance.history} cannot be written: {error.strerror}."
    return ""


def append(instance: Instance, event: Record) -> None:
    """Append a line to ``deploys.jsonl``. Raises OSError."""
    line = json.dumps({"time": now(), **event}, sort_keys=True) + "\n"
    descriptor = os.open(instance.history, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
    with os.fdopen(descriptor, "r+b") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
        if file.read(1) not in (b"", b"\n"):
            # A full disk cut the last line short; this one is not to be lost with it.
            line = "\n" + line
        file.write(line.encode())


def events(instance: Instance, count: int) -> list[Record]:
    """The newest ``count`` events, oldest first; a line that a full disk cut short is left out."""
    try:
        with open(instance.history, encoding="utf-8") as file:
            lines = file.read().splitlines()[-count:] if count else []
    except OSError:
        return []
    return [event for event in map(parsed, lines) if event]


def parsed(line: str) -> Optional[Record]:
    """The event of a line, or None for one that was cut short."""
    try:
        event: Record = json.loads(line)
    except ValueError:
        return None
    return event
