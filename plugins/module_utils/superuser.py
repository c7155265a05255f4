# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The superuser that an application has to have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.slipway.django.plugins.module_utils import needs


@dataclass(frozen=True)
class Superuser:
    """It by the fields of the user model, and its password; without fields there is none."""

    fields: Mapping[str, str] = field(default_factory=dict)
    password: str = field(default="", repr=False)

    def variables(self, steps: Iterable[str]) -> dict[str, str]:
        """What the process that takes these steps needs to make it, and may not have in argv."""
        return {needs.PASSWORD: self.password} if self.fields and "migrate" in steps else {}


NONE = Superuser()
