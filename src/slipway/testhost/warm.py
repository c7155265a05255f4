"""A test-host image that has the roles' packages in it already, for the edit loop of a role.

$SLIPWAY_WARM=1 asks for it. It saves the installations and proves nothing about them: Molecule's
scenarios have it only where a person asks, the end-to-end tests where a bare host is not the point.
"""

import hashlib
import os
import re

import yaml

from slipway import state
from slipway.console import step
from slipway.engine import Engine

RECIPE = """
ARG BASE
FROM ${BASE}
ARG PACKAGES
RUN apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ${PACKAGES}
"""
# What role base adds to its own by switches that are on by default.
SWITCHED = ("systemd-timesyncd", "unattended-upgrades")


def asked() -> bool:
    """Return whether the environment asks for it."""
    return os.environ.get("SLIPWAY_WARM", "0") not in ("", "0")


def packages() -> list[str]:
    """Return what the roles install by default, from their lists `<role>_packages` and the like."""
    found = list(SWITCHED)
    for defaults in sorted((state.CHECKOUT / "roles").glob("*/defaults/main.yml")):
        name = re.compile(rf"{defaults.parents[1].name}_(\w+_)?packages")
        for variable, value in (yaml.safe_load(defaults.read_text()) or {}).items():
            if name.fullmatch(variable) and isinstance(value, list):
                found += value
    return found


def tag(cold: str) -> str:
    """Return the tag of what is made of the image `cold`; it changes with the packages."""
    digest = hashlib.sha256(f"{RECIPE}{packages()}".encode())
    return f"{cold}-warm-{digest.hexdigest()[:12]}"


def build(engine: Engine, cold: str, options: list[str]) -> None:
    """Build it. Raises Problem where a package cannot be installed."""
    options = [*options, f"--build-arg=BASE={cold}", f"--build-arg=PACKAGES={' '.join(packages())}"]
    with step("Installing the roles' packages into it"):
        engine.run("build", "--quiet", "--force-rm", "--tag", tag(cold), *options, "-", feed=RECIPE)
