"""What the next deploy needs besides its code, found in two commits.

By all that can be read there: nothing is checked out, run or asked of a host.
"""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.slipway.django.plugins.module_utils.items import Item

from slipway.drafting import config, migrations, packages, static, variables
from slipway.drafting.changes import Change
from slipway.drafting.forms import Subject

__all__ = ["Change", "has_own_how", "items", "subject"]

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


def subject(item: Item) -> Subject:
    """What a line is about whose first half a draft wrote; empty where somebody else did."""
    known = (form.subject(item) for kind in KINDS for form in kind.FORMS)
    return next(filter(None, known), ())


def has_own_how(item: Item) -> bool:
    """Whether the second half of such a line is the draft's too, and nobody changed it."""
    forms = (form for kind in KINDS for form in kind.FORMS if form.subject(item))
    return any(form.has_how(item) for form in forms)
