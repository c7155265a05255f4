"""Which states of the health are believed: those that checks make, and no others."""

import json
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import believed, watching
from ansible_collections.slipway.django.plugins.module_utils.watching import Rules, Seen, State
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_795_256_100.0
RULES = Rules(failures=2, days=14)
CONFIG = {"name": "shop_dev", "project": "shop", "env": "dev", "server": "web1"}
ANSWERS = st.none() | st.floats(0, 1e5)
# The clock of a host may be put back, and a certificate may be meant for ever.
CHECKS = st.builds(
    Seen,
    time=st.floats(NOW - 9e6, NOW + 9e6),
    well=st.booleans(),
    said=st.text(max_size=9),
    milliseconds=ANSWERS,
    socket_milliseconds=ANSWERS,
    ends=st.none() | st.floats(0, 253_402_300_799),
)
# Whatever JSON can say, and what Python takes for JSON besides.
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=2), max_leaves=4)
CHANGES = st.lists(st.dictionaries(st.sampled_from(sorted(believed.CHANGE)), PLAIN), max_size=2)
KEYS = st.sampled_from(sorted(believed.STATE))


def after(checks: list[Seen]) -> State:
    """The state after checks, as it comes back from its file."""
    state: State = {}
    for seen in checks:
        state = watching.judged(state, seen, RULES)
    found: State = json.loads(json.dumps(state))
    return found


@given(st.lists(CHECKS, max_size=8))
def test_what_checks_make_is_believed(checks: list[Seen]) -> None:
    state = after(checks)
    assert believed.sound(state), state


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"checked": NOW, "said": "no release yet", "changes": [], "pending": []},
        {"pending": [], "webhook": "it answered 503"},
    ],
    ids=str,
)
def test_what_is_known_before_a_release_is_believed(state: State) -> None:
    assert believed.sound(state)


@given(
    st.lists(CHECKS, min_size=1, max_size=4),
    st.dictionaries(KEYS, VALUES | CHANGES, max_size=2),
    st.sets(KEYS, max_size=3),
)
def test_whatever_is_believed_can_be_told_and_judged(
    checks: list[Seen], wrong: dict[str, Any], gone: set[str]
) -> None:
    state = {name: value for name, value in (after(checks) | wrong).items() if name not in gone}
    if believed.sound(state):
        watching.told(state, 60, NOW)
        later = watching.judged(state, Seen(NOW, False, "answered 502"), RULES)
        for change in later["pending"]:
            watching.message(change, CONFIG)
        assert believed.sound(json.loads(json.dumps(later)))


@pytest.mark.parametrize("found", [None, [], "well", 7, True, [{"state": "well"}]])
def test_what_is_no_dictionary_is_not_believed(found: object) -> None:
    assert not believed.sound(found)


@pytest.mark.parametrize("name", sorted(believed.STATE))
def test_no_value_of_another_kind_is_believed(name: str) -> None:
    state = after([Seen(NOW, True, "well", 1.0, 1.0, NOW)]) | {"failing_since": None}
    state |= {"webhook": "", "since": NOW}
    wrong: list[Any] = [{}, {"a": 1}, [[]], -1e300, float("nan"), 10**400, "?"]
    wrong = wrong[:-1] if name in ("said", "webhook") else wrong
    assert believed.sound(state)
    assert [value for value in wrong if believed.sound({**state, name: value})] == []
