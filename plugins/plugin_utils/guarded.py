# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of modules that decide who gets in: a new connection proves that the run still does.

The links in plugins/action name the modules. Each has the option ``phase``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible_collections.slipway.django.plugins.plugin_utils.direct import ActionModule as Direct

# sshd closes its door for a moment while it reads its configuration anew.
ATTEMPTS = 3
PAUSE_SECONDS = 1
# Another connection than the one that this run shares, which stays as the way back.
ANEW = "-oControlPath=none"
BY_KEY = "-oPasswordAuthentication=no -oKbdInteractiveAuthentication=no"


class ActionModule(Direct):
    """The action of the same name."""

    def module(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module; what it changes stands only if a new connection gets in after it."""
        planned = self.phase("plan", args, task_vars)
        if planned.get("failed") or not planned["changed"] or self._task.check_mode:
            return planned
        if planned.get("closes_passwords") and not self.gets_in(BY_KEY):
            return failure(
                "This run's login does not get in by a key alone, and passwords are about to be "
                "refused, so nothing was changed: log in with a key of base_authorized_keys and "
                "without ansible_password, or set base_ssh_hardening: false."
            )
        applied = self.phase("apply", args, task_vars)
        if applied.get("failed"):
            return applied
        if not self.gets_in():
            return self.go_back(args, task_vars, planned["name"])
        settled = self.phase("settle", args, task_vars)
        return settled if settled.get("failed") else {**settled, **planned}

    def phase(
        self, phase: str, args: Mapping[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        """Run a phase of the module."""
        return super().module({**args, "phase": phase}, task_vars)

    def go_back(
        self, args: Mapping[str, Any], task_vars: dict[str, Any], name: str
    ) -> dict[str, Any]:
        """Take the change back by the old connection; without it the host does so by itself."""
        said = f"No new connection gets in with the new {name}"
        for attempt in range(ATTEMPTS):
            time.sleep(PAUSE_SECONDS if attempt else 0)
            with suppress(AnsibleConnectionFailure):
                undone = self.phase("undo", args, task_vars)
                break
        else:
            return failure(f"{said}, and the old one is gone: the host takes it back in a minute.")
        if undone.get("failed"):
            return {**undone, "msg": f"{said}. {undone['msg']}"}
        return failure(f"{said}, so it was taken back: {undone['hint']}.")

    def gets_in(self, options: str = "") -> bool:
        """Whether a new connection gets in; any does that is no SSH."""
        if self._connection.transport != "ssh":
            return True
        kept = self._connection.get_option("ssh_args")
        # ssh takes the first value that it sees.
        self._connection.set_option("ssh_args", f"{ANEW} {options} {kept or ''}")
        try:
            return self.answers()
        finally:
            self._connection.set_option("ssh_args", kept)

    def answers(self) -> bool:
        """Whether a command runs, if need be at a later attempt; who is refused makes none."""
        for attempt in range(ATTEMPTS):
            time.sleep(PAUSE_SECONDS if attempt else 0)
            try:
                return bool(self._low_level_execute_command("true", sudoable=False)["rc"] == 0)
            except AnsibleConnectionFailure as refused:
                # More of them would look like somebody who guesses.
                if "Permission denied" in str(refused):
                    return False
        return False


def failure(sentence: str) -> dict[str, Any]:
    """The result of a module that failed."""
    return {"failed": True, "msg": sentence}
