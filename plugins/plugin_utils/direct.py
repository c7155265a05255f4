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

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.slipway.django.plugins.module_utils import admission
from ansible_collections.slipway.django.plugins.plugin_utils import library
from ansible_collections.slipway.django.plugins.plugin_utils.variables import value

MODULES = "ansible_collections.slipway.django.plugins.modules"
PYTHON = "/usr/bin/python3"
NOT_ALLOWED = (
    "{} may become root here for nothing but a deploy by the version of Slipway that the host was "
    "provisioned with: provision it anew, or run this as an administrator."
)


def said(done: Mapping[str, Any]) -> Optional[dict[str, Any]]:
    """The result that a program of the library printed; None where it did not come so far."""
    with suppress(ValueError):
        result: dict[str, Any] = json.loads(done["stdout"].strip().rpartition("\n")[2])
        return result
    return None


def unexpected(program: str, done: Mapping[str, Any]) -> dict[str, Any]:
    """The failure of a module that ended without a result."""
    return {
        "failed": True,
        "msg": f"The module ended unexpectedly ({program}); its last words are below.",
        "module_stderr": done.get("stderr", ""),
        "module_stdout": done.get("stdout", ""),
    }


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
        result = self.as_login(name, request)
        if result is not None and not result.get("refused"):
            return result
        try:
            return self.as_root(request, args, task_vars)
        except AnsibleError as error:
            if not self.is_login() or "password" not in str(error):
                raise
            return result or {"failed": True, "msg": NOT_ALLOWED.format(self.login())}

    def as_root(
        self, request: str, args: Mapping[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        """Run the module as who may do everything."""
        result = self.attempt(request, task_vars)
        if result is None and not self._task.check_mode and self.lay_down(task_vars):
            result = self.attempt(request, task_vars)
        return self.packed(args, task_vars) if result is None else result

    def as_login(self, name: str, request: str) -> Optional[dict[str, Any]]:
        """Run the module as who may do no more than deploy; None where that is not let here."""
        if name not in admission.MODULES or not self.is_login():
            return None
        command = f"sudo -n {library.directory()}/{library.DEPLOY}"
        feed = f"{request}\n".encode() + self.tail
        done = self._low_level_execute_command(command, sudoable=False, in_data=feed)
        refused = done.get("stderr", "").lstrip().startswith("sudo:")
        return None if refused else said(done) or unexpected(command, done)

    def login(self) -> str:
        """The user of the connection, if it says."""
        with suppress(KeyError):
            return str(self._connection.get_option("remote_user") or "")
        return ""

    def is_login(self) -> bool:
        """Whether somebody else than root is to become root by sudo."""
        become = self._connection.become
        if become is None or become.name.rpartition(".")[2] != "sudo":
            return False
        return self.login() not in ("", "root") and become.get_option("become_user") == "root"

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
        main = f"{library.directory()}/{library.MAIN}"
        done = self.python(main, f"{request}\n".encode() + self.tail, task_vars)
        if (result := said(done)) is not None:
            return result
        if f"can't open file '{main}'" in done["stderr"]:
            return None
        return unexpected(main, done)

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
