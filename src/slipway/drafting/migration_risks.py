"""What the migrations of an app risk while the release before still serves, on PostgreSQL.

By Django's documentation of migration operations, of PostgreSQL's own ones
(django.contrib.postgres.operations) and of db_default, and by PostgreSQL's of ALTER TABLE, CREATE
INDEX and explicit locking:

- The release before runs on while migrations do: what is removed or renamed it still reads.
- AddField takes its default away from the database again, so an INSERT that does not name a column
  which is not null fails; db_default stays there.
- ADD COLUMN with a volatile default, an identity or a stored generated column rewrites the table
  under a lock that nobody passes, and so does another type; CREATE INDEX lets nobody write.
- SET NOT NULL and constraints look at all rows under a lock, unless they come as NOT VALID.
- CREATE INDEX CONCURRENTLY runs in no transaction, which ``atomic = False`` says.

A table that came after the live commit is empty, and nobody else knows it. No words hold a colon,
by which a line of a hand-off note is parted.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from ansible_collections.slipway.django.plugins.module_utils.telling import several

from slipway.drafting.migration_fields import (
    NO_ROW,
    NOTHING,
    READS,
    Said,
    add_field,
    alter_field,
    remove_field,
    rename_field,
)
from slipway.drafting.migration_files import (
    Migration,
    Operation,
    called,
)
from slipway.drafting.migration_schema import Schema

Risk = Callable[[Schema, str, Operation], Said]


def of_app(migrations: Iterable[Migration], live: set[str]) -> list[str]:
    """The risks of those migrations of an app that the live commit has not, in sentences."""
    schema = Schema()
    found: dict[str, dict[str, None]] = {}
    for migration in sorted(migrations, key=lambda one: one.name):
        # One that was squashed from what is applied runs no more.
        new = f"{migration.app}.{migration.name}" not in live and not migration.replaces & live
        for operation in migration.operations:
            if new and operation.database:
                text, subject = risk(schema, migration, operation)
                found.setdefault(f"{migration.label} {text}" if text else "", {})[subject] = None
            schema.apply(operation, new)
    return [text.replace("{}", several(list(names))) for text, names in found.items() if text]


def risk(schema: Schema, migration: Migration, operation: Operation) -> Said:
    """What one operation risks; nothing if that is nothing."""
    if operation.name in ("AddIndexConcurrently", "RemoveIndexConcurrently"):
        needs = f"cannot run, for {operation.name} needs atomic = False"
        return (needs, "") if migration.atomic else NOTHING
    found: Risk | None = RISKS.get(operation.name)
    return found(schema, migration.app, operation) if found else NOTHING


def of_table(text: str, keyword: str, *, if_given: str = "") -> Risk:
    """What something does to a table that is there, in words with ``{}`` for the model.

    Nothing comes of an operation whose argument ``if_given`` is empty.
    """

    def look(schema: Schema, app: str, operation: Operation) -> Said:
        model = operation.text(0, keyword)
        value = operation.argument(1, if_given) if if_given else operation.node
        if schema.is_fresh(model) or is_empty(value):
            return NOTHING
        return text, f"{app}.{schema.shown(model)}"

    return look


def is_empty(value: ast.expr | None) -> bool:
    """Whether an argument is nothing, ``set()`` or ``[]``."""
    if isinstance(value, ast.Call) and called(value) == "set":
        return not value.args
    return value is None or getattr(value, "elts", [value]) == []


def rename_model(schema: Schema, app: str, operation: Operation) -> Said:
    """RenameModel, which leaves a table of a name that the model gives."""
    old, new = operation.text(0, "old_name"), operation.text(1, "new_name")
    if schema.is_fresh(old) or old.lower() in schema.named:
        return NOTHING
    text = f"renames {{}} to {new}, whose table the release before still reads"
    return text, f"{app}.{schema.shown(old)}"


def run_python(_schema: Schema, _app: str, operation: Operation) -> Said:
    """RunPython."""
    code = operation.argument(0, "code")
    name = code.attr if isinstance(code, ast.Attribute) else getattr(code, "id", "a function")
    undone = operation.argument(1, "reverse_code")
    return NOTHING if undone else (f"runs {name}, which cannot be undone", "")


def run_sql(_schema: Schema, _app: str, operation: Operation) -> Said:
    """RunSQL."""
    undone = operation.argument(1, "reverse_sql")
    return NOTHING if undone else ("runs SQL that cannot be undone", "")


CHECKED = "of {}, whose rows are checked under a lock"
RISKS: dict[str, Risk] = {
    "RemoveField": remove_field,
    "RenameField": rename_field,
    "RenameModel": rename_model,
    "AddField": add_field,
    "AlterField": alter_field,
    "RunPython": run_python,
    "RunSQL": run_sql,
    "DeleteModel": of_table(f"deletes {{}}, {READS}", "name"),
    "AlterModelTable": of_table(f"renames the table of {{}}, {READS}", "name"),
    "AddIndex": of_table("adds an index to {}, to which nobody can write meanwhile", "model_name"),
    "AddConstraint": of_table(f"adds a constraint {CHECKED}", "model_name"),
    "AlterUniqueTogether": of_table(
        f"makes fields unique together {CHECKED}", "name", if_given="unique_together"
    ),
    "AlterIndexTogether": of_table(
        "adds indexes to {}, to which nobody can write meanwhile",
        "name",
        if_given="index_together",
    ),
    "AlterOrderWithRespectTo": of_table(
        f"adds {{}}._order {NO_ROW}", "name", if_given="order_with_respect_to"
    ),
}
