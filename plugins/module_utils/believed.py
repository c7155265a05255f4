# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which states of an instance's health are such as ``watching`` makes them; pure.

Whoever is root may have changed the file that keeps one, and a disk may have cut it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.watching import NOT_WELL, WELL

# Beyond these a float is no whole number, and a time no date.
LARGEST, LATEST = 2**53, 2**37

Kind = Callable[[Any], bool]


def text(value: Any) -> bool:
    """Whether it is a text."""
    return isinstance(value, str)


def outcome(value: Any) -> bool:
    """Whether it says how the health is, or that nothing is known of it."""
    return value in ("", WELL, NOT_WELL)


def flag(value: Any) -> bool:
    """Whether it is true or false."""
    return isinstance(value, bool)


def amount(value: Any) -> bool:
    """Whether it is a number to calculate with, which NaN and infinity are not."""
    return isinstance(value, (int, float)) and not flag(value) and abs(value) < LARGEST


def count(value: Any) -> bool:
    """Whether it is how often something was."""
    return isinstance(value, int) and amount(value) and value >= 0


def moment(value: Any) -> bool:
    """Whether it is a time in seconds since 1970."""
    return amount(value) and 0 <= value < LATEST


def perhaps(value: Any) -> bool:
    """Whether it is a time, or that of what has not been."""
    return value is None or moment(value)


def amounts(value: Any) -> bool:
    """Whether it is a list of numbers."""
    return isinstance(value, list) and all(map(amount, value))


def changes(value: Any) -> bool:
    """Whether it is a list of changes, each of them whole."""
    return isinstance(value, list) and all(has(one, CHANGE, set(CHANGE)) for one in value)


CHANGE: dict[str, Kind] = {
    "state": text,
    "since": moment,
    "said": text,
    "before_seconds": amount,
}
STATE: dict[str, Kind] = {
    "checked": moment,
    "state": outcome,
    "since": perhaps,
    "failures": count,
    "failing_since": perhaps,
    "said": text,
    "milliseconds": amounts,
    "socket_milliseconds": amounts,
    # A certificate may be meant for ever.
    "ends": amount,
    "ends_soon": flag,
    "changes": changes,
    "pending": changes,
    "webhook": text,
}
ANSWERED = {"checked", "since", "failures", "said", "milliseconds", "socket_milliseconds"}


def has(found: Any, kinds: dict[str, Kind], needed: set[str]) -> bool:
    """Whether it is a dictionary with what is needed, and all that it has is of its kind."""
    if not isinstance(found, dict) or not needed <= found.keys():
        return False
    return all(kind(found[name]) for name, kind in kinds.items() if name in found)


def sound(found: Any) -> bool:
    """Whether it is a state of which all can be calculated and told."""
    if not has(found, STATE, set()):
        return False
    if not found.get("state"):
        # Nothing is known yet, or there is no release.
        return has(found, {}, {"said"} if "checked" in found else set())
    return has(found, {"since": moment}, ANSWERED)
