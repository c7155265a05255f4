#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages of the distribution; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: packages
short_description: Install packages of Debian or Ubuntu, and be quick where they are installed
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Asks dpkg first, a fifth of what M(ansible.builtin.apt) takes to find nothing to do. Only where
    something may be missing it asks apt, which knows virtual packages and versions too.
  - Recommended packages are not installed. Nothing is upgraded but what a version asks for.
  - A package that a killed dpkg left half installed or unconfigured is brought to its end.
options:
  names:
    description:
      - The packages, as apt-get takes them; C(name=version) asks for a version.
      - C(one | other) is any of them that is installed, else the first.
    type: list
    elements: str
    required: true
attributes:
  check_mode:
    description: Says what it would install.
    support: full
"""

EXAMPLES = r"""
- name: Install nginx
  slipway.django.packages:
    names: [nginx]
"""

RETURN = r"""
done:
  description: The packages that were installed or configured, those that they need too.
  type: list
  elements: str
  returned: success
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

LISTS = "/var/lib/apt/lists"
DAY_SECONDS = 86400
PATIENCE_SECONDS = 120
INTERRUPTED = "dpkg was interrupted"
# unattended-upgrades may be at work; a changed configuration file stays as it is.
APT = [
    *("apt-get", "--yes", "--quiet", "--no-install-recommends", "-oDPkg::Lock::Timeout=120"),
    *("-oDpkg::Options::=--force-confdef", "-oDpkg::Options::=--force-confold"),
]
ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]*")

OPTIONS = {"names": {"type": "list", "elements": "str", "required": True}}


def with_status(status: str, dpkg: str) -> set[str]:
    """The names of the packages that stand in dpkg's list like this, be they on hold or not."""
    lines = (line.split("\t") for line in dpkg.splitlines())
    return {name for name, words in lines if words.split()[-1] == status}


def planned(simulated: str) -> list[str]:
    """What apt-get would install or configure, from what it says with --simulate."""
    return sorted(set(re.findall(r"^(?:Inst|Conf) (\S+)", simulated, re.MULTILINE)))


def apt(*words: str) -> str:
    """Run apt-get; what it said. Raises Failed."""
    problem = f"apt-get {words[0]} failed."
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with waiting_until(deadline):
            return run([*APT, *words], problem=problem, env=ENVIRONMENT, timeout=1800)


@contextmanager
def waiting_until(deadline: float) -> Iterator[None]:
    """Pass over a failure for the lock of the lists, for which apt-get itself does not wait."""
    try:
        yield
    except Failed as failure:
        if not any("Could not get lock" in line for line in failure.evidence):
            raise
        if time.monotonic() > deadline:
            raise
        time.sleep(1)


def chosen(name: str, installed: set[str]) -> str:
    """The package that a name is for: of ``one | other`` what is installed, else the first."""
    names = name.split(" | ")
    return next((each for each in names if each in installed), names[0])


def missing(names: list[str]) -> tuple[list[str], list[str]]:
    """The packages that dpkg does not know as installed, and the options that apt needs for them.

    Those with a version are among them.
    """
    query = ["dpkg-query", "--show", "--showformat=${Package}\\t${Status}\\n"]
    dpkg = run(query, problem="dpkg does not list its packages.") if names else ""
    found = with_status("installed", dpkg)
    meant = [chosen(name, found) for name in names]
    wanted = [name for name in meant if not PLAIN_NAME.fullmatch(name) or name not in found]
    # apt counts a package as there whose upgrade died while it was unpacked.
    halves = with_status("half-installed", dpkg).intersection(wanted)
    return wanted, ["--reinstall"] if halves else []


def install(*words: str) -> str:
    """Install with apt-get, after ending what a killed dpkg began; what it said. Raises Failed."""
    try:
        return apt("install", *words)
    except Failed as failure:
        if not any(INTERRUPTED in line for line in failure.evidence):
            raise
        problem = "dpkg was killed once and does not end what it began."
        run(["dpkg", "--configure", "-a"], problem=problem, env=ENVIRONMENT)
        return apt("install", *words)


def plan(names: list[str], options: list[str], may_update: bool) -> list[str]:
    """What is to be installed for these packages, after reading lists that are old anew."""
    if may_update and time.time() - os.stat(LISTS).st_mtime > DAY_SECONDS:
        apt("update")
    try:
        return planned(apt("install", "--simulate", *options, *names))
    except Failed:
        if not may_update:
            return names  # the lists of a new server are empty
        apt("update")
        return planned(apt("install", "--simulate", *options, *names))


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Install what is missing; the module's result. Raises Failed."""
    wanted, options = missing(params["names"])
    done = plan(wanted, options, may_update=not dry) if wanted else []
    if done and not dry:
        install(*options, *wanted)
    return {"changed": bool(done), "done": done}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
