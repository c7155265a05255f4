# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of a module that works without a lease and keeps who asked for it.

The link in plugins/action names the module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.slipway.django.plugins.plugin_utils.direct import ActionModule as Direct
from ansible_collections.slipway.django.plugins.plugin_utils.leased import who


class ActionModule(Direct):
    """The action of the same name."""

    def module(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module, which is told who asks."""
        return super().module({**args, "who": who()}, task_vars)
