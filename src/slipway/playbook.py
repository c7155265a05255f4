"""Running the collection's playbooks, with the exact command said first."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway import inventory, machine, state
from slipway.console import say
from slipway.errors import Problem


def command(
    environment: str,
    playbooks: Sequence[str],
    *,
    extra: Mapping[str, str] | None = None,
    check: bool = False,
    verbose: bool = False,
) -> list[str]:
    """Return the ansible-playbook command for playbooks of this checkout, by name.

    Raises Problem where there is no such environment, or Ansible cannot read its files.
    """
    words = ["ansible-playbook", "-i", state.shown(inventory.readable(environment))]
    words += [f"playbooks/{name}.yml" for name in playbooks]
    for name, value in (extra or {}).items():
        words += ["-e", f"{name}={value}"]
    if check:
        words += ["--check", "--diff"]
    return [*words, "-v"] if verbose else words


def run(command: Sequence[str]) -> int:
    """Say a command, run it from the checkout on this terminal and return its exit code."""
    machine.ensure_commands({"ssh": "openssh-client"}, "to reach servers")
    say(f"+ {shlex.join(command)}")
    tools = Path(sys.executable).parent
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    try:
        return subprocess.run(
            command, cwd=state.CHECKOUT, env=os.environ | {"PATH": path}, check=False
        ).returncode
    except FileNotFoundError as error:
        raise Problem(
            f"There is no {command[0]} in {tools}: ./inv makes an environment that has it."
        ) from error
