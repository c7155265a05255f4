# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand-off entries that an environment has not had, with who wrote them and what of them is so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import handoffs, promises
from ansible_collections.slipway.django.plugins.module_utils.handoffs import Written
from ansible_collections.slipway.django.plugins.module_utils.notes import Entry, Line, Part
from ansible_collections.slipway.django.plugins.module_utils.promises import Facts, State
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror

# What lines of these kinds speak of has to be asked for.
Ask = Callable[[Collection[str]], Facts]


@dataclass(frozen=True)
class Pending:
    """What the notes of ``commit`` have for ``env`` that those of the ``live`` commit have not.

    ``live`` is empty where nothing is; ``place`` is the directory of manage.py.
    """

    mirror: Mirror
    live: str
    commit: str
    env: str
    place: str = ""

    @cached_property
    def entries(self) -> list[tuple[str, Entry]]:
        """The entries, newest first, each with the path of its notes."""
        return [
            (path, entry)
            for path in handoffs.paths(self.place)
            for entry in handoffs.entries(self.mirror, self.live, self.commit, path, self.env)
        ]

    def open_lines(self, kind: str = "") -> list[Line]:
        """The lines that ask for something, of a kind or of all."""
        lines = [line for _path, entry in self.entries for line in entry.lines]
        return [line for line in lines if not line.done and kind in ("", line.item.kind)]

    def told(self, ask: Optional[Ask] = None) -> list[dict[str, Any]]:
        """The entries as a module returns them; ``ask`` gives the facts for some kinds of lines.

        Without it nobody says what is so.
        """
        found = self.entries
        kinds = {line.item.kind for _path, entry in found for line in entry.lines}
        facts = ask(kinds) if ask and kinds else None
        by: list[Written] = []
        for path in dict.fromkeys(path for path, _entry in found):
            own = [entry for inside, entry in found if inside == path]
            by += handoffs.written(self.mirror, self.commit, own, path)
        spoken: set[str] = set()
        return [
            {**about(path, entry, who), "parts": self.parts(entry, facts, spoken)}
            for (path, entry), who in zip(found, by)
        ]

    def parts(self, entry: Entry, facts: Optional[Facts], spoken: set[str]) -> list[dict[str, Any]]:
        """The parts of an entry; ``spoken`` gets the packages that it speaks of."""
        parts = [self.part(part, facts, spoken) for part in entry.parts if part.words]
        for line in entry.lines:
            spoken |= promises.spoken_of(line.item)
        return parts

    def part(self, part: Part, facts: Optional[Facts], spoken: set[str]) -> dict[str, Any]:
        """A line with its state, or a paragraph."""
        if not isinstance(part, Line):
            return {"words": part.words, "kind": "", "done": False, "kept": None, "said": ""}
        names = handoffs.variables(part.words, self.env)
        # A tick asks for nothing.
        judged = facts if not part.done else None
        state = promises.state(part.item, names, judged, spoken) if judged else State()
        told = {"words": part.words, "kind": part.item.kind, "done": part.done}
        return {**told, "kept": state.kept, "said": state.said}


def about(path: str, entry: Entry, who: Written) -> dict[str, Any]:
    """What a module returns of an entry besides its parts."""
    by = {"author": who.author, "time": who.time, "commit": who.commit, "notes": path}
    return {"title": entry.title, "date": entry.date, **by}


def broken(entries: Iterable[dict[str, Any]]) -> list[str]:
    """What was promised and is not so, in words."""
    parts = [part for entry in entries for part in entry["parts"]]
    return [f"{part['words']}: {part['said']}" for part in parts if part["kept"] is False]
