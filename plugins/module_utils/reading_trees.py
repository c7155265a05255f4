# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The syntax tree of settings, walked in the order in which it would be run."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import reading_conditions
from ansible_collections.slipway.django.plugins.module_utils.reading_conditions import (
    alternatives,
    is_absence,
    raises,
)
from ansible_collections.slipway.django.plugins.module_utils.reading_expressions import Expressions
from ansible_collections.slipway.django.plugins.module_utils.reading_levels import REQUIRED


class Tree(Expressions):
    """The walk; ``always`` is whether a node is reached whenever the settings are imported."""

    def note(self, name: str, level: str, node: ast.AST) -> None:
        """Note a read."""
        raise NotImplementedError

    def take(self, other: Any) -> None:
        """Let the names of another module be ours too."""
        raise NotImplementedError

    def visit(self, node: ast.AST, always: bool) -> None:
        """Look at a node and what is in it."""
        special = getattr(self, f"visit_{type(node).__name__.lower()}", None)
        if special:
            special(node, always)
        else:
            self.visit_all(ast.iter_child_nodes(node), always)

    def visit_all(self, nodes: Iterable[ast.AST], always: bool) -> None:
        """Look at several nodes."""
        for node in nodes:
            self.visit(node, always)

    def ask(self, test: ast.expr, always: bool, *, fatal: bool = False) -> None:
        """Look at a condition: whose variable is missing is known to the settings, or ``fatal``."""
        tested = self.program.reads.tested
        if not fatal:
            tested.update(self.variables_of(test))
        elif always:
            for operand in alternatives(test):
                for name, defaulted in self.variables_of(operand).items():
                    # A default is what is checked where the variable is missing.
                    if not defaulted:
                        self.note(name, REQUIRED, test)
        before = tested.copy()
        self.visit(test, always)
        if fatal:
            self.program.reads.tested = before

    def visit_if(self, node: ast.If, always: bool) -> None:
        """A branch: what is in it need not be reached."""
        missing = node.body if is_absence(node.test) else node.orelse
        self.ask(node.test, always, fatal=raises(missing))
        self.visit_all([*node.body, *node.orelse], False)

    def visit_assert(self, node: ast.Assert, always: bool) -> None:
        """``assert os.getenv("X")``."""
        self.ask(node.test, always, fatal=True)

    def visit_ifexp(self, node: ast.IfExp, always: bool) -> None:
        """``x if condition else y``."""
        self.ask(node.test, always)
        self.visit_all([node.body, node.orelse], False)

    def visit_while(self, node: ast.While, always: bool) -> None:
        """A loop that need not begin."""
        self.ask(node.test, always)
        self.visit_all([*node.body, *node.orelse], False)

    def visit_boolop(self, node: ast.BoolOp, always: bool) -> None:
        """``x or default``: only the first is always looked at."""
        self.program.reads.tested |= set().union(*map(self.variables_of, node.values[:-1]))
        self.visit(node.values[0], always)
        self.visit_all(node.values[1:], False)

    def visit_compare(self, node: ast.Compare, always: bool) -> None:
        """``os.getenv("DEBUG") == "1"``: nothing is as good as any other value."""
        self.program.reads.tested.update(self.variables_of(node))
        self.visit_all(ast.iter_child_nodes(node), always)

    def visit_for(self, node: ast.For, always: bool) -> None:
        """A loop over what may be empty."""
        self.visit(node.iter, always)
        self.visit_all([*node.body, *node.orelse], False)

    def visit_match(self, node: Any, always: bool) -> None:
        """``match`` of Python 3.10."""
        self.ask(node.subject, always)
        self.visit_all(node.cases, False)

    def visit_lambda(self, node: ast.Lambda, _always: bool) -> None:
        """What is called later, if at all."""
        self.visit(node.body, False)

    def visit_comprehension(self, node: ast.comprehension, always: bool) -> None:
        """The part after ``for``."""
        self.visit(node.iter, always)
        self.visit_all(node.ifs, False)

    def visit_try(self, node: ast.Try, always: bool) -> None:
        """Who catches what a missing variable raises can do without, unless it raises again."""
        self.attempt(node.body, always, caught=reading_conditions.is_caught(node))
        self.visit_all([*node.handlers, *node.orelse], False)
        self.visit_all(node.finalbody, always)

    def attempt(self, body: list[ast.stmt], always: bool, *, caught: bool) -> None:
        """Look at statements; where ``caught``, they can do without what they read."""
        if caught:
            for statement in body:
                self.program.reads.tested.update(self.variables_of(statement))
        self.visit_all(body, always and not caught)
