# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an expression of settings comes to: a text, or the variables whose values are in it."""

from __future__ import annotations

import ast
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import reading_calls
from ansible_collections.slipway.django.plugins.module_utils.reading_levels import (
    OPEN,
    OPTIONAL,
    REQUIRED,
)


class Expressions:
    """What is known of expressions; reading_modules.py knows what names stand for."""

    bound: dict[str, Optional[ast.expr]]
    known: dict[str, Any]
    variables: dict[str, dict[str, bool]]
    constants: dict[str, str]
    schemed: dict[str, ast.expr]
    prefix: str
    path: str
    package: str
    program: Any

    def meaning(self, node: Optional[ast.AST]) -> Any:
        """What an expression stands for."""
        raise NotImplementedError

    def read_of(self, node: ast.AST) -> tuple[str, str, bool]:
        """The variable that an expression reads, and its level if it is always reached.

        The last is whether something comes of it where the variable is missing.
        """
        if isinstance(node, ast.Subscript) and self.meaning(node.value) == "os.environ":
            return self.text(node.slice), REQUIRED, False
        asked = self.asked(node) if isinstance(node, ast.Call) else None
        if asked is None:
            return "", OPTIONAL, False
        name = self.text(asked.name) or ("" if asked.name else asked.own)
        if asked.strict and name:
            name = self.prefix + name
        default = asked.default
        if not self.has_default(default):
            default = self.schemed.get(name) if asked.strict else None
        if default is not None:
            return name, OPTIONAL, self.is_something(default)
        return name, REQUIRED if asked.strict else OPEN, False

    def asked(self, node: ast.Call) -> Optional[reading_calls.Asked]:
        """What a call of a library reads."""
        whole = self.meaning(node.func)
        return reading_calls.asked(whole, node) if isinstance(whole, str) else None

    def has_default(self, node: Optional[ast.expr]) -> bool:
        """Whether a default is given, and not only the None of a parameter that nobody gave."""
        if isinstance(node, ast.Name) and node.id in self.bound:
            bound = self.bound[node.id]
            return not (bound is None or getattr(bound, "value", ...) is None)
        return node is not None

    def text(self, node: Optional[ast.AST]) -> str:
        """The text that an expression comes to; nothing if only running it would tell."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else ""
        if isinstance(node, ast.Name):
            if node.id in self.bound:
                return self.text(self.bound[node.id])
            return self.constants.get(node.id, "")
        parts: list[ast.AST] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        elif isinstance(node, ast.JoinedStr):
            values = node.values
            parts = [one.value if isinstance(one, ast.FormattedValue) else one for one in values]
        texts = [self.text(part) for part in parts]
        return "".join(texts) if all(texts) else ""

    def is_something(self, node: ast.AST) -> bool:
        """Whether an expression is surely more than nothing: "a", but not "", None or False."""
        try:
            return bool(self.text(node) or ast.literal_eval(node))
        except (TypeError, ValueError):
            return False

    def variables_of(self, node: ast.AST) -> dict[str, bool]:
        """The variables whose values are in an expression, and which of them have a default."""
        pairs: list[tuple[str, bool]] = []
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                pairs += self.variables.get(inner.id, {}).items()
            elif isinstance(inner, ast.Compare) and self.is_member(inner):
                pairs.append((self.text(inner.left), False))
            else:
                name, _level, defaulted = self.read_of(inner)
                pairs.append((name, defaulted))
        bare = {name for name, defaulted in pairs if not defaulted}
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            # ``os.getenv("X") or "a"``.
            bare = set() if self.is_something(node.values[-1]) else bare
        return {name: name not in bare for name, _defaulted in pairs if name}

    def is_member(self, test: ast.Compare) -> bool:
        """Whether a comparison is ``"X" in os.environ``."""
        whole = self.meaning(test.comparators[0])
        return isinstance(test.ops[0], (ast.In, ast.NotIn)) and whole == "os.environ"
