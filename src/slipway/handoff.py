"""`invoke handoff`: what is pending on an environment, and notes written into the checkout."""

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import handoffs, notes_pending
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.notes import (
    TO_LOCAL,
    TO_SERVERS,
    Entry,
    Line,
)
from ansible_collections.slipway.django.plugins.module_utils.notes_writing import extended, replaced
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.plugin_utils.checkout import HEAD, Checkout
from ansible_collections.slipway.django.plugins.plugin_utils.outcome import CHANGES

from slipway import drafting, inventory, secrets
from slipway.console import say
from slipway.errors import Problem
from slipway.noted import checkout_of, dated, entries, item_of, matter, read, tell, today
from slipway.plays import asked, play

# Lines of these kinds say what git says, so a new draft puts new ones in their place.
DERIVED = ("packages", "migrations", "collectstatic")
HANDOFF = {"slipway_show": "handoff"}


def show(environment: str, *, as_json: bool) -> None:
    """Say what is pending on an environment: for people, or for programs on standard output."""
    if not as_json:
        play(environment, ["env"], extra=HANDOFF)
        return
    answers = asked(environment, ["env"], extra=HANDOFF)
    keys = ("live", "next", "handoffs")
    told = {host: {key: said[key] for key in keys} for host, said in answers.items()}
    say(json.dumps(told, indent=2, ensure_ascii=False), result=True)


def draft(environment: str, checkout: str) -> None:
    """Write what the next deploy to an environment needs into the notes of the checkout.

    That is what its commit needs besides the code, compared with the live one. Raises Problem.
    """
    given = secrets.variables(environment)
    application = checkout_of(environment, checkout, given)
    live = live_commit(environment)
    try:
        found = needed(application, live, given)
        subject = application.describe(live).subject
    except Failed as failure:
        raise Problem(str(failure)) from failure
    path = Path(application.path, handoffs.NOTES)
    old = read(path)
    had = handoffs.text(application, live)
    title = dated(old, f"Since {live[:7]} {subject}".strip())
    body = drafted(old, had, title, [item.line() for item in found])
    tell(path, old, replaced(old, TO_SERVERS, title, body) if body else old)


def needed(application: Checkout, live: str, given: dict[str, Any]) -> list[Item]:
    """Return the lines of a note for all environments but local. Raises Failed, Problem."""
    if not application.has(live):
        raise Problem(
            f"{application.path} lacks commit {live[:7]}, which is live: `git fetch` in it first."
        )
    place = os.path.normpath(str(given.get("django_app_path") or "."))
    place = "" if place == "." else place
    head = application.describe(HEAD).hash
    before, after = (Committed(application, commit, place) for commit in (live, head))
    change = drafting.Change(before, after, settings_of(given))
    environments = tuple(name for name in inventory.names() if name != "local")
    return drafting.items(change, environments)


def settings_of(given: dict[str, Any]) -> str:
    """Return the settings module that an inventory names in so many words, if it does."""
    named = str(given.get("django_settings_module") or "")
    return "" if "{{" in named else named


def drafted(old: str | None, had: str, title: str, lines: Sequence[str]) -> list[str]:
    """Return what an entry is to say: the lines, and what people wrote into it.

    A line that somebody changed behind its dash stays as it is. What stands in another entry that
    is pending is not said again.
    """
    own = next((entry for entry in entries(old, TO_SERVERS) if entry.title == title), Entry())
    others = [one for one in notes_pending.pending(had, old or "") if one.title != title]
    elsewhere = {matter(line.item) for entry in others for line in entry.lines}
    kept = {matter(line.item): line.raw.strip() for line in own.lines}
    wanted = {matter(item): line for line in lines if (item := item_of(line))}
    said = [kept.get(key, line) for key, line in wanted.items() if key not in elsewhere]
    by_hand = [
        part.raw.strip()
        for part in own.parts
        if part.words and not (isinstance(part, Line) and is_derived(part, wanted))
    ]
    return [*said, *by_hand]


def is_derived(line: Line, wanted: Iterable[tuple[str, str]]) -> bool:
    """Whether a line of an entry is said anew, or is no longer so."""
    return line.item.kind in DERIVED or matter(line.item) in wanted


def report(environment: str, checkout: str) -> None:
    """Write what people should know of an environment's servers into the notes of the checkout.

    Raises Problem.
    """
    application = checkout_of(environment, checkout, secrets.variables(environment))
    with tempfile.TemporaryDirectory(prefix="slipway-") as place:
        changes = Path(place) / "changes"
        changes.touch()
        variables = {CHANGES: str(changes)}
        found = asked(environment, ["site", "observe"], check=True, variables=variables)
        drift = [json.loads(line) for line in changes.read_text().splitlines()]
    told = observations(environment, found, drift)
    path = Path(application.path, handoffs.NOTES)
    old = read(path)
    stands = {matter(line.item) for entry in entries(old, TO_LOCAL) for line in entry.lines}
    fresh = [item.line() for item in told if matter(item) not in stands]
    releases = sorted({said["release"] for said in found.values() if said["release"]})
    title = f"{today()} {environment}, {releases[-1] if releases else 'no release yet'}"
    tell(path, old, extended(old, TO_LOCAL, title, fresh) if fresh else old)


def observations(
    environment: str, found: dict[str, Any], drift: Sequence[dict[str, str]]
) -> list[Item]:
    """Return a line for each matter of the servers, what a dry run would change first."""
    tasks: dict[str, list[str]] = {}
    for change in drift:
        tasks.setdefault(change["task"].rpartition(" : ")[2], []).append(change["host"])
    told = [
        Item("config", f"{on(hosts, found)}differs from the inventory: {task}", (environment,))
        for task, hosts in tasks.items()
    ]
    for host, said in found.items():
        for one in said["items"]:
            what = on([host], found) + one["what"]
            told.append(Item(one["kind"], what, (environment,), one["how"]))
    return told


def on(hosts: Sequence[str], every: Iterable[str]) -> str:
    """Return the beginning of a line about some hosts of several."""
    return f"{', '.join(sorted(set(hosts)))} " if len(list(every)) > 1 else ""


def live_commit(environment: str) -> str:
    """Return the commit that is live on an environment. Raises Problem where there is none."""
    answers = asked(environment, ["observe"])
    commits = sorted({said["commit"] for said in answers.values()})
    if commits in ([], [""]):
        raise Problem(
            f"{environment} has no release yet, so all of the application is new there: write by "
            "hand what its first deploy needs."
        )
    if len(commits) > 1:
        raise Problem(f"The hosts of {environment} run different commits: deploy first.")
    return str(commits[0])
