"""Migrations by their source: the operations of each, by its syntax tree; nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from ansible_collections.slipway.django.plugins.module_utils.reading_modules import parsed

# What may change in a migration that was applied, as the end of squashing asks for it.
LINKS = ("dependencies", "replaces", "run_before", "initial")


@dataclass(frozen=True)
class Operation:
    """An operation; whether it changes the database, and what Django knows of its models."""

    node: ast.Call
    database: bool = True
    state: bool = True

    @property
    def name(self) -> str:
        """The name of its class."""
        return called(self.node)

    def argument(self, position: int, keyword: str) -> ast.expr | None:
        """An argument; None where it is not given, or is None."""
        given = {word.arg: word.value for word in self.node.keywords}
        value = given.get(keyword)
        if value is None and position < len(self.node.args):
            value = self.node.args[position]
        return None if isinstance(value, ast.Constant) and value.value is None else value

    def text(self, position: int, keyword: str) -> str:
        """An argument that is text."""
        value = self.argument(position, keyword)
        return str(value.value) if isinstance(value, ast.Constant) else ""


@dataclass(frozen=True)
class Migration:
    """A migration: ``replaces`` are those that it was squashed from, as ``app.name``."""

    app: str
    name: str
    atomic: bool = True
    replaces: frozenset[str] = frozenset()
    operations: list[Operation] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What it is called beside others of its app: its number, if it has one."""
        number = self.name.partition("_")[0]
        return number if number.isdigit() else self.name


def read(label: str, text: str) -> Migration:
    """The migration that a file holds, without operations if none can be read."""
    app, _dot, name = label.partition(".")
    tree = parsed(text)
    body = {key: value for node in bodies(tree) for key, value in assigned(node)}
    return Migration(
        app,
        name,
        getattr(body.get("atomic"), "value", True) is not False,
        frozenset(pairs(body.get("replaces"))),
        list(flat(body.get("operations"), True, True)),
    )


def bodies(tree: ast.Module | None) -> list[ast.stmt]:
    """What stands in the class of a migration."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)] if tree else []
    return [node for one in classes if one.name == "Migration" for node in one.body]


def assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The name that a statement sets, and to what."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    value = getattr(node, "value", None)
    for target in targets:
        if isinstance(target, ast.Name) and value is not None:
            yield target.id, value


def pairs(node: ast.expr | None) -> Iterator[str]:
    """The names of the migrations in a list such as ``[("app", "name")]``."""
    for inner in ast.walk(node) if node else ():
        if isinstance(inner, ast.Tuple):
            yield ".".join(str(getattr(part, "value", "")) for part in inner.elts)


def flat(node: ast.AST | None, database: bool, state: bool) -> Iterator[Operation]:
    """The operations of a list, with those inside of others."""
    if isinstance(node, (ast.List, ast.Tuple)):
        for part in node.elts:
            yield from flat(part, database, state)
    elif isinstance(node, ast.BinOp):
        yield from flat(node.left, database, state)
        yield from flat(node.right, database, state)
    elif isinstance(node, ast.Call):
        operation = Operation(node, database, state)
        if operation.name == "SeparateDatabaseAndState":
            yield from flat(operation.argument(0, "database_operations"), database, False)
            yield from flat(operation.argument(1, "state_operations"), False, state)
        else:
            yield operation


def called(node: ast.Call) -> str:
    """The last name of what is called: AddField of migrations.AddField."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def same(before: str, after: str) -> bool:
    """Whether two sources do the same: comments, imports and links to others may differ."""
    return before == after or essence(before) == essence(after)


def essence(text: str) -> list[str]:
    """What a migration does, part by part; the text itself if it cannot be read."""
    tree = parsed(text)
    if not tree:
        return [text]
    others = (ast.Import, ast.ImportFrom, ast.Expr, ast.ClassDef)
    parts = [node for node in tree.body if not isinstance(node, others)]
    parts += [
        node
        for node in bodies(tree)
        if not isinstance(node, ast.Expr)
        and not any(key in LINKS for key, _value in assigned(node))
    ]
    return [ast.dump(node) for node in parts]
