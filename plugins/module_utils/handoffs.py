# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand-off notes that travel with the application's code: which lines a host has not had yet."""

from __future__ import annotations

import re

from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

NOTES = "claude/DEV_HANDOFF.md"
LINE = "- [ ]"
# ``- [ ] env: NAME, NAME — dev, prod: how``
VARIABLES = re.compile(r"- \[ \] env:\s*(?P<what>.*?)(?:\s+(?:[—\u2013]|--?)\s+(?P<where>.*))?")
NAME = re.compile(r"[A-Za-z_]\w*")
CAPITALS = re.compile(r"[A-Z][A-Z0-9_]+")
COMPOUND = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# A line that takes a variable away needs none.
GONE = re.compile(r"\b(?:remove|removed|drop|dropped|delete|deleted|unset|gone|no longer)\b", re.I)


def pending(mirror: Mirror, live: str, version: str, path: str = NOTES) -> list[str]:
    """The open lines of the notes at a version, as last fetched, that the live commit has not."""
    had = set(lines(mirror, live, path)) if live else set()
    return [line for line in lines(mirror, version, path) if line not in had]


def lines(mirror: Mirror, revision: str, path: str = NOTES) -> list[str]:
    """The open lines of the notes at a revision, each whole; none where there are no notes."""
    try:
        text = mirror.git("show", f"{revision}:{path}", problem="There are no notes.")
    except Failed:
        return []
    found: list[list[str]] = []
    current: list[str] = []
    for line in text.splitlines():
        words = line.strip()
        if words.startswith(LINE):
            current = [words]
            found.append(current)
        elif current and words and line[0].isspace() and not words.startswith("-"):
            current.append(words)
        else:
            current = []
    return [" ".join(words) for words in found]


def variables(line: str, env: str) -> list[str]:
    """The environment variables that an open line names, if it is for this environment."""
    match = VARIABLES.fullmatch(line)
    if not match or GONE.search(match["what"]) or not is_for(match["where"] or "", env):
        return []
    what = match["what"]
    quoted = [text.partition("=")[0] for text in re.findall(r"`([^`]*)`", what)]
    words = re.split(r"[\s,/]+|\band\b", what.replace("`", " ").strip())
    bare = [word.partition("=")[0] for word in words if word]
    # Capitals in a sentence may be any word; alone they are names.
    alone = bare if all(map(CAPITALS.fullmatch, bare)) else COMPOUND.findall(what)
    return list(dict.fromkeys([*filter(NAME.fullmatch, quoted), *alone]))


def is_for(where: str, env: str) -> bool:
    """Whether what stands before the colon names this environment, or none at all."""
    before, colon, _how = where.partition(":")
    named = [word.strip(" `") for word in re.split(r"[,/&]|\band\b", before)]
    if not colon or not all(re.fullmatch(r"[a-z][a-z0-9_-]*", word) for word in named):
        return True
    return env in named or "all" in named
