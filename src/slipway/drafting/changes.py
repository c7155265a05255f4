"""What is between two commits of an application: the live one and one that is to be deployed."""

from __future__ import annotations

import ast
import posixpath
from dataclasses import dataclass, field
from functools import cached_property

from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.locks import upwards
from ansible_collections.slipway.django.plugins.module_utils.reading_modules import parsed

from slipway.drafting import pinned

ADDED, CHANGED, REMOVED = "A", "M", "D"
MODULE = "DJANGO_SETTINGS_MODULE"


@dataclass(frozen=True)
class Change:
    """Two commits of one repository, and how the application is deployed.

    ``settings`` is the module of its settings; empty for the one that manage.py names.
    """

    before: Committed
    after: Committed
    settings: str = ""
    choice: pinned.Choice = field(default_factory=pinned.Choice)

    @cached_property
    def files(self) -> dict[str, str]:
        """How each path changed: ADDED, CHANGED or REMOVED. Raises Failed."""
        commits = (self.before.commit, self.after.commit)
        words = ("diff-tree", "-r", "-z", "--no-renames", "--name-status", *commits)
        problem = f"git cannot compare {commits[0][:7]} with {commits[1][:7]}."
        said = self.after.mirror.git(*words, problem=problem).split("\0")
        # A file that became a link is a changed file too.
        return {
            path: how.replace("T", CHANGED)
            for how, path in zip(said[::2], said[1::2], strict=False)
        }

    @cached_property
    def pins(self) -> tuple[pinned.Pins, pinned.Pins]:
        """The packages of both."""
        return pinned.pins(self.before, self.choice), pinned.pins(self.after, self.choice)

    def concerns(self, path: str) -> bool:
        """Whether a file is the application's, and not that of another one in the repository."""
        code = self.after if path in self.after.paths else self.before
        places = upwards(posixpath.dirname(path))
        holders = (place for place in places if posixpath.join(place, "manage.py") in code.paths)
        return next(holders, "") in upwards(code.place)

    def module(self, code: Committed) -> str:
        """The settings module of one of the commits; empty if nobody names it."""
        return self.settings or named_by_manage(code.text(posixpath.join(code.place, "manage.py")))


def named_by_manage(text: str) -> str:
    """The settings module that a manage.py sets, where nobody else did."""
    for node in ast.walk(parsed(text) or ast.Module([], [])):
        values = node.args[:2] if isinstance(node, ast.Call) else []
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            values = [node.targets[0].slice, node.value]
        texts = [value.value for value in values if isinstance(value, ast.Constant)]
        if texts[:1] == [MODULE]:
            return "".join(map(str, texts[1:]))
    return ""
