"""`invoke handoff`: what is pending on an environment, and notes written into the checkout."""

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import handoffs, notes_pending
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.markdown_blocks import spaced
from ansible_collections.slipway.django.plugins.module_utils.notes import TO_LOCAL
from ansible_collections.slipway.django.plugins.module_utils.notes_writing import extended
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.plugin_utils.outcome import CHANGES

from slipway import secrets
from slipway.compared import needed, place_of, unseen
from slipway.console import say
from slipway.errors import Problem
from slipway.merging import merged
from slipway.noted import (
    checkout_of,
    dated,
    entries,
    item_of,
    matter,
    notes_of,
    read,
    tell,
    titles,
    today,
)
from slipway.plays import asked, play, tried

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
        notes = notes_of(application, place_of(given))
        warned = unseen(application, live, notes, environment)
    except Failed as failure:
        raise Problem(str(failure)) from failure
    path = Path(application.path, notes)
    old = read(path)
    title = dated(old, f"Since {live[:7]} {subject}")
    others = notes_pending.pending(handoffs.text(application, live, notes), old or "", environment)
    elsewhere = {
        matter(line.item) for entry in others if entry.title != title for line in entry.lines
    }
    new = merged(old, title, found, elsewhere)
    lost = titles(old) - titles(new)
    tell(path, old, new, [f"{title}: removed, for nothing of it is so any more" for title in lost])
    for sentence in warned:
        say(sentence)


def report(environment: str, checkout: str) -> None:
    """Write what people should know of an environment's servers into the notes of the checkout.

    Raises Problem.
    """
    given = secrets.variables(environment)
    application = checkout_of(environment, checkout, given)
    try:
        path = Path(application.path, notes_of(application, place_of(given)))
    except Failed as failure:
        raise Problem(str(failure)) from failure
    drift, whole = dry_run(environment)
    found = asked(environment, ["observe"])
    told = observations(environment, found, drift)
    if not whole:
        how = f"`./inv provision {environment} --check`"
        told.insert(0, Item("issue", "a dry run of provision fails", (environment,), how))
    old = read(path)
    stands = {
        matter(line.item)
        for entry in entries(old, TO_LOCAL)
        for line in entry.lines
        if notes_pending.is_for(line.item, environment)
    }
    lines = [spaced(item.line()) for item in told]
    fresh = [line for line in lines if matter(item_of(line)) not in stands]
    releases = sorted({said["release"] for said in found.values() if said["release"]})
    title = f"{today()} {environment}, {releases[-1] if releases else 'no release yet'}"
    tell(path, old, extended(old, TO_LOCAL, title, fresh) if fresh else old)


def dry_run(environment: str) -> tuple[list[dict[str, str]], bool]:
    """Return what provisioning would change, and whether the dry run came to its end."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as place:
        changes = Path(place) / "changes"
        changes.touch()
        whole = tried(environment, "site", {CHANGES: str(changes)})
        return [json.loads(line) for line in changes.read_text().splitlines()], whole


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
