# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading a host's variables in an action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def value(templar: Any, variables: Mapping[str, Any], name: str, default: Any) -> Any:
    """A variable as ``templar`` makes it, or the default where the inventory has none."""
    return templar.template(variables[name]) if name in variables else default
