# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entries of the journal, each with its level, and the lines of tracebacks with those before."""

from __future__ import annotations

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.logged import (
    LEVELS,
    Entry,
    level_of,
    worse,
)

TRACEBACK = "Traceback (most recent call last):"
# How a line begins that stands between the parts of one traceback.
BETWEEN = ("During handling of the above", "The above exception was")
# Priorities of syslog(3): 0 to 3 are errors, 4 is a warning.
ERROR_PRIORITY, WARNING_PRIORITY = 3, 4
# Its process.
SYSTEMD = "1"


class Journal:
    """Entries of the journal, which remembers in whose traceback it is."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.inside: dict[str, str] = {}

    def entry(self, fields: dict[str, Any]) -> Entry:
        """An entry as ``journalctl --output=json`` has it."""
        # Anybody can write UNIT: it is whom systemd speaks of where systemd itself says so.
        about = fields.get("UNIT") if str(fields.get("_PID")) == SYSTEMD else ""
        unit = str(about or fields.get("_SYSTEMD_UNIT") or "")
        text = message(fields.get("MESSAGE"))
        who = f"{unit}/{fields.get('_PID')}"
        continues = self.continues(who, text)
        level = worse(of_priority(fields.get("PRIORITY")), level_of(text))
        if continues or TRACEBACK in text:
            level = "error"
        stamp = int(fields["__REALTIME_TIMESTAMP"])
        return Entry(stamp, unit_of(unit, self.name), level, text, who, continues)

    def continues(self, who: str, line: str) -> bool:
        """Whether a line belongs to a traceback: all until the error itself, and between two."""
        state = self.inside.get(who)
        if line.strip() == TRACEBACK:
            self.inside[who] = "frames"
            return True
        if state == "frames":
            if line[:1].strip():
                self.inside[who] = "error"
            return True
        if state == "error" and (not line.strip() or line.startswith(BETWEEN)):
            return True
        self.inside.pop(who, None)
        return False


def unit_of(unit: str, name: str) -> str:
    """A unit of systemd as people of instance ``name`` call it: ``web@blue``, ``worker``, ..."""
    plain = unit.rpartition(".")[0] or unit
    if plain == name or plain.startswith(f"{name}@"):
        return f"web{plain[len(name) :]}"
    if plain.startswith(f"{name}-worker"):
        return plain[len(name) + 1 :]
    return "postgres" if plain.startswith("postgresql") else plain


def of_priority(priority: object) -> str:
    """How bad a priority of the journal is; below a warning it is for the text to say."""
    number = int(str(priority)) if str(priority).isdecimal() else WARNING_PRIORITY + 1
    if number <= ERROR_PRIORITY:
        return "error"
    return "warning" if number == WARNING_PRIORITY else LEVELS[0]


def message(value: Any) -> str:
    """A field's value. What is no UTF-8 comes as a list of bytes, a repeated field as a list."""
    if isinstance(value, list):
        if all(isinstance(part, int) for part in value):
            return bytes(value).decode(errors="replace")
        return "\n".join(map(message, value))
    return str(value or "")
