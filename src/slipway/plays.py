"""What a task does on servers: it plays playbooks with what its options say."""

from collections.abc import Sequence
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


def play(environment: str, playbooks: Sequence[str], **options: Any) -> None:
    """Run playbooks; whatever Ansible's own exit code for a failure is, it becomes 1."""
    command = playbook.command(environment, playbooks, **options)
    if environment == "local":
        sandbox.require()
    if playbook.run(command) != 0:
        raise Exit(code=1)
