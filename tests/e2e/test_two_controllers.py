"""Two people deploy the same environment at once, each from a machine of their own."""

import json
import re
import time
from pathlib import Path

import pytest

from slipway import demo

from . import faults
from .controller import Controller, Ended
from .faults import standing_at
from .site import Site

LEASE = "/run/slipway/shop_dev.lease"


def lease(site: Site) -> dict[str, object]:
    """The lease as it stands on the host, or nothing."""
    return dict(json.loads(site.sh(f"cat {LEASE} 2>/dev/null || echo '{{}}'")))


def history(site: Site) -> list[dict[str, object]]:
    """The events of the instance, oldest first."""
    lines = site.sh("cat /var/www/shop/dev/deploys.jsonl").splitlines()
    return [json.loads(line) for line in lines]


def deploy(site: Site, *words: str, who: str = "bob") -> Ended:
    """A deploy by somebody, to its end."""
    with Controller(site, "deploy", "dev", *words, who=who) as controller:
        return controller.result()


def assert_one_whole_release(site: Site, commit: str) -> None:
    """The live release is of a commit in its files, its record, its process and its page."""
    release = site.release()
    record = json.loads(site.sh("cat /var/www/shop/dev/current/.slipway/release.json"))
    assert record["commit"] == commit
    assert json.loads(site.ask("/health/").body)["release"] == release
    # The last line of a file that each of these commits changes.
    assert site.sh("tail -1 /var/www/shop/dev/current/BRANCH") == f"of {commit_name(site, commit)}"
    faults.until(lambda: len(faults.slots(site)) == 1, f"one slot runs, of {faults.slots(site)}")


def commit_name(site: Site, commit: str) -> str:
    """The subject of a commit."""
    return demo.git(site.repository, "log", "-1", "--format=%s", commit)


@pytest.fixture
def branches(faulty: Site) -> dict[str, str]:
    """Two branches with a commit each, by name."""
    commits = {}
    for name in ("port", "starboard"):
        demo.git(faulty.repository, "checkout", "--quiet", "-B", name, "main")
        Path(faulty.repository, "BRANCH").write_text(f"of {name}\n")
        commits[name] = faulty.commit(name)
    demo.git(faulty.repository, "checkout", "--quiet", "main")
    return commits


def test_the_second_is_told_who_is_first_what_he_does_and_how_to_wait(faulty: Site) -> None:
    before = faulty.release()
    with standing_at(faulty, "fetch", who="alice") as first:
        time.sleep(2)
        second = deploy(faulty, who="bob")
        assert second.code == 1, second.output
        sentence = [line for line in second.output.splitlines() if line.startswith("FAILED")]
        assert len(sentence) == 1, second.output
        for word in ("alice", "deploy", "--wait"):
            assert word in sentence[0], second.output
        age = re.search(r"\b(\d+) s\b", sentence[0])
        assert age, second.output
        assert int(age[1]) >= 2, second.output
        assert faulty.release() == before
        faults.let_go(faulty)
        assert first.result().code == 0, first.result().output
    assert faulty.release().endswith(faults.head(faulty)[:7])
    assert not lease(faulty)


@pytest.mark.parametrize("words", [("rollback", "dev"), ("provision", "dev")])
def test_whatever_changes_the_instance_is_refused_meanwhile(
    faulty: Site, words: tuple[str, ...]
) -> None:
    with standing_at(faulty, "collect", who="alice") as first:
        done = faulty.invoke(*words, SLIPWAY_WHO="bob")
        assert done.returncode == 1, done.stdout
        assert "alice" in done.stdout, done.stdout
        faults.let_go(faulty)
        assert first.result().code == 0, first.result().output
    assert faulty.release().endswith(faults.head(faulty)[:7])


def test_the_second_goes_after_the_first_when_it_waits(faulty: Site) -> None:
    with standing_at(faulty, "packages", who="alice") as first:
        newer = faulty.commit("Newer than what stands")
        with Controller(faulty, "deploy", "dev", "--wait", "120", who="bob") as second:
            time.sleep(6)
            assert not second.ended(), second.result().output
            faults.let_go(faulty)
            ended = first.result(), second.result()
    assert [each.code for each in ended] == [0, 0], ended
    last = history(faulty)[-2:]
    assert [event["who"] for event in last] == ["alice", "bob"], last
    assert faulty.release().endswith(newer[:7])
    assert not lease(faulty)


def test_of_two_that_start_together_one_wins_and_nothing_mixes(
    faulty: Site, branches: dict[str, str]
) -> None:
    before = len(history(faulty))
    with (
        Controller(faulty, "deploy", "dev", "--branch", "port", who="port") as one,
        Controller(faulty, "deploy", "dev", "--branch", "starboard", who="starboard") as other,
    ):
        ended = {"port": one.result(), "starboard": other.result()}
    codes = {who: each.code for who, each in ended.items()}
    assert sorted(codes.values()) == [0, 1], ended
    winner = min(codes, key=lambda who: codes[who])
    loser = max(codes, key=lambda who: codes[who])
    assert winner in ended[loser].output, ended[loser].output
    assert_one_whole_release(faulty, branches[winner])
    assert [event["who"] for event in history(faulty)[before:]] == [winner]
    # Every release that stands is whole: the loser left nothing half-done.
    halves = "cd /var/www/shop/dev/releases; for name in *; do test -s $name/.slipway/release.json"
    faulty.sh(f"{halves} || exit 1; done")
    assert not lease(faulty)


def test_a_run_that_was_killed_blocks_nobody_for_long(faulty: Site) -> None:
    with standing_at(faulty, "packages", who="alice") as first:
        first.kill()
    started = time.monotonic()
    ended = deploy(faulty, "--wait", "90", who="bob")
    assert ended.code == 0, ended.output
    assert time.monotonic() - started < 60, ended.output
    assert faulty.release().endswith(faults.head(faulty)[:7])
    assert not lease(faulty)


def test_a_run_that_slept_while_another_went_ahead_changes_nothing_when_it_wakes_up(
    faulty: Site,
) -> None:
    with standing_at(faulty, "packages", who="alice") as first:
        first.fall_asleep()
        # Its module ends, and nobody starts the next one.
        faults.let_go(faulty)
        newer = faulty.commit("Newer than what slept")
        second = deploy(faulty, "--wait", "90", who="bob")
        assert second.code == 0, second.output
        assert faulty.release().endswith(newer[:7])
        before, events = faulty.state(), history(faulty)
        first.wake_up()
        ended = first.result()
    assert ended.code == 1, ended.output
    assert "lost the lease" in ended.output, ended.output
    assert faulty.state() == before
    assert history(faulty) == events
    assert not lease(faulty)
