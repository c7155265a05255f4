# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules as settings import them: which names they have, and what these stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Optional, Union

from ansible_collections.slipway.django.plugins.module_utils import reading_calls
from ansible_collections.slipway.django.plugins.module_utils.reading_levels import (
    OPTIONAL,
    Read,
    Reads,
)
from ansible_collections.slipway.django.plugins.module_utils.reading_values import Values

# A repository is not read whole for what its settings import: so many modules, with so many
# characters together, and so deep.
MODULES = 60
TEXT = 1_000_000
NESTING = 3
# Nor are calls followed for ever, where functions call each other: so much is looked at in calls
# that are always reached, and as much in the others.
ROOM = 50_000

# A module's path and text, by its name with dots; None where there is none.
SourceOf = Callable[[str], Optional[tuple[str, str]]]


def parsed(text: str) -> Optional[ast.Module]:
    """The syntax tree of a source, or None where this Python finds none in it."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@dataclass(frozen=True)
class Function:
    """A function of a module that was read; ``size`` is how much there is in it."""

    node: ast.FunctionDef
    owner: Module
    size: int


class Program:
    """The modules that were read so far, and what was found in them."""

    def __init__(self, source_of: SourceOf) -> None:
        self.source_of = source_of
        self.reads = Reads()
        self.modules: dict[str, Optional[Module]] = {}
        # Where a helper was called, and how its reads count there.
        self.site: Optional[tuple[str, int]] = None
        self.optional: set[str] = set()
        self.depth = 0
        self.text = 0
        self.room = {True: ROOM, False: ROOM}
        self.nesting = 0

    def load(self, name: str, *, always: bool) -> Optional[Module]:
        """Read a module, after the packages that it is in; None where there is no such source."""
        parent = name.rpartition(".")[0]
        if parent:
            self.load(parent, always=always)
        room = self.nesting < NESTING and len(self.reads.paths) < MODULES
        if name not in self.modules and room:
            self.modules[name] = None
            found = self.source_of(name)
            fits = found and self.text + len(found[1]) <= TEXT
            tree = parsed(found[1]) if found and fits else None
            if found and tree:
                self.text += len(found[1])
                module = self.modules[name] = Module(self, name, found[0])
                self.reads.paths.append(found[0])
                self.nesting += 1
                module.read(tree, always)
                self.nesting -= 1
        return self.modules.get(name)


Meaning = Union[str, Function, "Module", None]


class Module(Values):
    """One module: ``known`` says what its names are, ``variables`` what was read into them."""

    def __init__(self, program: Program, name: str, path: str) -> None:
        self.program = program
        self.name = name
        self.path = path
        self.package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
        self.known: dict[str, Meaning] = {}
        self.variables: dict[str, dict[str, bool]] = {}
        self.constants: dict[str, str] = {}
        self.schemed: dict[str, ast.expr] = {}
        self.prefix = ""
        # Parameters of the helper that is read just now.
        self.bound: dict[str, Optional[ast.expr]] = {}

    def read(self, tree: ast.Module, always: bool) -> None:
        """Read all of it; what is nested too deep for that is left."""
        try:
            self.visit(tree, always)
        except RecursionError:
            self.program.site, self.program.optional, self.program.depth = None, set(), 0

    def note(self, name: str, level: str, node: ast.AST) -> None:
        """Note a read, where the settings ask for it."""
        path, line = self.program.site or (self.path, getattr(node, "lineno", 0))
        level = OPTIONAL if name in self.program.optional else level
        self.program.reads.note(name, Read(level, path, line))

    def meaning(self, node: Optional[ast.AST]) -> Meaning:
        """What an expression stands for, if it is something that we know."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Attribute):
            whole = self.meaning(node.value)
            if isinstance(whole, Module):
                own = whole.known.get(node.attr)
                return own or self.program.modules.get(f"{whole.name}.{node.attr}")
            return f"{whole}.{node.attr}" if isinstance(whole, str) else None
        if isinstance(node, ast.Call):
            whole = self.meaning(node.func)
            return reading_calls.MAKERS.get(whole) if isinstance(whole, str) else None
        return None

    def take(self, other: Module, names: Optional[Sequence[tuple[str, str]]] = None) -> None:
        """Let names of another module be ours too, all of them if none are named."""
        own = set(other.known) | set(other.variables) | set(other.constants)
        for name, alias in names or [(name, name) for name in own]:
            if name in other.known:
                self.known[alias] = other.known[name]
            if name in other.variables:
                self.variables[alias] = other.variables[name]
            if name in other.constants:
                self.constants[alias] = other.constants[name]
        self.schemed |= other.schemed

    def visit_import(self, node: ast.Import, always: bool) -> None:
        """``import a.b as c``."""
        for alias in node.names:
            first = alias.name.partition(".")[0]
            # ``import os.path`` is ``os`` too.
            if first in reading_calls.MODULES:
                self.known[alias.asname or first] = alias.name if alias.asname else first
                continue
            found = self.program.load(alias.name, always=always)
            self.known[alias.asname or first] = (
                found if alias.asname else self.program.modules.get(first)
            )

    def visit_importfrom(self, node: ast.ImportFrom, always: bool) -> None:
        """``from a import b as c``, ``from .base import *``."""
        whole = self.absolute(node)
        if whole in reading_calls.MODULES:
            for alias in node.names:
                self.known[alias.asname or alias.name] = f"{whole}.{alias.name}"
            return
        star = node.names[0].name == "*"
        # What is taken whole is as near as what takes it.
        self.program.nesting -= star
        found = self.program.load(whole, always=always) if whole else None
        self.program.nesting += star
        for alias in node.names:
            if alias.name == "*":
                if found:
                    self.take(found)
                continue
            if found and alias.name in {*found.known, *found.variables, *found.constants}:
                self.take(found, [(alias.name, alias.asname or alias.name)])
            elif found and found.package == found.name:
                name = alias.asname or alias.name
                self.known[name] = self.program.load(f"{whole}.{alias.name}", always=always)

    def absolute(self, node: ast.ImportFrom) -> str:
        """The whole name of what an import names, which may be relative."""
        parts = self.package.split(".")
        base = parts[: len(parts) - node.level + 1] if node.level else []
        return ".".join([*base, *([node.module] if node.module else [])])

    def visit_functiondef(self, node: ast.FunctionDef, always: bool) -> None:
        """Remember a function; what it reads by itself is read if somebody calls it."""
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(default, always)
        self.known[node.name] = Function(node, self, sum(1 for _node in ast.walk(node)))
        before = self.known.copy(), self.variables.copy()
        self.visit_all(node.body, False)
        self.known, self.variables = before

    visit_asyncfunctiondef = visit_functiondef
