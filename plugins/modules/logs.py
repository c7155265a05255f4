#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the logs of a host say; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: logs
short_description: The newest lines of an instance's logs on a host, merged by time
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment: slipway.django.instance
description:
  - Reads the journal of the slots, the workers, nginx and PostgreSQL, nginx's access and error log
    of the instance, and PostgreSQL's log, as far as they are on the host.
  - The values of the instance's secrets are taken out. Changes nothing.
options:
  lines:
    description: How many lines at most, the newest.
    type: int
    default: 50
  since:
    description: >-
      When to begin, in the host's zone, as C(journalctl --since) takes it, or in short as C(10m),
      C(1h) or C(2d); however long ago where it is empty.
    type: str
    default: ""
  units:
    description: Whose lines; all where there is none.
    type: list
    elements: str
    choices: [web, worker, nginx, postgres]
    default: []
  level:
    description: >-
      How bad a line must be. V(error) are errors and worse, answers with a status from 500 on, and
      whole tracebacks; V(debug) has Slipway's own checks of the health too.
    type: str
    choices: [debug, info, warning, error]
    default: info
  request:
    description: An id of a request; only lines that hold it, with their tracebacks.
    type: str
    default: ""
attributes:
  check_mode:
    description: Does the same, since it changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Read the errors of the last hour
  slipway.django.logs:
    project: shop
    env: dev
    since: 1h
    level: error
"""

RETURN = r"""
entries:
  description:
    - The lines, oldest first, each with its C(time) (ISO 8601 with the host's zone), C(stamp)
      (the same in microseconds since 1970), C(unit), C(level) and C(text).
  type: list
  elements: dict
  returned: success
remarks:
  description: What there is to say besides.
  type: list
  elements: str
  returned: success
command:
  description:
    - The words of a command of the controller that follows the logs, and ends when its standard
      input does; none where the host is not reached by ssh without a password.
  type: list
  elements: str
  returned: success
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import log_reading
from ansible_collections.slipway.django.plugins.module_utils.arguments import INSTANCE, instance_of
from ansible_collections.slipway.django.plugins.module_utils.logged import LEVELS
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    **INSTANCE,
    "lines": {"type": "int", "default": 50},
    "since": {"type": "str", "default": ""},
    "units": {"type": "list", "elements": "str", "choices": list(log_reading.UNITS), "default": []},
    "level": {"type": "str", "choices": list(LEVELS), "default": log_reading.USUAL},
    "request": {"type": "str", "default": ""},
}


def perform(params: dict[str, Any], _dry: bool, _steps: Steps) -> dict[str, Any]:
    """The module's result."""
    wanted = log_reading.wanted_of(instance_of(params), params)
    remarks = []
    if "worker" in params["units"] and not log_reading.workers_of(wanted.instance.name):
        name = wanted.instance.name
        remarks.append(f"{name} has no workers on this host: no unit is called {name}-worker*.")
    return {"changed": False, "entries": log_reading.history(wanted), "remarks": remarks}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
