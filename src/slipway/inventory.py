"""The environments: directories of inventories/, or of $SLIPWAY_INVENTORIES."""

import os
from pathlib import Path

from slipway import state
from slipway.errors import Problem, unknown


def root() -> Path:
    """Return the directory whose directories are the environments."""
    return Path(os.environ.get("SLIPWAY_INVENTORIES") or state.CHECKOUT / "inventories").absolute()


def names() -> list[str]:
    """Return the environments that there are."""
    if not root().is_dir():
        raise Problem(f"There is no directory {root()}: SLIPWAY_INVENTORIES names the inventories.")
    return sorted(path.name for path in root().iterdir() if path.is_dir())


def directory(environment: str) -> Path:
    """Return the inventory of `environment`. Raises Problem, naming the nearest that exists."""
    known = names()
    if environment in known:
        return root() / environment
    raise unknown(f"environment {environment!r} in {root()}", environment, known)
