# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the next deploy needs besides its code, found in two commits.

By all that can be read there: nothing is checked out, run or asked of a host.
"""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.slipway.django.plugins.module_utils import (
    drafting_config,
    drafting_migrations,
    drafting_packages,
    drafting_static,
    drafting_variables,
)
from ansible_collections.slipway.django.plugins.module_utils.changes import Change
from ansible_collections.slipway.django.plugins.module_utils.items import Item

KINDS = (
    drafting_packages,
    drafting_migrations,
    drafting_static,
    drafting_variables,
    drafting_config,
)


def items(change: Change, environments: tuple[str, ...] = ()) -> list[Item]:
    """The lines of a hand-off note for these environments; none where there is nothing to say.

    Raises Failed where git does not have both commits.
    """
    if not change.files:
        return []
    found = [item for kind in KINDS for item in kind.items(change)]
    return [replace(item, environments=environments) for item in found]
