# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outside of a module that takes steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

Perform = Callable[[dict[str, Any], bool, Steps], dict[str, Any]]


def carry_out(options: dict[str, Any], perform: Perform) -> None:
    """Run a module: ``perform`` gets its arguments, whether it is a dry run, and the steps to fill.

    What it returns is the module's result beside the steps; Failed becomes the module's failure.
    """
    module = AnsibleModule(options, supports_check_mode=True)
    steps = Steps()
    try:
        result = perform(module.params, module.check_mode, steps)
    except Failed as failure:
        steps.fail(module, failure)
    module.exit_json(steps=steps.taken, **result)
