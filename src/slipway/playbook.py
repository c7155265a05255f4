"""Running the collection's playbooks, with the exact command said first."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from slipway import inventory, machine, state, tools
from slipway.console import say


def command(
    environment: str,
    playbooks: Sequence[str],
    *,
    extra: Mapping[str, Any] | None = None,
    check: bool = False,
    verbose: bool = False,
) -> list[str]:
    """Return the ansible-playbook command for playbooks of this checkout, by name.

    Raises Problem where there is no such environment, or Ansible cannot read its files.
    """
    words = ["ansible-playbook", "-i", state.shown(inventory.readable(environment))]
    words += inventory.password_options()
    words += [f"playbooks/{name}.yml" for name in playbooks]
    for name, value in (extra or {}).items():
        words += ["-e", assigned(name, value)]
    if check:
        words += ["--check", "--diff"]
    return [*words, "-v"] if verbose else words


def assigned(name: str, value: Any) -> str:
    """Return how Ansible is told a value: plainly if it is one word or number, else as JSON."""
    plain = re.fullmatch(r"[\w./:@+,-]*", str(value))
    return f"{name}={value}" if plain else json.dumps({name: value})


def run(command: Sequence[str], variables: Mapping[str, str] | None = None, **options: Any) -> int:
    """Say a command, run it from the checkout on this terminal and return its exit code.

    Environment variables that it gets besides are not said. `options` are subprocess.run's.
    """
    machine.ensure_commands({"ssh": "openssh-client"}, "to reach servers")
    say(f"+ {shlex.join(command)}")
    return tools.run(command, variables, **options).returncode
