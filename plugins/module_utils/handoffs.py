# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand-off notes that travel with the application's code: what a host has not had, and by whom."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone

from ansible_collections.slipway.django.plugins.module_utils import items, notes_pending
from ansible_collections.slipway.django.plugins.module_utils.notes import Entry
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

NOTES = "claude/DEV_HANDOFF.md"
BOX = re.compile(r"\S+ \[ ?\]")
NAME = re.compile(r"[A-Za-z_]\w*")
CAPITALS = re.compile(r"[A-Z][A-Z0-9_]+")
COMPOUND = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# A line that takes a variable away needs none.
GONE = re.compile(r"\b(?:remove|removed|drop|dropped|delete|deleted|unset|gone|no longer)\b", re.I)
# Nor does one that says so.
OPTIONAL = re.compile(r"\W*optional\b", re.I)
BLAMED = re.compile(r"(?P<commit>[0-9a-f]{40,64}) \d+ (?P<line>\d+)(?: \d+)?")


@dataclass(frozen=True)
class Written:
    """Who wrote an entry, ``time`` as in 2026-11-22T10:30:00Z, and with which commit."""

    author: str
    time: str
    commit: str


def paths(place: str) -> list[str]:
    """Where notes may stand: at the repository's root, and beside manage.py in ``place``."""
    return sorted({os.path.join(inside, NOTES) for inside in ("", place)})


def pending(mirror: Mirror, live: str, version: str, path: str = NOTES, env: str = "") -> list[str]:
    """The open lines of the notes at a version, as last fetched, that the live commit has not.

    Each is whole. With ``env`` those that name other environments are left out.
    """
    found = entries(mirror, live, version, path, env)
    return [line.words for entry in found for line in entry.lines if not line.done]


def entries(
    mirror: Mirror, live: str, version: str, path: str = NOTES, env: str = ""
) -> list[Entry]:
    """The entries of the notes at a version, as last fetched, with what the live commit has not.

    Newest first. All of them where nothing is live: ``live`` is empty, or was never fetched.
    """
    had = text(mirror, live, path) if live else ""
    return notes_pending.pending(had, text(mirror, version, path), env)


def text(mirror: Mirror, revision: str, path: str = NOTES) -> str:
    """The notes at a revision; nothing where there are none, or no such revision. Raises Failed."""
    try:
        there = mirror.git("ls-tree", revision, "--", path, problem="There are no notes.")
    except Failed:
        there = ""
    problem = f"git cannot read {path}."
    return mirror.git("show", f"{revision}:{path}", problem=problem) if there else ""


def written(
    mirror: Mirror, version: str, found: Iterable[Entry], path: str = NOTES
) -> list[Written]:
    """Who wrote each of the entries of the notes at a version, by the commit of their headings.

    An entry without a heading is that of who wrote its first part. Raises Failed when there are no
    notes at that version.
    """
    # One process for all of them; who only moves or indents an entry has not written it.
    words = ("blame", "--porcelain", "-w", "-M", version, "--", path)
    said = mirror.git(*words, problem=f"git cannot tell who wrote {path}.")
    commits: dict[int, str] = {}
    told: dict[str, dict[str, str]] = {}
    commit = ""
    for line in said.split("\n"):
        header = BLAMED.fullmatch(line)
        if header:
            commit = header["commit"]
            commits[int(header["line"])] = commit
        elif not line.startswith("\t"):
            key, _blank, value = line.partition(" ")
            told.setdefault(commit, {}).setdefault(key, value)
    return [written_by(commits[number(entry)], told) for entry in found]


def number(entry: Entry) -> int:
    """The line of the notes that says who wrote an entry."""
    return entry.line if entry.raw or not entry.parts else entry.parts[0].line


def written_by(commit: str, told: dict[str, dict[str, str]]) -> Written:
    """What git told of a commit."""
    fields = told[commit]
    time = datetime.fromtimestamp(int(fields["author-time"]), timezone.utc)
    return Written(fields["author"], time.strftime("%Y-%m-%dT%H:%M:%SZ"), commit)


def variables(line: str, env: str) -> list[str]:
    """The environment variables that an open line names, if it is for this environment."""
    box = BOX.match(line)
    item = items.read(line[box.end() :].strip()) if box else items.Item("", "")
    what = item.what
    if item.kind != "env" or GONE.search(what) or OPTIONAL.match(item.how):
        return []
    if not notes_pending.is_for(item, env):
        return []
    quoted = [name.partition("=")[0] for name in re.findall(r"`([^`]*)`", what)]
    words = re.split(r"[\s,/]+|\band\b", what.replace("`", " ").strip())
    bare = [word.partition("=")[0] for word in words if word]
    # Capitals in a sentence may be any word; alone they are names.
    alone = bare if all(map(CAPITALS.fullmatch, bare)) else COMPOUND.findall(what)
    return list(dict.fromkeys([*filter(NAME.fullmatch, quoted), *alone]))
