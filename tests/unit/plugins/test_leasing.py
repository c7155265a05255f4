"""The lease of an instance: who may change it, and who waits. Modules are real processes."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import leasing
from ansible_collections.slipway.django.plugins.module_utils.leasing import (
    Lease,
    Leased,
    Terms,
    clock,
    standing,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

from tests.unit.plugins.conftest import ROOT

ADA = Terms("ada/1", "ada@laptop", "deploy", 60, 0, begins=True, ends=False, gone="")
BOB = Terms("bob/2", "bob@desk", "rollback", 60, 0, begins=True, ends=False, gone="")
LATER = replace(ADA, begins=False)
# Holds the lease until its input ends, and first runs what it is told to, as modules run programs.
MODULE = """\
import json, sys
from ansible_collections.slipway.django.plugins.module_utils import leasing, programs
leasing.DIRECTORY, terms, *argv = sys.argv[1:]
with leasing.Lease("shop_dev", leasing.Terms(**json.loads(terms))).held() as lease:
    lease.keep("migrate")
    print("works", flush=True)
    if argv:
        programs.run(argv, problem="-")
    sys.stdin.read()
"""

Module = Callable[..., subprocess.Popen[str]]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's leases lie."""
    monkeypatch.setattr(leasing, "DIRECTORY", str(tmp_path / "slipway"))
    return tmp_path / "slipway"


@pytest.fixture
def module(directory: Path) -> Iterator[Module]:
    """Let a module of a run work, in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def work(terms: Terms, *argv: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", MODULE, str(directory), json.dumps(asdict(terms)), *argv]
        environment = {"PYTHONPATH": str(ROOT / "collections"), "PATH": os.environ["PATH"]}
        pipe = subprocess.PIPE
        process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=environment)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "works\n"
        return process

    yield work
    for process in started:
        process.kill()
        process.wait()


def take(terms: Terms) -> dict[str, Any]:
    """The record of the lease while a module works in it, and what it notes of its wait."""
    with Lease("shop_dev", terms).held() as lease:
        return {**lease.record, "waited": lease.waited}


def refusal(terms: Terms) -> Leased:
    """The refusal of the lease."""
    with pytest.raises(Leased) as caught:
        take(terms)
    return caught.value


def sentence(terms: Terms) -> str:
    """The sentence of the refusal, for any number of seconds."""
    return re.sub(r"\b\d+ s\b", "N s", str(refusal(terms)))


def rewrite(directory: Path, **differences: object) -> None:
    """Change the record of the lease, as time would."""
    path = directory / "shop_dev.lease"
    path.write_text(json.dumps({**json.loads(path.read_text()), **differences}))


def test_while_a_module_of_one_run_works_another_run_is_refused_and_told_who_and_what(
    module: Module,
) -> None:
    module(ADA)
    assert sentence(BOB) == (
        "shop_dev is leased: ada@laptop has run `deploy` for N s. It is at step 'migrate'. "
        "Wait for it with --wait 120."
    )
    assert refusal(BOB).holder["id"] == "ada/1"


def test_between_two_modules_of_a_run_another_one_is_refused_and_told_when_it_ends(
    module: Module,
) -> None:
    module(ADA).communicate()
    assert sentence(BOB) == (
        "shop_dev is leased: ada@laptop has run `deploy` for N s. "
        "If it died, its lease ends in N s. Wait for it with --wait 120."
    )


def test_the_age_of_a_lease_is_that_of_the_run(directory: Path) -> None:
    take(ADA)
    rewrite(directory, began=clock() - 75)
    assert re.search(r"for 7\d s", str(refusal(BOB)))
    assert 75 <= clock() - take(LATER)["began"] < 80


@pytest.mark.slow
def test_who_waits_gets_the_lease_once_it_is_free(module: Module) -> None:
    working = module(replace(ADA, ends=True), "sleep", "0.7")
    waiting = threading.Thread(target=working.communicate)
    waiting.start()
    found = take(replace(BOB, wait=60))
    waiting.join()
    assert found["id"] == "bob/2"
    assert re.fullmatch(r"waited \d s", found["waited"])


@pytest.mark.slow
def test_who_waited_long_enough_is_refused(module: Module) -> None:
    module(ADA)
    started = time.monotonic()
    refusal(replace(BOB, wait=0.5))
    assert 0.5 <= time.monotonic() - started < 10


def test_a_lease_that_nobody_put_off_is_taken_over(directory: Path) -> None:
    take(ADA)
    rewrite(directory, until=clock() - 1)
    found = take(BOB)
    assert found["id"] == "bob/2"
    assert found["waited"] == "taken over from ada@laptop, whose deploy ended unseen"


def test_a_lease_that_expired_is_safe_while_its_module_works(
    module: Module, directory: Path
) -> None:
    module(ADA)
    rewrite(directory, until=clock() - 1)
    refusal(BOB)


def test_a_run_renews_its_lease_with_each_module(directory: Path) -> None:
    first = take(ADA)
    rewrite(directory, until=clock() + 1)
    second = take(LATER)
    assert (second["since"], second["waited"]) == (first["since"], "")
    assert second["until"] > clock() + 50


def test_a_run_whose_lease_expired_goes_on_where_nobody_took_it(directory: Path) -> None:
    take(ADA)
    rewrite(directory, until=clock() - 1)
    assert take(LATER)["id"] == "ada/1"


def test_a_run_that_lost_its_lease_to_another_changes_nothing_more(directory: Path) -> None:
    take(ADA)
    rewrite(directory, until=clock() - 1)
    take(BOB)
    assert str(refusal(replace(LATER, wait=60))) == (
        "This run lost the lease of shop_dev (bob@desk has it), so it changes nothing more: "
        "look at `invoke status`, then deploy again."
    )


def test_nor_does_it_after_the_other_one_finished(directory: Path) -> None:
    take(ADA)
    rewrite(directory, until=clock() - 1)
    take(replace(BOB, ends=True))
    assert "lost the lease of shop_dev (nobody has it now)" in str(refusal(LATER))


def test_a_run_that_never_began_cannot_go_on() -> None:
    assert "nobody has it now" in str(refusal(LATER))


def fail(terms: Terms, error: BaseException) -> None:
    """Let a module of a run fail."""
    with suppress(type(error)), Lease("shop_dev", terms).held():
        raise error


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_a_failure_ends_the_lease(error: BaseException) -> None:
    fail(ADA, error)
    assert standing("shop_dev") == {}
    assert take(BOB)["waited"] == ""


def test_a_module_may_end_the_lease() -> None:
    take(ADA)
    assert standing("shop_dev")["id"] == "ada/1"
    take(replace(LATER, ends=True))
    assert standing("shop_dev") == {}


def test_a_lease_that_was_given_back_in_between_is_not_put_off_again() -> None:
    with Lease("shop_dev", ADA).held() as lease:
        lease.end()
        lease.keep("prune")
    assert standing("shop_dev") == {}


def test_what_outlives_a_killed_module_holds_the_lock_on(module: Module, tmp_path: Path) -> None:
    note = tmp_path / "migration"
    script = f"echo $$ >{note}.next; mv {note}.next {note}; exec sleep 60"
    killed = module(replace(ADA, seconds=0), "sh", "-c", script)
    while not note.exists():
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    try:
        assert "ada@laptop has run `deploy`" in str(refusal(BOB)), "a migration still runs"
        assert "ada@laptop" in str(refusal(replace(BOB, gone="ada/1")))
    finally:
        os.kill(int(note.read_text()), 9)
    assert take(replace(BOB, wait=60))["id"] == "bob/2"


def test_a_module_that_was_killed_leaves_the_record_alone(module: Module) -> None:
    killed = module(ADA)
    killed.kill()
    killed.wait()
    assert "If it died, its lease ends in" in str(refusal(BOB))
    assert take(replace(BOB, gone="ada/1"))["id"] == "bob/2"


def test_only_the_run_that_is_gone_is_taken_over_early() -> None:
    take(ADA)
    refusal(replace(BOB, gone="eve/3"))


def test_leases_of_two_instances_have_nothing_to_do_with_each_other(module: Module) -> None:
    module(ADA)
    with Lease("shop_prod", BOB).held() as other:
        assert other.record["id"] == "bob/2"


def test_the_record_says_at_which_step_the_run_is() -> None:
    with Lease("shop_dev", ADA).held() as lease:
        Steps(lease).begin("collect")
        assert standing("shop_dev")["step"] == "collect"
    assert standing("shop_dev")["step"] == "", "no module works"


def test_the_history_is_told_who_ran_what_for_how_long(directory: Path) -> None:
    take(ADA)
    rewrite(directory, began=clock() - 75)
    with Lease("shop_dev", LATER).held() as lease:
        event = lease.event()
    assert 75 <= event.pop("seconds") < 80
    assert event == {"who": "ada@laptop", "action": "deploy"}


@pytest.mark.parametrize("text", ["", "{", "\0\0"])
def test_a_record_that_cannot_be_read_is_none(directory: Path, text: str) -> None:
    take(ADA)
    (directory / "shop_dev.lease").write_text(text)
    assert standing("shop_dev") == {}
    assert take(BOB)["id"] == "bob/2"


def test_people_may_read_who_has_the_lease(directory: Path) -> None:
    take(ADA)
    assert (directory / "shop_dev.lease").stat().st_mode & 0o777 == 0o644
