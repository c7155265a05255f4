"""The hand-off notes of an application's checkout, as `invoke handoff` reads and writes them."""

import os
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import handoffs, items
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.markdown_blocks import (
    heading_of,
    spaced,
)
from ansible_collections.slipway.django.plugins.module_utils.notes import TO_SERVERS, Entry, parse
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.plugin_utils.checkout import HEAD, Checkout

from slipway.console import say
from slipway.errors import Problem

# The kind of a line, and what it is about.
Matter = tuple[str, str]
MODE = 0o644


def checkout_of(environment: str, path: str, given: dict[str, Any]) -> Checkout:
    """Return the checkout that is named, else the one that is pushed from. Raises Problem."""
    named = path or str(given.get("django_checkout") or "")
    if not named or "{{" in named:
        raise Problem(
            "Where is the application's checkout? Say it, as in `invoke handoff.draft "
            f"{environment} --checkout ../shop`."
        )
    place = Path(named).expanduser().absolute()
    checkout = Checkout(str(place), str(place), "")
    try:
        top = checkout.git("rev-parse", "--show-toplevel", problem=f"{place} is no git checkout.")
    except Failed as failure:
        raise Problem(f"{failure} Name another with --checkout.") from failure
    return Checkout(top.strip(), top.strip(), "")


def notes_of(checkout: Checkout, place: str) -> str:
    """Return the path of the notes in the repository, for an application in one of its directories.

    They stand beside manage.py where some do, or where there are several applications; else at the
    root. Raises Failed.
    """
    beside = str(Path(place, handoffs.NOTES))
    if not place or Path(checkout.path, beside).exists():
        return beside
    names = [path.rpartition("/")[2] for path in checkout.paths(HEAD)]
    return beside if names.count("manage.py") > 1 else handoffs.NOTES


def uncommitted(checkout: Checkout, notes: str) -> int:
    """Return how many changes a draft does not see, but for those of the notes. Raises Failed."""
    words = ("status", "--porcelain", "--", ".", f":(exclude){notes}")
    return len(checkout.git(*words, problem="git cannot compare the checkout.").splitlines())


def dated(old: str | None, name: str) -> str:
    """Return the title of the entry of this name, dated today where there is none."""
    words = heading_of(name)
    found = (entry.title for entry in entries(old, TO_SERVERS) if entry.title.endswith(words))
    return next(found, f"{today()} {words}")


def entries(text: str | None, direction: str) -> list[Entry]:
    """Return the entries of one section."""
    sections = parse(text or "").sections
    return [one for part in sections if part.direction == direction for one in part.entries]


def titles(text: str | None) -> set[str]:
    """Return the titles of the entries for the servers."""
    return {entry.title for entry in entries(text, TO_SERVERS)}


def item_of(line: str) -> Item:
    """Return the parts of a line that was drafted, as they are read in the notes."""
    return items.read(spaced(line).removeprefix("- [ ] "))


def matter(item: Item) -> Matter:
    """Return what a line is about, however much of it there is, and wherever."""
    return item.kind, item.what.replace("`", "")


def today() -> str:
    """Return the date, as titles have it."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def read(path: Path) -> str | None:
    """Return the notes byte for byte, or None where there are none. Raises Problem."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{path} cannot be read: {error}.") from error


def tell(path: Path, old: str | None, new: str | None, gone: Sequence[str] = ()) -> None:
    """Write the notes if they changed, and say so, with what is gone. Raises Problem."""
    if new is None or new == old:
        say(f"Nothing to say that does not stand in {path} already, so it stays as it is.")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path.resolve(), new)
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}.") from error
    before = set((old or "").splitlines())
    fresh = [line for line in new.splitlines() if line.strip() and line not in before]
    say("\n".join([f"Written into {path}, to be read and committed:", *fresh, *gone]))


def write(path: Path, text: str) -> None:
    """Write a file beside the old one and rename it, so that nobody ever finds half of it.

    It keeps the mode of the old one. Raises OSError.
    """
    mode = path.stat().st_mode & 0o7777 if path.exists() else MODE
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
        Path(draft).chmod(mode)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
