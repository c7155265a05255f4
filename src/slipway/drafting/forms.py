"""The forms of the lines that a draft writes by itself, by which they are known again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils.items import Item

Subject = tuple[str, ...]
# A name or a path among others.
ONE = r"[^\s,]+"


@dataclass(frozen=True)
class Form:
    """The patterns of both halves of a line; the groups of ``what`` are what it is about.

    Where it is about what its second half says, that is so ``by_how``.
    """

    kind: str
    what: str
    how: str = ""
    by_how: bool = False

    def subject(self, item: Item) -> Subject:
        """What a line of this form is about, whatever its second half says; empty for others."""
        found = re.fullmatch(self.what, item.what) if item.kind == self.kind else None
        if not found or (self.by_how and not self.has_how(item)):
            return ()
        return (self.kind, item.how) if self.by_how else (self.kind, *found.groups())

    def has_how(self, item: Item) -> bool:
        """Whether the second half of a line is as the draft wrote it."""
        return bool(re.fullmatch(self.how, item.how))


def one_of(texts: Iterable[str]) -> str:
    """The pattern of some texts."""
    return "|".join(map(re.escape, dict.fromkeys(texts)))


def listed(one: str) -> str:
    """The pattern of what ``telling.several`` makes of such things."""
    return rf"(?:{one})(?:, (?:{one}))*(?: and \d+ more)?"
