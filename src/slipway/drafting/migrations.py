"""The migrations that the next deploy applies, and those that should not have been touched."""

from __future__ import annotations

from ansible_collections.slipway.django.plugins.module_utils import migration_paths
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.telling import number, several, summary

from slipway.drafting import migration_files, migration_risks
from slipway.drafting.changes import Change
from slipway.drafting.forms import ONE, Form, listed, one_of

RISKS_SHOWN = 6
# Apps below such a directory are those of tests.
TESTS = "tests"
TOUCHED = {
    "changed": "what a database has applied does not run again",
    "deleted": "databases go on naming what they have applied",
}
SINCE = "since the live commit"
# A risk begins with the number or the name of its migration, and with what that does.
DOES = "adds|alters|cannot|deletes|makes|removes|renames|runs"
RISK = rf"(?:\d+|\w*_\w*) (?:{DOES}) [^;]+"
FORMS = (
    Form(
        "migrations",
        rf"(\S+) (?:\d+ migrations, up to )?{ONE}(?:, {ONE})*",
        rf"(?:{RISK}(?:; {RISK})*(?:; and \d+ more risks?)?)?",
    ),
    Form(
        "issue",
        rf"(\S+) {listed(ONE)} ({one_of(TOUCHED)}) {SINCE}",
        one_of(TOUCHED.values()),
    ),
)

Files = dict[str, str]


def items(change: Change) -> list[Item]:
    """A line for each app with new migrations, and for each whose older ones were touched."""
    before, after = (by_app(change, code) for code in (change.before, change.after))
    found: list[Item] = []
    for app in sorted({*before, *after}):
        found += of_app(change, app, before.get(app, {}), after.get(app, {}))
    # What is wrong comes after what is to be done.
    return sorted(found, key=lambda item: item.kind == "issue")


def by_app(change: Change, code: Committed) -> dict[str, Files]:
    """The migrations of a commit by their apps: the paths of each, by ``app.name``."""
    found: dict[str, Files] = {}
    for label, path in migration_paths.files(code.paths).items():
        # An app may be called tests itself.
        if change.concerns(path) and TESTS not in path.split("/")[:-3]:
            found.setdefault(label.partition(".")[0], {})[label] = path
    return found


def of_app(change: Change, app: str, before: Files, after: Files) -> list[Item]:
    """What there is to say of one app."""
    same = {
        label
        for label in set(before) & set(after)
        if before[label] == after[label] and after[label] not in change.files
    }
    if same == set(before) == set(after):
        return []
    texts = {label: change.after.text(path) for label, path in after.items()}
    read = [migration_files.read(label, text) for label, text in texts.items()]
    squashed = {label for one in read for label in one.replaces}
    changed = {
        label
        for label in set(before) & set(after) - same
        if not migration_files.same(change.before.text(before[label]), texts[label])
    }
    found: list[Item] = []
    if added := set(after) - set(before):
        newest = summary(named(added))
        risks = migration_risks.of_app(read, set(before))
        found = [Item("migrations", f"{app} {newest}", how=told(risks))]
    return found + touched(app, changed, set(before) - set(after) - squashed)


def touched(app: str, changed: set[str], gone: set[str]) -> list[Item]:
    """What is wrong with the migrations that the live commit has."""
    return [
        Item("issue", f"{app} {several(named(labels))} {word} {SINCE}", how=how)
        for (word, how), labels in zip(TOUCHED.items(), (changed, gone), strict=True)
        if labels
    ]


def named(labels: set[str]) -> list[str]:
    """The names of some migrations of an app."""
    return sorted(label.partition(".")[2] for label in labels)


def told(risks: list[str]) -> str:
    """A few risks, and how many more there are."""
    more = len(risks) - RISKS_SHOWN
    rest = [f"and {number(more, 'more risk')}"] if more > 0 else []
    return "; ".join(risks[:RISKS_SHOWN] + rest)
