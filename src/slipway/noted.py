"""The hand-off notes of an application's checkout, as `invoke handoff` reads and writes them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import items
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.notes import TO_SERVERS, Entry, parse
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.plugin_utils.checkout import Checkout

from slipway.console import say
from slipway.errors import Problem


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


def dated(old: str | None, words: str) -> str:
    """Return the title of the entry of this name, dated today where there is none."""
    found = (entry.title for entry in entries(old, TO_SERVERS) if entry.title.endswith(words))
    return next(found, f"{today()} {words}")


def entries(text: str | None, direction: str) -> list[Entry]:
    """Return the entries of one section."""
    sections = parse(text or "").sections
    return [one for part in sections if part.direction == direction for one in part.entries]


def item_of(line: str) -> Item:
    """Return the parts of a line that was drafted."""
    return items.read(line.removeprefix("- [ ] "))


def matter(item: Item) -> tuple[str, str]:
    """Return what a line is about, however much of it there is, and wherever."""
    return item.kind, item.what


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


def tell(path: Path, old: str | None, new: str | None) -> None:
    """Write the notes if they changed, and say so. Raises Problem."""
    if new is None or new == old:
        say(f"Nothing to say that does not stand in {path} already, so it stays as it is.")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(new.encode())
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}.") from error
    before = set((old or "").splitlines())
    fresh = [line for line in new.splitlines() if line.strip() and line not in before]
    say("\n".join([f"Written into {path}, to be read and committed:", *fresh]))
