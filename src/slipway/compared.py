"""The commits that a draft compares, by what an inventory says of the application."""

import os
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.telling import number
from ansible_collections.slipway.django.plugins.plugin_utils.checkout import HEAD, Checkout

from slipway import drafting, inventory
from slipway.drafting.pinned import Choice
from slipway.errors import Problem
from slipway.noted import uncommitted


def needed(application: Checkout, live: str, given: dict[str, Any]) -> list[Item]:
    """Return the lines of a note for all environments but local. Raises Failed, Problem."""
    if not application.has(live):
        raise Problem(
            f"{application.path} lacks commit {live[:7]}, which is live: `git fetch` in it first."
        )
    head = application.describe(HEAD).hash
    before, after = (Committed(application, commit, place_of(given)) for commit in (live, head))
    settings = plain(given, "django_settings_module")
    change = drafting.Change(before, after, settings, choice_of(given))
    environments = tuple(name for name in inventory.names() if name != "local")
    return drafting.items(change, environments)


def unseen(application: Checkout, live: str, notes: str, environment: str) -> list[str]:
    """Return sentences about what a draft cannot know. Raises Failed."""
    said = []
    head = application.describe(HEAD).hash
    if live != head and not application.is_older(live, head):
        said.append(
            f"{environment} runs {live[:7]}, from which HEAD ({head[:7]}) does not come: what it "
            "alone has is told as removed, so merge or rebase first."
        )
    if count := uncommitted(application, notes):
        said.append(
            f"That is without {number(count, 'uncommitted change')}: commit first, then draft, "
            "and amend with the note."
        )
    return said


def plain(given: dict[str, Any], name: str) -> str:
    """Return the text of a variable that an inventory gives in so many words, else nothing."""
    value = given.get(name)
    return value if isinstance(value, str) and "{{" not in value else ""


def place_of(given: dict[str, Any]) -> str:
    """Return the directory of manage.py in the repository, empty for its root."""
    place = os.path.normpath(plain(given, "django_app_path") or ".")
    return "" if place == "." else place


def choice_of(given: dict[str, Any]) -> Choice:
    """Return what of the packages an inventory lets a release have."""
    names = ("django_dependency_groups", "django_extras")
    values = [given.get(name) for name in names]
    groups, extras = (
        tuple(value) if isinstance(value, list) and "{{" not in str(value) else ()
        for value in values
    )
    return Choice(plain(given, "django_requirements") or "auto", groups, extras)
