"""Programs of this Python environment, such as ansible-playbook, pytest and molecule."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway import machine, state
from slipway.errors import Problem

PLACE = Path(sys.executable).parent


def environment() -> dict[str, str]:
    """Return the environment variables of such a program, which finds the others of its place."""
    return {**os.environ, "PATH": f"{PLACE}{os.pathsep}{os.environ['PATH']}"}


def run(
    command: Sequence[str], variables: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command from the checkout, whatever its exit code; `options` are subprocess.run's.

    Raises Problem where there is no such program.
    """
    try:
        return subprocess.run(
            command,
            cwd=state.CHECKOUT,
            env=environment() | dict(variables or {}),
            text=True,
            check=False,
            **options,
        )
    except FileNotFoundError as error:
        raise Problem(
            f"There is no {command[0]} in {PLACE}: ./inv makes an environment that has it."
        ) from error


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """Return why a command of Ansible's failed, as it says in the end."""
    said = machine.last_lines(done.stderr, 1).removeprefix("[ERROR]: ").removeprefix("ERROR! ")
    return said or "it says nothing"
