"""What a migration risks that adds, alters, renames or removes a field.

migration_risks.py says by which rules.
"""

from __future__ import annotations

import ast

from slipway.drafting.migration_files import (
    Operation,
    called,
)
from slipway.drafting.migration_schema import (
    TABLES,
    Field,
    Schema,
)

VOLATILE = {"Random", "RandomUUID", "UUID4", "UUID7"}
FILLED = {"AutoField", "BigAutoField", "SmallAutoField", "GeneratedField"}
READS = "which the release before still reads"
REWRITTEN = "for which the table may be rewritten under a lock"
NOTHING = ("", "")

# What an operation risks, with ``{}`` for the model or field; and the name of that.
Said = tuple[str, str]
NO_ROW = "without a default in the database, so the release before can insert no row"


def remove_field(schema: Schema, app: str, operation: Operation) -> Said:
    """RemoveField."""
    model, name = place_of(operation)
    if schema.is_fresh(model, name):
        return NOTHING
    return f"removes {{}}, {READS}", f"{app}.{schema.shown(model)}.{name}"


def rename_field(schema: Schema, app: str, operation: Operation) -> Said:
    """RenameField."""
    model, old = operation.text(0, "model_name"), operation.text(1, "old_name")
    known = schema.fields.get((model.lower(), old.lower()))
    if schema.is_fresh(model, old) or (known and "db_column" in known.words):
        return NOTHING
    new = operation.text(2, "new_name")
    return f"renames {{}} to {new}, {READS} as {old}", f"{app}.{schema.shown(model)}.{old}"


def add_field(schema: Schema, app: str, operation: Operation) -> Said:
    """AddField."""
    model, name = place_of(operation)
    field = Field.of(operation.argument(2, "field"))
    if not field or schema.is_fresh(model) or field.kind in TABLES:
        return NOTHING
    parts = []
    if not (field.nullable or field.defaulted or field.kind in FILLED):
        parts.append(NO_ROW)
    if rewrites(field):
        parts.append("for which the table is rewritten under a lock")
    if field.indexed:
        parts.append("with an index, which is made under a lock")
    if not parts:
        return NOTHING
    return f"adds {{}} {', and '.join(parts)}", f"{app}.{schema.shown(model)}.{name}"


def rewrites(field: Field) -> bool:
    """Whether a new column is written into every row."""
    default = field.words.get("db_default")
    calls = [node for node in ast.walk(default) if isinstance(node, ast.Call)] if default else []
    virtual = field.value("db_persist") is False
    return any(called(one) in VOLATILE for one in calls) or (field.kind in FILLED and not virtual)


def alter_field(schema: Schema, app: str, operation: Operation) -> Said:
    """AlterField, by what the migrations before said of the field."""
    model, name = place_of(operation)
    new = Field.of(operation.argument(2, "field"))
    old = schema.fields.get((model.lower(), name.lower()))
    if not new or schema.is_fresh(model) or new.kind in TABLES:
        return NOTHING
    shown = f"{app}.{schema.shown(model)}.{name}"
    parts = []
    if not old or old.stored != new.stored or new.shortens(old):
        known = "" if schema.is_fresh(model, name) else f", and {READS} as it was"
        parts.append(f"alters {{}}, {REWRITTEN}{known}")
    if old and old.nullable and not new.nullable:
        written = "" if new.defaulted else ", and the release before may still write nulls"
        parts.append(f"makes {{}} not null, for which all rows are read under a lock{written}")
    if old and new.indexed and not old.indexed:
        parts.append("adds an index to {}, which is made under a lock")
    return ", ".join(parts), shown if parts else ""


def place_of(operation: Operation) -> tuple[str, str]:
    """The model and the field that an operation names."""
    return operation.text(0, "model_name"), operation.text(1, "name")
