"""The models of an app as its migrations make them, as far as a later migration's risk needs it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from slipway.drafting.migration_files import (
    Operation,
    called,
)

INDEXED = ("ForeignKey", "OneToOneField", "SlugField")
# They have a table, and no column.
TABLES = ("ManyToManyField",)
# What the schema editor does not look at (BaseDatabaseSchemaEditor._field_should_be_altered, and
# Field.non_db_attrs), or what comes to no statement.
NOT_STORED = {
    *("blank", "choices", "editable", "error_messages", "help_text", "limit_choices_to"),
    *("on_delete", "related_name", "related_query_name", "validators", "verbose_name"),
    *("auto_now", "auto_now_add", "db_comment", "db_default", "default", "preserve_default"),
    *("encoder", "decoder", "upload_to", "storage", "serialize"),
    *("unique_for_date", "unique_for_month", "unique_for_year"),
}
# Asked for by themselves.
ASKED = {"null", "unique", "db_index", "max_length"}
# Text of some length, as long as nobody says another; one becomes the other without a rewrite.
LENGTHS = {
    **{"CharField": None, "TextField": None, "EmailField": 254, "URLField": 200},
    **{"SlugField": 50, "FileField": 100, "ImageField": 100, "FilePathField": 100},
}


@dataclass(frozen=True)
class Field:
    """A field as a migration writes it: its class, and what that is called with."""

    kind: str
    words: dict[str, ast.expr]

    @classmethod
    def of(cls, node: ast.AST | None) -> Field | None:
        """That of a call; None if it is none."""
        if not isinstance(node, ast.Call):
            return None
        return cls(called(node), {word.arg: word.value for word in node.keywords if word.arg})

    def value(self, key: str) -> object:
        """What a word is, if it is a constant."""
        return getattr(self.words.get(key), "value", None)

    @property
    def nullable(self) -> bool:
        """Whether it may be null."""
        return self.value("null") is True

    @property
    def defaulted(self) -> bool:
        """Whether the database itself fills it."""
        return "db_default" in self.words

    @property
    def indexed(self) -> bool:
        """Whether it has an index."""
        by_itself = self.kind in INDEXED and self.value("db_index") is not False
        return by_itself or self.value("unique") is True or self.value("db_index") is True

    @property
    def stored(self) -> str:
        """What decides its column but for null, index and length."""
        kept = sorted(set(self.words) - NOT_STORED - ASKED)
        parts = {key: ast.dump(self.words[key]) for key in kept}
        # Django writes the names of models in small letters by now.
        parts["to"] = parts.get("to", "").lower()
        return f"{'text' if self.kind in LENGTHS else self.kind} {parts}"

    @property
    def length(self) -> int | None:
        """How much text it holds; None for any, or for what is no text."""
        given = None if self.kind == "TextField" else self.value("max_length")
        return given if isinstance(given, int) else LENGTHS.get(self.kind)

    def shortens(self, other: Field) -> bool:
        """Whether it holds less text than another one."""
        return self.length is not None and (other.length is None or self.length < other.length)


@dataclass
class Schema:
    """``models`` and ``fields`` by their names in small letters; ``named`` have a table's name of
    their own. ``fresh`` are models and fields that came after the live commit.
    """

    models: dict[str, str] = field(default_factory=dict)
    fields: dict[tuple[str, str], Field] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    fresh: set[tuple[str, str]] = field(default_factory=set)

    def is_fresh(self, model: str, name: str = "") -> bool:
        """Whether a model, or a field of one, is unknown to the live release."""
        return bool({(model.lower(), ""), (model.lower(), name.lower())} & self.fresh)

    def shown(self, model: str) -> str:
        """A model's name as its class has it."""
        return self.models.get(model.lower(), model)

    def apply(self, operation: Operation, new: bool) -> None:
        """Take in what an operation does; ``new`` is whether the live commit lacks it."""
        step = getattr(self, f"apply_{operation.name.lower()}", None)
        if step and operation.state:
            step(operation, new and operation.database)

    def apply_createmodel(self, operation: Operation, new: bool) -> None:
        """A model with its fields."""
        name = operation.text(0, "name")
        self.models[name.lower()] = name
        if new:
            self.fresh.add((name.lower(), ""))
        listed = operation.argument(1, "fields")
        for pair in getattr(listed, "elts", []):
            key, value = getattr(pair, "elts", [None, None])[:2]
            if found := Field.of(value):
                self.fields[name.lower(), str(getattr(key, "value", "")).lower()] = found
        options = operation.argument(2, "options")
        keys = [getattr(key, "value", None) for key in getattr(options, "keys", [])]
        if "db_table" in keys:
            self.named.add(name.lower())

    def apply_addfield(self, operation: Operation, new: bool) -> None:
        """A field, in the place of what there was of that name."""
        place = operation.text(0, "model_name").lower(), operation.text(1, "name").lower()
        if new:
            self.fresh.add(place)
        if found := Field.of(operation.argument(2, "field")):
            self.fields[place] = found

    def apply_alterfield(self, operation: Operation, _new: bool) -> None:
        """A field that was there before."""
        self.apply_addfield(operation, False)

    def apply_removefield(self, operation: Operation, _new: bool) -> None:
        """A field less."""
        place = operation.text(0, "model_name").lower(), operation.text(1, "name").lower()
        self.fields.pop(place, None)
        self.fresh.discard(place)

    def apply_renamefield(self, operation: Operation, _new: bool) -> None:
        """A field of another name."""
        model = operation.text(0, "model_name").lower()
        old, new = (
            (model, operation.text(*at).lower()) for at in ((1, "old_name"), (2, "new_name"))
        )
        if old in self.fields:
            self.fields[new] = self.fields.pop(old)
        if old in self.fresh:
            self.fresh.add(new)

    def apply_renamemodel(self, operation: Operation, _new: bool) -> None:
        """A model of another name, with its fields."""
        old, name = operation.text(0, "old_name").lower(), operation.text(1, "new_name")
        new = name.lower()
        self.models[new] = name
        self.fields = {(new if m == old else m, f): one for (m, f), one in self.fields.items()}
        self.fresh |= {(new, part) for model, part in self.fresh if model == old}
        self.named |= {new} if old in self.named else set()

    def apply_deletemodel(self, operation: Operation, _new: bool) -> None:
        """A model less, which may come again."""
        gone = operation.text(0, "name").lower()
        self.fields = {place: one for place, one in self.fields.items() if place[0] != gone}
        self.fresh = {place for place in self.fresh if place[0] != gone}

    def apply_altermodeltable(self, operation: Operation, _new: bool) -> None:
        """A table of another name."""
        self.named.add(operation.text(0, "name").lower())
