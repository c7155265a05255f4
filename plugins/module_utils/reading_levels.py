# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How settings read environment variables, and what was found of that."""

from __future__ import annotations

from dataclasses import dataclass, field

# Read without a default wherever the settings are imported; in a branch, or so that a missing one
# is None; with a default, or such that the settings ask whether it is there.
REQUIRED, OPEN, OPTIONAL = "required", "open", "optional"


@dataclass(frozen=True)
class Read:
    """How and where a variable is read."""

    level: str
    path: str
    line: int


@dataclass
class Reads:
    """What settings read, by name; ``files`` are the ends of paths that they take variables from.

    ``paths`` are the files that were read, in order; none if the settings were not found.
    """

    names: dict[str, Read] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    tested: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    paths: list[str] = field(default_factory=list)

    def note(self, name: str, read: Read) -> None:
        """Note a read; of several the one that needs the variable most is kept."""
        order = (OPTIONAL, OPEN, REQUIRED)
        known = self.names.get(name)
        if known is None or order.index(read.level) > order.index(known.level):
            self.names[name] = read

    def at(self, level: str) -> dict[str, Read]:
        """The variables of a level. One that the settings set themselves is needed by nobody."""
        return {name: read for name, read in self.names.items() if self.level(name) == level}

    def level(self, name: str) -> str:
        """The level of a variable that is read."""
        if name in self.given:
            return OPTIONAL
        level = self.names[name].level
        return OPTIONAL if level == OPEN and name in self.tested else level
