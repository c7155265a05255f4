"""What a task does on servers: it plays playbooks with what its options say."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from invoke.exceptions import Exit

from slipway import playbook, sandbox

# How the tasks' arguments are described.
ENVIRONMENT = "one of the directories of inventories/"
CHECK = "change nothing, say what would change"
VERBOSE = "show Ansible's own stream"
WAIT = "seconds to wait for another run that changes the instance"
YES = "do not ask before production is changed"


def waiting(seconds: int) -> dict[str, str]:
    """Return the variable that lets a run wait for another one's lease."""
    return {"slipway_wait_seconds": str(seconds)} if seconds else {}


def command_for(environment: str, playbooks: Sequence[str], **options: Any) -> list[str]:
    """Return the command that plays playbooks where there are servers. Raises Problem."""
    command = playbook.command(environment, playbooks, **options)
    if environment == "local":
        sandbox.require()
    return command


def play(environment: str, playbooks: Sequence[str], **options: Any) -> None:
    """Run playbooks; whatever Ansible's own exit code for a failure is, it becomes 1."""
    if playbook.run(command_for(environment, playbooks, **options)) != 0:
        raise Exit(code=1)


def tried(environment: str, playbook_name: str, variables: dict[str, str]) -> bool:
    """Say what a playbook would change, and return whether it came through.

    What Ansible says goes to standard error, as the collection's callback has it.
    """
    command = command_for(environment, [playbook_name], check=True)
    # Ansible's own stream notes no change.
    shown = {"ANSIBLE_STDOUT_CALLBACK": "slipway.django.steps", "ANSIBLE_VERBOSITY": "0"}
    return playbook.run(command, {**shown, **variables}, stdout=sys.stderr) == 0


def asked(environment: str, playbooks: Sequence[str], **options: Any) -> dict[str, Any]:
    """Play playbooks of which the last one answers, and return what each host said.

    What Ansible says meanwhile goes to standard error.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-") as place:
        path = Path(place) / "answer.json"
        extra = {**options.pop("extra", {}), "slipway_answer": str(path)}
        command = command_for(environment, playbooks, extra=extra, **options)
        if playbook.run(command, stdout=sys.stderr) != 0:
            raise Exit(code=1)
        found: dict[str, Any] = json.loads(path.read_text())
    return found
