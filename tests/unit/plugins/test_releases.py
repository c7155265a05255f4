"""What stands on a host: the releases, the live one, the one before, the history."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import releases
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance

from tests.unit.plugins.conftest import Release
from tests.unit.plugins.host import go_live

FIRST, SECOND, THIRD, FOURTH = (f"2026112{day}T101500Z-3f2a1c9" for day in range(1, 5))


def ids(shop: Instance) -> list[str]:
    """The ids of the complete releases."""
    return [record["id"] for record in releases.listing(shop)]


def test_an_id_tells_the_moment_and_the_commit() -> None:
    found = releases.release_id("2026-11-21T10:15:00Z", "3f2a1c9d0e")
    assert found == "20261121T101500Z-3f2a1c9"


def test_the_present_is_told_to_the_second_and_in_utc() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", releases.now())


def test_releases_are_listed_from_the_oldest(shop: Instance, release: Release) -> None:
    release(SECOND)
    release(FIRST)
    assert ids(shop) == [FIRST, SECOND]


@pytest.mark.parametrize("record", [None, "", '{"id": "', "\0\0\0"])
def test_a_release_that_was_not_built_to_its_end_is_none(
    shop: Instance, release: Release, record: str | None
) -> None:
    path = Path(shop.record(release(FIRST), "release.json"))
    path.unlink() if record is None else path.write_text(record)
    assert releases.read(shop, FIRST) is None
    assert ids(shop) == []
    assert releases.unfinished(shop) == [FIRST]


def test_a_host_that_was_never_provisioned_has_none(shop: Instance) -> None:
    Path(shop.releases).rmdir()
    assert (releases.listing(shop), releases.unfinished(shop)) == ([], [])


def test_before_the_first_release_nothing_is_live(shop: Instance) -> None:
    assert releases.live(shop) is None
    assert releases.live_slot(shop) is None
    assert not releases.listening(shop)


def test_the_live_release_is_the_one_that_the_web_server_reaches(shop: Instance) -> None:
    go_live(shop, FIRST, "blue")
    go_live(shop, SECOND, "green")
    Path(shop.socket).unlink()
    Path(shop.socket).symlink_to(shop.slot_socket("blue"))
    assert releases.live(shop) == FIRST, "the link for people has the last word"


@pytest.mark.parametrize("slot", ["blue", "green"])
def test_the_live_slot_is_the_one_whose_socket_is_linked(shop: Instance, slot: str) -> None:
    Path(shop.socket).symlink_to(shop.slot_socket(slot))
    assert releases.live_slot(shop) == slot


def test_a_link_to_something_else_is_no_slot(shop: Instance) -> None:
    Path(shop.socket).symlink_to("/run/shop_dev-red/gunicorn.sock")
    assert releases.live_slot(shop) is None


@pytest.fixture
def listener(shop: Instance, tmp_path: Path) -> Iterator[socket.socket]:
    """Something that accepts connections where current.sock leads."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        Path(shop.socket).symlink_to(tmp_path / "s")
        yield server


@pytest.mark.usefixtures("listener")
def test_who_accepts_connections_is_heard(shop: Instance) -> None:
    assert releases.listening(shop)


def test_a_socket_that_nobody_listens_on_any_more_is_silent(
    shop: Instance, listener: socket.socket
) -> None:
    listener.close()
    assert not releases.listening(shop)


@pytest.mark.parametrize(
    ("proven", "live", "previous"),
    [
        ([FIRST, SECOND, THIRD], THIRD, SECOND),
        ([FIRST, THIRD], THIRD, FIRST),
        ([FIRST, SECOND, THIRD, FOURTH], SECOND, FIRST),
        ([FIRST], FIRST, None),
        ([], FIRST, None),
        ([SECOND], FIRST, None),
        ([FIRST], None, None),
    ],
    ids=[
        "the one before",
        "not one that never answered",
        "not a newer one after a rollback",
        "none before the first",
        "none that answered",
        "none older",
        "none before anything was live",
    ],
)
def test_the_previous_release_is_the_newest_older_one_that_answered(
    shop: Instance, release: Release, proven: list[str], live: str | None, previous: str | None
) -> None:
    for name in (FIRST, SECOND, THIRD, FOURTH):
        release(name, proven=name in proven)
    if live:
        go_live(shop, live)
    assert releases.previous(shop) == previous


def test_a_release_that_was_pruned_is_not_the_previous(shop: Instance, release: Release) -> None:
    Path(shop.record(release(FIRST, proven=True), "release.json")).unlink()
    go_live(shop, release(SECOND, proven=True))
    assert releases.previous(shop) is None


def test_a_release_that_has_failed_since_is_not_the_previous(
    shop: Instance, release: Release
) -> None:
    for name in (FIRST, SECOND, THIRD):
        release(name, proven=True)
    go_live(shop, THIRD)
    releases.mark_failed(shop, SECOND, {"step": "ask", "reason": "It was slow."})
    assert releases.previous(shop) == FIRST


def test_a_failed_release_tells_when_where_and_why(shop: Instance, release: Release) -> None:
    releases.mark_failed(shop, release(FIRST), {"step": "ask", "reason": "It was slow."})
    found = releases.failed(shop, FIRST)
    assert found is not None
    assert re.fullmatch(r"2\d{3}-.*Z", found.pop("time"))
    assert found == {"step": "ask", "reason": "It was slow."}


def test_a_release_that_has_not_failed_has_no_reason(shop: Instance, release: Release) -> None:
    assert releases.failed(shop, release(FIRST)) is None


def test_a_mark_that_a_full_disk_cut_short_is_one(shop: Instance, release: Release) -> None:
    Path(shop.record(release(FIRST), "failed")).write_text('{"ti')
    assert releases.failed(shop, FIRST) == {"step": "", "reason": ""}


def test_half_a_release_is_not_marked(shop: Instance, release: Release) -> None:
    Path(shop.record(release(FIRST), "release.json")).unlink()
    releases.mark_failed(shop, FIRST, {"step": "packages", "reason": "no network"})
    assert releases.failed(shop, FIRST) is None


def test_a_mark_that_cannot_be_written_is_no_second_failure(
    shop: Instance, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(releases, "write", full)
    releases.mark_failed(shop, release(FIRST), {"step": "ask", "reason": "It was slow."})
    assert releases.failed(shop, FIRST) is None


def results(shop: Instance, count: int) -> list[str]:
    """What the newest events came to."""
    return [event["result"] for event in releases.events(shop, count)]


@pytest.fixture
def history(shop: Instance) -> Path:
    """A history of three events."""
    releases.record_event(shop, {"result": "first"})
    releases.record_event(shop, {"result": "second"})
    releases.record_event(shop, {"result": "third"})
    return Path(shop.history)


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("count", "found"),
    [(0, []), (1, ["third"]), (2, ["second", "third"]), (9, ["first", "second", "third"])],
)
def test_the_newest_events_are_read_oldest_first(
    shop: Instance, count: int, found: list[str]
) -> None:
    assert results(shop, count) == found


def test_an_event_is_one_line_with_its_time(shop: Instance) -> None:
    releases.record_event(shop, {"who": "ada\nlovelace"})
    (line,) = Path(shop.history).read_text().splitlines()
    (event,) = releases.events(shop, 5)
    assert event["who"] == "ada\nlovelace", line
    assert event["time"].endswith("Z"), line


def test_strangers_cannot_read_the_history(history: Path) -> None:
    assert history.stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("cut", ["", '"who": "{ada}', "\n"])
def test_a_line_that_a_full_disk_cut_short_costs_no_other_event(
    shop: Instance, history: Path, cut: str
) -> None:
    history.write_text(history.read_text()[:-20] + cut)
    releases.record_event(shop, {"result": "fourth"})
    assert results(shop, 5) == ["first", "second", "fourth"]


def test_an_event_that_is_written_is_no_trouble(shop: Instance) -> None:
    assert releases.record_event(shop, {"result": "live"}) == ""


def test_a_full_disk_is_told_and_raises_nothing(shop: Instance) -> None:
    Path(shop.history).symlink_to("/dev/full")
    said = releases.record_event(shop, {"result": "live"})
    assert said == f"{shop.history} cannot be written: No space left on device."


def test_without_a_history_there_are_no_events(shop: Instance) -> None:
    assert releases.events(shop, 5) == []
