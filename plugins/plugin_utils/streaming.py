# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of module logs: says too by which command the controller follows the logs itself.

Ansible brings what a task said when the task has ended, so it cannot follow anything.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.text.converters import to_text
from ansible_collections.slipway.django.plugins.modules.logs import OPTIONS
from ansible_collections.slipway.django.plugins.plugin_utils import direct, library


class ActionModule(direct.ActionModule):
    """The action of the same name."""

    def module(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module, after which the library stands on the host."""
        result = super().module(args, task_vars)
        if result.get("failed"):
            return result
        asked = ArgumentSpecValidator(OPTIONS).validate(dict(args)).validated_parameters
        program = f"{library.directory()}/{library.FOLLOW} {shlex.quote(json.dumps(asked))}"
        return {**result, "command": self.ssh(program)}

    def ssh(self, command: str) -> list[str]:
        """The words by which Ansible itself would run a command there over ssh; none without."""
        connection = self._connection
        become = connection.become
        if getattr(connection, "transport", "") != "ssh" or not self.suits():
            return []
        if connection.get_option("password") or (become and become.get_option("become_pass")):
            # Nobody types it there.
            return []
        if self.is_login():
            command = f"sudo -n {command}"
        elif become:
            command = become.build_become_command(command, connection._shell)
        program, host = connection.get_option("ssh_executable"), connection.get_option("host")
        words = [to_text(word) for word in connection._build_command(program, "ssh", host, command)]
        # Not the master of the connections: it would outlive the command.
        return [words[0], "-o", "ControlMaster=no", *words[1:]]
