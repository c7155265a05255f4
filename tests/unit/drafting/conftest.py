"""What is between two commits of a repository."""

from collections.abc import Callable

import pytest
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.plugin_utils.checkout import Checkout

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
