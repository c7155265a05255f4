# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a program of the library begins: it reads what is wanted, and prints what came of it.

The first line of standard input is the request; what comes after it is for the module.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import admission, log_streaming
from ansible_collections.slipway.django.plugins.module_utils.module import outcome
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

MODULES = "ansible_collections.slipway.django.plugins.modules"


def main(limited: bool) -> None:
    """Carry a request out; ``limited`` to what the login that sudo names may ask for."""
    request = json.loads(sys.stdin.buffer.readline())
    try:
        params = admitted(request["module"], request["params"]) if limited else request["params"]
    except Failed as failure:
        said = {**Steps().failure(failure), "refused": True}
    else:
        perform = importlib.import_module(f"{MODULES}.{request['module']}").perform
        said = outcome(perform, params, request["dry"])
    sys.stdout.write(json.dumps(said) + "\n")


def follow() -> int:
    """Follow the logs that the only argument asks for; the exit status."""
    params = json.loads(sys.argv[1])
    return log_streaming.main(admitted("logs", params) if "SUDO_USER" in os.environ else params)


def admitted(module: str, params: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the login may give them that sudo names. Raises Failed."""
    login = os.environ["SUDO_USER"]
    return admission.admitted(module, params, login, admission.registered(login))
