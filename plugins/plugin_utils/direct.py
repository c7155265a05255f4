# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the collection's modules: runs them from a library on the host, which it lays down.

The links in plugins/action name the modules. Where it cannot, they run as any module does.
"""

from __future__ import annotations

import importlib
import json
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Optional

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.slipway.django.plugins.plugin_utils import library
from ansible_collections.slipway.django.plugins.plugin_utils.variables import value

MODULES = "ansible_collections.slipway.django.plugins.modules"
PYTHON = "/usr/bin/python3"


class ActionModule(ActionBase):
    """The action of the same name; ``tail`` is what the module reads after its arguments."""

    tail = b""

    def run(
        self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None
    ) -> dict[str, Any]:
        """Run the module with the task's arguments."""
        super().run(tmp, task_vars)
        return self.module(self._task.args, task_vars or {})

    def module(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module; the library is laid down first where it is missing."""
        if not self.suits():
            return self.packed(args, task_vars)
        name = self._task.action.rpartition(".")[2]
        spec = importlib.import_module(f"{MODULES}.{name}").OPTIONS
        checked = ArgumentSpecValidator(spec).validate(dict(args))
        if checked.error_messages:
            return {"failed": True, "msg": "; ".join(checked.error_messages)}
        dry = self._task.check_mode
        params = checked.validated_parameters
        request = json.dumps({"module": name, "params": params, "dry": dry})
        result = self.attempt(request, task_vars)
        if result is None and not dry and self.lay_down(task_vars):
            result = self.attempt(request, task_vars)
        return self.packed(args, task_vars) if result is None else result

    def suits(self) -> bool:
        """Whether the connection takes standard input, and the task sets no environment."""
        become = self._connection.become
        takes = self._connection.has_pipelining and (become is None or become.pipelining)
        return bool(takes and not any(self._task.environment or []))

    def packed(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module as Ansible runs any."""
        said: dict[str, Any] = self._execute_module(
            module_name=self._task.action, module_args=dict(args), task_vars=task_vars
        )
        return said

    def attempt(self, request: str, task_vars: Mapping[str, Any]) -> Optional[dict[str, Any]]:
        """Run the module from the library; None where there is none on the host."""
        main = f"{library.directory()}/main.py"
        done = self.python(main, f"{request}\n".encode() + self.tail, task_vars)
        with suppress(ValueError):
            result: dict[str, Any] = json.loads(done["stdout"].strip().rpartition("\n")[2])
            return result
        if f"can't open file '{main}'" in done["stderr"]:
            return None
        return {
            "failed": True,
            "msg": f"The module ended unexpectedly ({main}); its last words are below.",
            "module_stderr": done["stderr"],
            "module_stdout": done["stdout"],
        }

    def lay_down(self, task_vars: Mapping[str, Any]) -> bool:
        """Lay the library down; whether that went well."""
        words = f"-c {shlex.quote(library.UNPACK)} {library.directory()}"
        done = self.python(words, library.archive().encode(), task_vars)
        return bool(done["rc"] == 0)

    def python(self, words: str, feed: bytes, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Run the host's Python with ``feed`` on its standard input."""
        named = str(value(self._templar, task_vars, "ansible_python_interpreter", PYTHON))
        python = named if named.startswith("/") else PYTHON
        done: dict[str, Any] = self._low_level_execute_command(
            f"{shlex.quote(python)} -I {words}", in_data=feed
        )
        return {**done, "stderr": done.get("stderr", ""), "stdout": done.get("stdout", "")}
