"""Lines of logs as people see them."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from slipway.console import say

COLOURS = {"error": "\033[31m", "warning": "\033[33m", "debug": "\033[2m"}
PLAIN = "\033[0m"

Entry = dict[str, Any]


def by_time(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries in their order; those of the same time stay as they are."""
    return sorted(entries, key=lambda entry: int(entry["stamp"]))


def tell(entries: Iterable[Entry], hosts: Sequence[str]) -> None:
    """Print entries, with their host where there are several."""
    width = max(map(len, hosts)) if len(hosts) > 1 else 0
    for entry in entries:
        say(line(entry, width, colours=sys.stdout.isatty()), result=True)


def line(entry: Entry, width: int, *, colours: bool) -> str:
    """Return an entry as it is printed; the host takes `width` characters, 0 leaves it out."""
    host = f"{entry['host']:{width}}  " if width else ""
    # One entry cannot pass for two.
    text = entry["text"].replace("\n", "\n\t")
    # Nor can it speak to the terminal.
    text = "".join(char for char in text if char.isprintable() or char in "\n\t")
    unit = "".join(filter(str.isprintable, entry["unit"]))
    shown = f"{entry['time']}  {host}{unit:10}  {text}"
    colour = COLOURS.get(entry["level"], "") if colours else ""
    return f"{colour}{shown}{PLAIN}" if colour else shown
