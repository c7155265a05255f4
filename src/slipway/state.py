"""What this checkout remembers between two commands, in `.slipway/`, which git never sees."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway.errors import Problem

CHECKOUT = Path(__file__).resolve().parents[2]


def directory() -> Path:
    """Return the state directory, made if need be: `<checkout>/.slipway`, or $SLIPWAY_STATE.

    Raises Problem where it cannot be written.
    """
    path = Path(os.environ.get("SLIPWAY_STATE") or CHECKOUT / ".slipway").absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(path) from error
    if not os.access(path, os.W_OK):
        raise _not_writable(path)
    return path


def _not_writable(path: Path) -> Problem:
    return Problem(f"{path} cannot be written: let SLIPWAY_STATE name a directory that can.")


def shown(path: Path) -> str:
    """Return a path as a person types it from the checkout."""
    if path.is_relative_to(CHECKOUT):
        return str(path.relative_to(CHECKOUT))
    return str(path)


def checkout_id() -> str:
    """Return six hex digits that tell this checkout's containers from another clone's."""
    return hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:6]


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock `name` in the block, so that scenarios run in parallel take turns."""
    with (directory() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
