"""What is said to people when something cannot be done."""

import difflib
from collections.abc import Collection


class Problem(Exception):
    """One clear sentence for a person, naming what to change.

    tasks.py and the command lines of this package print it and exit 1; any other
    exception is a defect of Slipway and keeps its traceback.
    """


def unknown(what: str, name: str, known: Collection[str]) -> Problem:
    """Return the Problem of a name that is not known: `what` is missing, the nearest is named."""
    near = difflib.get_close_matches(name.lower().replace(":", ""), known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There is {', '.join(known) or 'none'}."
    return Problem(f"There is no {what}. {hint}")
