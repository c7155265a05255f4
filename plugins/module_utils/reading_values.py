# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What settings read a value from, and where they put it."""

from __future__ import annotations

import ast
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import (
    reading_calls,
    reading_conditions,
)
from ansible_collections.slipway.django.plugins.module_utils.reading_conditions import last_name
from ansible_collections.slipway.django.plugins.module_utils.reading_helpers import (
    given,
    has_default,
    is_false,
    is_strict,
    own_defaults,
    returns_early,
)
from ansible_collections.slipway.django.plugins.module_utils.reading_levels import (
    OPEN,
    OPTIONAL,
    REQUIRED,
)
from ansible_collections.slipway.django.plugins.module_utils.reading_trees import Tree

# What fails with None, so that the variable must be there.
NEEDY = ("int", "float", "Path")
# How deep helpers may call each other.
DEPTH = 4


class Values(Tree):
    """The walk over expressions that read or name something."""

    def found(self, node: ast.expr, always: bool) -> None:
        """Note what an expression itself reads."""
        name, level, _defaulted = self.read_of(node)
        if name:
            self.note(name, level if always or level == OPTIONAL else OPEN, node)

    def need(self, node: ast.AST, always: bool) -> None:
        """Note that a value may not be None, as it is where os.getenv finds nothing."""
        whole = self.meaning(node.func) if isinstance(node, ast.Call) else None
        if always and isinstance(whole, str) and whole.startswith("os."):
            name, level, _defaulted = self.read_of(node)
            if name and level == OPEN:
                self.note(name, REQUIRED, node)

    def visit_attribute(self, node: ast.Attribute, always: bool) -> None:
        """``os.getenv("X").split(",")``."""
        self.need(node.value, always)
        self.visit(node.value, always)

    def visit_subscript(self, node: ast.Subscript, always: bool) -> None:
        """``os.environ["X"]``, read or set."""
        self.visit(node.value, always)
        self.visit(node.slice, always)
        if isinstance(node.ctx, ast.Load):
            self.found(node, always)
        elif name := self.read_of(node)[0]:
            self.program.reads.given.add(name)

    def visit_with(self, node: ast.With, always: bool) -> None:
        """``with env.prefixed("DB_")`` and ``with suppress(KeyError)``."""
        before, caught = self.prefix, False
        for item in node.items:
            self.visit(item.context_expr, always)
            call = item.context_expr
            if not isinstance(call, ast.Call):
                continue
            whole = self.meaning(call.func)
            if whole == "environs.env.prefixed":
                self.prefix += self.text(call.args[0] if call.args else None)
            elif whole == "contextlib.suppress":
                caught = caught or reading_conditions.is_missing(call.args)
        self.attempt(node.body, always, caught=caught)
        self.prefix = before

    def visit_classdef(self, node: ast.ClassDef, always: bool) -> None:
        """The body of a class is run where it stands, and its names are its own."""
        before = self.known.copy()
        self.visit_all([*node.decorator_list, *node.body], always)
        self.known = before

    def visit_assign(self, node: ast.Assign, always: bool) -> None:
        """``x = y``, ``a, b = c, d`` and ``env.prefix = "SHOP_"``."""
        self.visit(node.value, always)
        self.visit_all(node.targets, always)
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for one, value in zip(target.elts, node.value.elts):
                    self.remember(one, value)
            self.remember(target, node.value)

    def visit_annassign(self, node: ast.AnnAssign, always: bool) -> None:
        """``x: str = y``."""
        if node.value:
            self.visit(node.value, always)
            self.remember(node.target, node.value)

    def visit_namedexpr(self, node: ast.NamedExpr, always: bool) -> None:
        """``(x := y)``."""
        self.visit(node.value, always)
        self.remember(node.target, node.value)

    def remember(self, target: ast.AST, value: ast.expr) -> None:
        """Remember what a name stands for."""
        whole = self.meaning(target)
        if whole == "environ.env.prefix":
            self.prefix = self.text(value)
        if isinstance(target, ast.Name):
            self.known[target.id] = self.meaning(value)
            self.variables[target.id] = self.variables_of(value)
            self.constants[target.id] = self.text(value)

    def visit_call(self, node: ast.Call, always: bool) -> None:
        """A call, of something that we know or of a helper of the settings."""
        self.visit_all(ast.iter_child_nodes(node), always)
        whole = self.meaning(node.func)
        if isinstance(whole, str):
            self.call_known(whole, node, always)
        elif isinstance(getattr(whole, "node", None), ast.FunctionDef):
            self.call_helper(whole, node, always)
        elif last_name(node.func) in NEEDY and node.args:
            self.need(node.args[0], always)

    def call_known(self, whole: str, node: ast.Call, always: bool) -> None:
        """A call of a library."""
        reads = self.program.reads
        if whole == "os.environ.setdefault" and node.args:
            reads.given.add(self.text(node.args[0]))
        elif whole == "os.environ.update":
            keys = [key for one in node.args if isinstance(one, ast.Dict) for key in one.keys]
            reads.given |= {*map(self.text, keys), *(word.arg or "" for word in node.keywords)}
        elif whole in reading_calls.MAKERS:
            self.schemed |= reading_calls.schemed(node)
        elif whole == "split_settings.tools.include":
            self.include(node, always)
        elif reading_calls.is_env_file(whole):
            reads.files.add(reading_calls.env_file(node))
        else:
            reads.files |= {".env", "settings.ini"} if whole == "decouple.config" else set()
            self.found(node, always)

    def include(self, node: ast.Call, always: bool) -> None:
        """The files that django-split-settings runs in the place of ours."""
        for name in map(self.text, node.args):
            if name.endswith(".py"):
                path = name[: -len(".py")].replace("/", ".")
                other = self.program.load(f"{self.package}.{path}", always=always)
                if other:
                    self.take(other)

    def call_helper(self, helper: Any, node: ast.Call, always: bool) -> None:
        """A function of the settings: what it reads with these arguments."""
        program, owner, function = self.program, helper.owner, helper.node
        if program.depth >= DEPTH or program.room[always] < helper.size:
            return
        program.room[always] -= helper.size
        arguments = {key: self.resolved(one) for key, one in given(function, node).items()}
        own = {key: owner.resolved(one) for key, one in own_defaults(function).items()}
        names = set(map(self.text, arguments.values())) - {""}
        before = owner.bound, owner.known, owner.variables, program.site, program.optional
        owner.bound = {**own, **arguments}
        owner.known, owner.variables = owner.known.copy(), owner.variables.copy()
        program.site = program.site or (self.path, node.lineno)
        program.optional = program.optional | (names if has_default(arguments) else set())
        program.depth += 1
        reached = always
        for statement in function.body:
            owner.visit(statement, reached)
            reached = reached and not returns_early(statement)
        if is_strict(function) and not is_false(owner.bound.get("required")):
            for name in names & set(program.reads.names):
                owner.note(name, REQUIRED if always else OPEN, node)
        program.depth -= 1
        owner.bound, owner.known, owner.variables, program.site, program.optional = before

    def resolved(self, node: ast.expr) -> ast.expr:
        """An argument as the helper gets it, whose own names mean something else."""
        if isinstance(node, ast.Name) and node.id in self.bound:
            return self.bound[node.id] or node
        text = self.text(node)
        if text or isinstance(node, ast.Constant):
            return ast.Constant(text) if text else node
        return ast.Constant(...)
