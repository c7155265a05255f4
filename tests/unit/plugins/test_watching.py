"""What becomes of an instance's health, check after check."""

import itertools
import time
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import watching
from ansible_collections.slipway.django.plugins.module_utils.watching import Rules, Seen, State
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_795_256_100.0  # 2026-11-21 10:15 UTC
RULES = Rules(failures=3, days=14)
DAY = 86400.0
CONFIG = {"name": "shop_dev", "project": "shop", "env": "dev", "server": "web1"}


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def after(checks: str, *, before: State | None = None, interval: float = 60) -> State:
    """The state after checks that found it well (+) or not (-), a minute after each other."""
    state = before or {}
    start = state.get("checked", NOW - interval)
    for number, sign in enumerate(checks, 1):
        well = sign == "+"
        said = "/health/ answers 200" if well else "/health/ answered 502 Bad Gateway, not 200."
        seen = Seen(start + number * interval, well, said, 12.0 if well else None)
        state = watching.judged(state, seen, RULES)
    return state


@pytest.mark.parametrize(
    ("checks", "state", "changes"),
    [
        ("+", "well", []),
        ("-", "", []),
        ("--", "", []),
        ("---", "not well", ["not well"]),
        ("+--", "well", []),
        ("+--+--+", "well", []),
        ("+---", "not well", ["not well"]),
        ("+-----", "not well", ["not well"]),
        ("+---+", "well", ["not well", "well"]),
        ("+---+--", "well", ["not well", "well"]),
        ("---+", "well", ["not well", "well"]),
    ],
)
def test_so_many_failures_in_a_row_are_a_change_and_one_answer_is_the_next(
    checks: str, state: str, changes: list[str]
) -> None:
    found = after(checks)
    assert found["state"] == state
    assert [change["state"] for change in found["pending"]] == changes


def test_it_is_not_well_since_the_first_failure() -> None:
    assert after("+---")["since"] == NOW + 60


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=150))
def test_whatever_comes_the_changes_take_turns_and_the_state_stays_small(
    checks: list[tuple[bool, bool]],
) -> None:
    state: State = {}
    told: list[str] = []
    row = 0
    for well, delivered in checks:
        state = after("+" if well else "-", before=state)
        row = 0 if well else row + 1
        # No answer is well, so many failures are not, and in between it is as it was.
        assert state["state"] == "well" or row
        assert state["state"] == "not well" or row < RULES.failures
        told += [change["state"] for change in state["pending"]] if delivered else []
        state["pending"] = [] if delivered else state["pending"]
        kept = [len(state[name]) for name in ("milliseconds", "changes", "pending")]
        assert kept <= [watching.ANSWERS_KEPT, watching.CHANGES_KEPT, watching.CHANGES_KEPT]
    assert all(one != other for one, other in itertools.pairwise(told)), told


def test_what_cannot_be_told_is_not_kept_without_end() -> None:
    state = after("---+" * 40)
    assert len(state["pending"]) == watching.CHANGES_KEPT


@pytest.mark.parametrize(
    ("days", "changes"),
    [
        ([60], []),
        ([60, 15, 13.9, 13, 2], ["certificate ends soon"]),
        ([60, 13, 90, 89], ["certificate ends soon", "certificate renewed"]),
        ([60, 13, None, 12], ["certificate ends soon"]),
        ([60, -1], ["certificate ends soon"]),
    ],
)
def test_a_certificate_near_its_end_is_told_once(
    days: list[float | None], changes: list[str]
) -> None:
    state: State = {}
    for left in days:
        ends = None if left is None else NOW + left * DAY
        state = watching.judged(state, Seen(NOW, True, "well", 1.0, 1.0, ends), RULES)
    assert [change["state"] for change in state["pending"]] == changes


def test_a_message_says_what_where_and_since_when() -> None:
    state = after("+---+")
    down, up = (watching.message(change, CONFIG) for change in state["pending"])
    assert down == {
        "project": "shop",
        "env": "dev",
        "host": "web1",
        "state": "not well",
        "said": "/health/ answered 502 Bad Gateway, not 200.",
        "since": "2026-11-21T10:16:00+00:00",
        "text": "shop_dev on web1 is NOT WELL since 2026-11-21 10:16: /health/ answered 502 Bad "
        "Gateway, not 200.",
    }
    assert up["text"] == "shop_dev on web1 is well again after 3 minutes."


@pytest.mark.parametrize(
    ("checks", "later", "told"),
    [
        ("", 0, "the timer has not asked yet"),
        ("++", 0, "well for 1 minute (asked every 60 s); median 12 ms, p95 12 ms"),
        ("++-", 0, "well for 2 minutes (asked every 60 s), but now: /health/ answered 502 Bad "
         "Gateway, not 200.; median 12 ms, p95 12 ms"),
        ("+---", 0, "NOT WELL since 2026-11-21 10:16 (3 times): /health/ answered 502 Bad Gateway, "
         "not 200."),
        ("-", 0, "/health/ answered 502 Bad Gateway, not 200. (asked every 60 s)"),
        ("+", 181, "NOT ASKED for 3 minutes: the timer does not run"),
    ],
)  # fmt: skip
def test_people_are_told_in_one_line(checks: str, later: float, told: str) -> None:
    state = after(checks)
    now = state.get("checked", NOW) + later
    assert watching.told(state, 60, now) == told


@pytest.mark.parametrize(("later", "asked"), [(119, True), (121, False)])
def test_a_check_that_takes_long_is_no_timer_that_does_not_run(later: float, asked: bool) -> None:
    state = after("+")
    told = watching.told(state, 1, state["checked"] + later)
    assert ("NOT ASKED" not in told) == asked


@pytest.mark.parametrize(
    ("days", "told"), [(61.5, "certificate: 61 days left"), (-1, "certificate: ENDED")]
)
def test_people_are_told_of_the_certificate(days: float, told: str) -> None:
    seen = Seen(NOW, True, "well", 12.0, 1.0, NOW + days * DAY)
    state = watching.judged({}, seen, RULES)
    assert watching.told(state, 60, NOW).endswith(f"; {told}")


@pytest.mark.parametrize(("part", "most"), [(0.5, 50), (0.95, 95), (1.0, 100), (0.0, 1)])
def test_a_share_of_the_answers_took_so_long_at_most(part: float, most: float) -> None:
    assert watching.share([float(number) for number in range(100, 0, -1)], part) == most


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.5, "a moment"), (1, "1 second"), (119, "1 minute"), (7200, "2 hours"), (3 * DAY, "3 days")],
)
def test_a_span_is_told_in_its_largest_unit(seconds: float, said: str) -> None:
    assert watching.span(seconds) == said
