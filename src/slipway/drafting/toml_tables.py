"""Tables of TOML, as locks and pyproject.toml write them: Python has a reader from 3.11 on alone.

Values stay text. Keys with dots that stand for tables (``project.name = "x"``) are not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

LONG = re.compile(r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'', re.DOTALL)
QUOTED = r'"(?:[^"\\]|\\.)*"|\'[^\']*\''
STRING = re.compile(QUOTED)
STRING_OR_COMMENT = re.compile(rf"({QUOTED})|#.*")
HEADER = re.compile(r"\[\[?\s*([^\[\]]+?)\s*\]\]?")
PAIR = re.compile(rf"({QUOTED}|[\w.-]+)\s*=\s*(.*)")


@dataclass(frozen=True)
class Table:
    """A table with the text of its values; one of ``[[name]]`` stands once for each time."""

    name: str
    values: dict[str, str] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """The first string of a value; nothing where there is none."""
        return next(iter(self.texts(key)), "")

    def texts(self, key: str) -> list[str]:
        """All strings of a value, such as those of an array."""
        return strings(self.values.get(key, ""))


def tables(text: str) -> list[Table]:
    """The tables of a file in their order; the first has what stands before all headers."""
    found = [Table("")]
    key, depth = "", 0
    for line in LONG.sub('""', text).splitlines():
        said = STRING_OR_COMMENT.sub(lambda match: match[1] or "", line).strip()
        if depth == 0:
            if header := HEADER.fullmatch(said):
                found.append(Table(header[1]))
                continue
            pair = PAIR.fullmatch(said)
            if not pair:
                continue
            key = pair[1].strip("\"'")
            found[-1].values[key] = pair[2]
            said = pair[2]
        else:
            found[-1].values[key] += f"\n{said}"
        bare = STRING.sub("", said)
        depth += len(re.findall(r"[\[{]", bare)) - len(re.findall(r"[\]}]", bare))
    return found


def table(found: Iterable[Table], name: str) -> Table:
    """The first table of a name; an empty one where there is none."""
    return next((one for one in found if one.name == name), Table(name))


def strings(value: str) -> list[str]:
    """The strings in the text of a value."""
    return [re.sub(r"\\(.)", r"\1", quoted[1:-1]) for quoted in STRING.findall(value)]


def listed(value: str, key: str) -> str:
    """The text of an array in an inline table."""
    match = re.search(rf"\b{key}\s*=\s*\[([^\]]*)\]", value)
    return match[1] if match else ""
