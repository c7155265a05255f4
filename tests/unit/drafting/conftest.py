"""What is between two commits of a repository."""

from collections.abc import Callable, Iterator

import pytest
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.plugin_utils.checkout import Checkout

from slipway import drafting, noted
from slipway.drafting import Change
from tests.unit.repository import Repository

Changed = Callable[..., Change]


@pytest.fixture
def change(origin: Repository, me: str) -> Changed:
    """Commit files, then what is to be different of them; the change."""

    def make(
        before: dict[str, str], after: dict[str, str | None], place: str = "", **how: object
    ) -> Change:
        checkout = Checkout(str(origin.path), str(origin.path), me)
        commits = [origin.write(dict(files)) for files in (before, after)]
        return Change(*(Committed(checkout, commit, place) for commit in commits), **how)

    return make


@pytest.fixture(autouse=True)
def recognised(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each line that any of these tests drafts is known again as a draft's."""
    found: list[Item] = []

    def noting(items: Callable[[Change], list[Item]]) -> Callable[[Change], list[Item]]:
        def note(change: Change) -> list[Item]:
            drafted = items(change)
            found.extend(drafted)
            return drafted

        return note

    for kind in drafting.KINDS:
        monkeypatch.setattr(kind, "items", noting(kind.items))
    yield
    lines = [(item, noted.item_of(item.line())) for item in found]
    assert [item for item, read in lines if not drafting.subject(read)] == []
    assert [item for item, read in lines if not drafting.has_own_how(read)] == []
