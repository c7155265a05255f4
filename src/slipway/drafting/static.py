"""Static files that changed: those of apps, and of the directories that settings name."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from ansible_collections.slipway.django.plugins.module_utils import variable_reads
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.reading_modules import parsed
from ansible_collections.slipway.django.plugins.module_utils.telling import number, several

from slipway.drafting.changes import Change
from slipway.drafting.forms import ONE, Form, listed

STATIC = "static"
DIRECTORIES = "STATICFILES_DIRS"
CHANGED = f"of {STATIC}/ changed"
# A word that is no path may be a person's.
PATHS = rf"(?=.*(?:/|\b{STATIC}\b)){listed(ONE)}"
FORMS = (Form("collectstatic", rf"\d+ files? {CHANGED}", PATHS),)


def items(change: Change) -> list[Item]:
    """One line, if any of them changed."""
    named = {place for code in (change.before, change.after) for place in places(change, code)}
    found: dict[str, int] = {}
    for path in change.files:
        place = holder(path, named) if change.concerns(path) else ""
        if place:
            found[place] = found.get(place, 0) + 1
    if not found:
        return []
    count = number(sum(found.values()), "file")
    return [Item("collectstatic", f"{count} {CHANGED}", how=several(sorted(found)))]


def holder(path: str, named: set[str]) -> str:
    """The directory of static files that a file lies in; empty if in none."""
    for place in named:
        if path.startswith(f"{place}/"):
            return place
    parts = path.split("/")[:-1]
    return "/".join(parts[: parts.index(STATIC) + 1]) if STATIC in parts else ""


def places(change: Change, code: Committed) -> Iterator[str]:
    """The directories that the settings of a commit name, where the words themselves say which."""
    for path in variable_reads.of_settings(change.module(code), code.module).paths:
        tree = parsed(code.text(path))
        for node in ast.walk(tree) if tree else ():
            targets = node.targets if isinstance(node, ast.Assign) else ()
            if any(getattr(target, "id", "") == DIRECTORIES for target in targets):
                for part in getattr(getattr(node, "value", None), "elts", []):
                    inside = directory(part)
                    if inside:
                        yield posixpath.normpath(posixpath.join(code.place, inside))


def directory(node: ast.expr) -> str:
    """The end of a path that is written out: ``BASE_DIR / "assets"``; empty if it is not."""
    if isinstance(node, ast.Tuple):
        # With a prefix for its files.
        return directory(node.elts[-1])
    if isinstance(node, ast.Call):
        words = node.args
        if words and isinstance(node.func, ast.Name) and node.func.id == "str":
            return directory(words[0])
        words = words[1:]
    elif isinstance(node, ast.BinOp):
        first = directory(node.left)
        words = [ast.Constant(first), node.right] if first else [node.right]
    else:
        return ""
    texts = [getattr(word, "value", None) for word in words]
    whole = all(isinstance(text, str) for text in texts)
    return posixpath.join(*map(str, texts)).lstrip("/") if texts and whole else ""
