# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which entries of hand-off notes an environment has not had: two texts are compared.

Nobody ticks anything for that. A line is the same when it says the same, ticked or not, however it
is wrapped and wherever its entry stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import replace

from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.notes import (
    TO_LOCAL,
    TO_SERVERS,
    Entry,
    Line,
    Notes,
    Part,
    parse,
)


def pending(live: str, version: str, env: str = "") -> list[Entry]:
    """The entries of a version's notes with what the live notes do not hold, as they stand there.

    So newest first, as people write them. What names other environments only is left out; without
    ``env`` nothing is. An entry that has nothing left is gone.
    """
    old = parse(live)
    held = Counter(
        (entry.title, said(part, env))
        for section in old.sections
        for entry in section.entries
        for part in entry.parts
    )
    fresh = due(without(parse(version), lambda entry, part: taken(held, entry, part, env)))
    spare: Counter[Hashable] = Counter()
    for (_title, words), count in held.items():
        spare[words] += count
    newest = max((entry.date for entry in due(old)), default="")
    # If one of two was there before, it was the older.
    found = [unmoved(entry, spare, newest, env) for entry in reversed(fresh)]
    return [entry for entry in reversed(found) if entry.parts]


def due(notes: Notes) -> list[Entry]:
    """What is for the servers: their section, and lines of a checklist outside of both sections.

    Without that section everything is but the one for the other way.
    """
    sections = [section for section in notes.sections if section.direction != TO_LOCAL]
    known = any(section.direction == TO_SERVERS for section in sections)
    return [
        replace(entry, parts=tuple(entry.lines)) if known and not section.direction else entry
        for section in sections
        for entry in section.entries
    ]


def is_for(item: Item, env: str) -> bool:
    """Whether a line is for this environment: it names it, or none at all."""
    return not env or not item.environments or env in item.environments


def said(part: Part, env: str) -> Hashable:
    """What a part says, for an environment: that others need it too makes no difference."""
    if not isinstance(part, Line):
        return part.words
    item = part.item
    return item.kind, item.what, item.how, part.detail, is_for(item, env)


def without(notes: Notes, gone: Callable[[Entry, Part], bool]) -> Notes:
    """The notes without some parts of their entries."""
    sections = tuple(
        replace(section, entries=tuple(less(entry, gone) for entry in section.entries))
        for section in notes.sections
    )
    return replace(notes, sections=sections)


def less(entry: Entry, gone: Callable[[Entry, Part], bool]) -> Entry:
    """An entry without some of its parts."""
    return replace(entry, parts=tuple(part for part in entry.parts if not gone(entry, part)))


def taken(held: Counter[tuple[str, Hashable]], entry: Entry, part: Part, env: str) -> bool:
    """Whether the live notes hold a part in the same entry; then it is taken out of them."""
    key = entry.title, said(part, env)
    if held[key] < 1:
        return False
    held[key] -= 1
    return True


def unmoved(entry: Entry, spare: Counter[Hashable], newest: str, env: str) -> Entry:
    """An entry with what is new for an environment and did not stand in another entry before.

    An entry later than all that were there asks anew for what they asked for.
    """
    anew = bool(newest) and entry.date > newest

    def gone(_entry: Entry, part: Part) -> bool:
        if not part.words or (isinstance(part, Line) and not is_for(part.item, env)):
            return True
        words = said(part, env)
        if anew or spare[words] < 1:
            return False
        spare[words] -= 1
        return True

    return less(entry, gone)
