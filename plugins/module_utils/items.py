# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One line of a hand-off note: what a release needs besides its code, where, and how."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("packages", "migrations", "collectstatic", "env", "manual", "test", "issue", "config")


@dataclass(frozen=True)
class Item:
    """``- [ ] kind: what — environments: how``; without environments it is for all of them."""

    kind: str
    what: str
    environments: tuple[str, ...] = ()
    how: str = ""

    def line(self) -> str:
        """The open line of a checklist that says so."""
        places = ", ".join(self.environments)
        told = ": ".join(part for part in (places, self.how) if part)
        return f"- [ ] {self.kind}: {self.what}" + (f" — {told}" if told else "")
