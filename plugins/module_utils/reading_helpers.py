# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Functions of the settings that read a variable by the name that they are given."""

from __future__ import annotations

import ast
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils.reading_conditions import (
    catches,
    is_absence,
    is_presence,
    raises,
)

# Arguments of a helper beside the name that are no default.
NO_DEFAULT = ("cast", "type", "sep", "delim", "conv", "coerce", "required", "prefix", "parse")


def is_strict(function: ast.FunctionDef) -> bool:
    """Whether a helper raises where the variable that it is asked for is missing."""
    if raises(function.body):
        return True
    for node in ast.walk(function):
        if isinstance(node, ast.ExceptHandler) and catches(node):
            if any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
                return True
        elif isinstance(node, ast.If):
            if is_absence(node.test) and raises(node.body):
                return True
            if not is_absence(node.test) and is_presence(node.test) and raises(node.orelse):
                return True
    return False


def returns_early(statement: ast.stmt) -> bool:
    """Whether what follows a statement need not be reached."""
    nested = isinstance(statement, (ast.If, ast.Try, ast.For, ast.With))
    return nested and any(isinstance(node, ast.Return) for node in ast.walk(statement))


def given(function: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr]:
    """What a call gives each parameter of a function."""
    names = [one.arg for one in [*function.args.posonlyargs, *function.args.args]]
    named = {word.arg: word.value for word in call.keywords if word.arg}
    return {**dict(zip(names, call.args)), **named}


def own_defaults(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """What the parameters of a function are where a call does not say."""
    names = [one.arg for one in [*function.args.posonlyargs, *function.args.args]]
    tail = names[len(names) - len(function.args.defaults) :]
    pairs = zip(function.args.kwonlyargs, function.args.kw_defaults)
    named = {one.arg: value for one, value in pairs if value}
    return {**dict(zip(tail, function.args.defaults)), **named}


def has_default(arguments: dict[str, ast.expr]) -> bool:
    """Whether a helper's call gives a default besides the name."""
    _name, *others = list(arguments) or [""]
    return any(not key.startswith(NO_DEFAULT) and not is_none(arguments[key]) for key in others)


def is_none(node: Optional[ast.expr]) -> bool:
    """Whether an argument is None itself."""
    return isinstance(node, ast.Constant) and node.value is None


def is_false(node: Optional[ast.expr]) -> bool:
    """Whether an argument is False itself."""
    return isinstance(node, ast.Constant) and node.value is False
