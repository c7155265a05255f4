"""What the next deploy needs besides its code, found in two commits.

By all that can be read there: nothing is checked out, run or asked of a host.
"""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.slipway.django.plugins.module_utils.items import Item

from slipway.drafting import config, migrations, packages, static, variables
from slipway.drafting.changes import Change

__all__ = ["Change", "items"]

KINDS = (
    packages,
    migrations,
    static,
    variables,
    config,
)


def items(change: Change, environments: tuple[str, ...] = ()) -> list[Item]:
    """The lines of a hand-off note for these environments; none where there is nothing to say.

    Raises Failed where git does not have both commits.
    """
    if not change.files:
        return []
    found = [item for kind in KINDS for item in kind.items(change)]
    return [replace(item, environments=environments) for item in found]
