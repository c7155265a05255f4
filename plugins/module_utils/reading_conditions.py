# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of settings whose variable is missing, by the shape of their code."""

from __future__ import annotations

import ast
from collections.abc import Iterable

# What a missing variable raises; who catches one of these can do without.
MISSING = {"KeyError", "LookupError", "Exception", "BaseException", "ImproperlyConfigured"}
MISSING |= {"UndefinedValueError", "EnvError", "TypeError", "AttributeError"}
EXITS = {"exit", "quit", "_exit"}


def last_name(node: ast.AST) -> str:
    """The last part of a name with dots."""
    return getattr(node, "attr", "") or getattr(node, "id", "")


def raises(body: Iterable[ast.stmt]) -> bool:
    """Whether statements end with an exception, or with the process."""
    for statement in body:
        if isinstance(statement, ast.Raise):
            return True
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Call) and last_name(value.func) in EXITS:
            return True
    return False


def catches(handler: ast.ExceptHandler) -> bool:
    """Whether a handler is run where a variable is missing."""
    if handler.type is None:
        return True
    return is_missing(handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type])


def is_missing(kinds: Iterable[ast.AST]) -> bool:
    """Whether one of several exceptions is what a missing variable raises."""
    return any(last_name(kind) in MISSING for kind in kinds)


def is_caught(node: ast.Try) -> bool:
    """Whether settings go on where a variable that is read in a ``try`` is missing."""
    return any(catches(handler) and not raises(handler.body) for handler in node.handlers)


def is_absence(test: ast.expr) -> bool:
    """Whether a condition asks for something that is not there: ``not x``, ``x is None``."""
    if isinstance(test, ast.BoolOp):
        return any(map(is_absence, test.values))
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], (ast.Is, ast.NotIn)) or (
            isinstance(test.ops[0], ast.Eq) and is_nothing(test.comparators[0])
        )
    if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        return False
    # ``not path.is_file()`` asks for something else.
    function = getattr(test.operand, "func", None)
    return not isinstance(function, ast.Attribute) or function.attr == "get"


def alternatives(test: ast.expr) -> list[ast.expr]:
    """The conditions of which one alone is enough; none where several must come together."""
    if isinstance(test, ast.BoolOp):
        return test.values if isinstance(test.op, ast.Or) else []
    return [test]


def is_nothing(node: ast.AST | None) -> bool:
    """Whether a value is None or an empty text."""
    return isinstance(node, ast.Constant) and node.value in (None, "")


def is_presence(test: ast.expr) -> bool:
    """Whether a condition asks only for something to be there: ``x``, ``x is not None``."""
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], (ast.In, ast.IsNot))
    return isinstance(test, (ast.Name, ast.Call, ast.NamedExpr))
