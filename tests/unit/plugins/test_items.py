"""One line of a hand-off note, told and read again."""

import pytest
from ansible_collections.slipway.django.plugins.module_utils import items
from ansible_collections.slipway.django.plugins.module_utils.items import KINDS, Item
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins import noted


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("env: X — dev, prod: from them", Item("env", "X", ("dev", "prod"), "from them")),
        ("env: X \u2013 `dev` and `prod`: y", Item("env", "X", ("dev", "prod"), "y")),
        ("ENV: X -- Dev/Prod: y", Item("env", "X", ("dev", "prod"), "y")),
        ("env:X - dev: at 10:30", Item("env", "X", ("dev",), "at 10:30")),
        ("env: X — qa: y", Item("env", "X", ("qa",), "y")),
        ("env: X — qa, eu:", Item("env", "X", ("qa", "eu"))),
        ("env: X — all: y", Item("env", "X", (), "y")),
        ("env: X — dev, prod", Item("env", "X", ("dev", "prod"))),
        ("env: X — later", Item("env", "X", (), "later")),
        ("env: X — ask Ada", Item("env", "X", (), "ask Ada")),
        ("env: X — ask Ada: she knows", Item("env", "X", (), "ask Ada: she knows")),
        ("env: X", Item("env", "X")),
        ("env:", Item("env", "")),
        ("env: — dev: all of them", Item("env", "", ("dev",), "all of them")),
        ("manual: a - b — dev: c", Item("manual", "a - b", ("dev",), "c")),
        ("manual: a - b — ask Ada", Item("manual", "a - b", (), "ask Ada")),
        ("manual: wake- dev: a", Item("manual", "wake- dev: a")),
        ("manual: re-read a-b", Item("manual", "re-read a-b")),
        ("Spell: X — dev: y", Item("Spell", "X", ("dev",), "y")),
        ("https://example.org/ is slow", Item("", "https://example.org/ is slow")),
        ("Set EMAIL_HOST: now", Item("", "Set EMAIL_HOST: now")),
        ("", Item("", "")),
    ],
)
def test_a_line_is_read_as_it_was_meant(text: str, item: Item) -> None:
    assert items.read(text) == item


words = st.lists(st.sampled_from(["a", "X_KEY", "the", "0003", "`b=c`", "10"]), min_size=1).map(
    " ".join
)


@noted.steady
@given(
    st.builds(
        Item,
        st.sampled_from(KINDS),
        words,
        st.lists(st.sampled_from(["dev", "prod", "staging", "qa", "eu-1"]), unique=True).map(tuple),
        st.one_of(st.just(""), words.map(lambda how: f"The {how}")),
    )
)
def test_what_is_told_is_read_again(item: Item) -> None:
    assert items.read(item.line().removeprefix("- [ ] ")) == item
