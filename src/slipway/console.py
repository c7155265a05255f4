"""All that this package prints goes through `say`: one place to capture it, or to silence it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str, *, result: bool = False, end: str = "\n") -> None:
    """Print `text`: progress to stderr, or a command's `result` to stdout, which programs read."""
    print(text, end=end, file=sys.stdout if result else sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say `title ...` and, after the work in the block, its seconds.

    A terminal shows the title at once, so steps do not nest; anything else gets the whole line
    when it is done, so that the lines of commands run in parallel stay whole.
    """
    opening = f"{title} ... "
    if sys.stderr.isatty():
        say(opening, end="")
        opening = ""
    started = time.monotonic()
    outcome = "failed after "
    try:
        yield
        outcome = ""
    finally:
        seconds = time.monotonic() - started
        say(f"{opening}{outcome}{_two_digits(seconds)} s")


def _two_digits(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds < 9.95 else f"{seconds:.0f}"  # noqa: PLR2004
