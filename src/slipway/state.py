"""What this checkout remembers between two commands, in `.slipway/`, which git never sees."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def directory() -> Path:
    """Return the state directory, made if need be: `<checkout>/.slipway`, or $SLIPWAY_STATE."""
    path = Path(os.environ.get("SLIPWAY_STATE") or CHECKOUT / ".slipway").absolute()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def checkout_id() -> str:
    """Return six hex digits that tell this checkout's containers from another clone's."""
    return hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:6]


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock `name` in the block, so that scenarios run in parallel take turns."""
    with (directory() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
