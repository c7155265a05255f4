"""`python -m slipway.preflights COMMAND...`: calls of ansible-playbook, each one in a string.

Ansible takes longer to load than to check an inventory, so it is loaded once for all of them.
"""

import os
import shlex
import sys
from collections.abc import Sequence

from ansible.cli.playbook import main as ansible_playbook


def main(commands: Sequence[str]) -> int:
    """Run each in a process of its own, and return the exit code of the last that failed, or 0."""
    failed = 0
    for command in commands:
        print(f"+ {command}", flush=True)
        child = os.fork()
        if child == 0:
            ansible_playbook(shlex.split(command))
        _, status = os.waitpid(child, 0)
        failed = os.waitstatus_to_exitcode(status) or failed
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
