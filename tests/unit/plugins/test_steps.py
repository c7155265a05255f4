"""How modules run programs, time what they do, fail with evidence and replace files."""

import grp
import os
import pwd
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from ansible_collections.slipway.django.plugins.module_utils.files import (
    link,
    write,
)
from ansible_collections.slipway.django.plugins.module_utils.programs import (
    INHERITED,
    drop_to,
    run,
    start,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become someone else")


def grp_of(user: str) -> str:
    """The name of a user's group."""
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def sh(script: str, **options: Any) -> str:
    """Run a line of shell."""
    return run(["sh", "-c", script], problem="It failed.", **options)


def failure(script: str, **options: Any) -> Failed:
    """The failure of a line of shell."""
    with pytest.raises(Failed) as caught:
        sh(script, **options)
    return caught.value


def test_a_program_that_succeeds_returns_what_it_printed() -> None:
    assert sh("echo out; echo warning >&2") == "out\n"


def test_output_that_is_no_utf_8_is_no_error() -> None:
    assert sh(r"printf '\377'") == "\N{REPLACEMENT CHARACTER}"


def test_a_failure_carries_the_sentence_and_what_the_program_said() -> None:
    failed = failure("echo out; echo err >&2; exit 3")
    assert str(failed) == "It failed."
    assert failed.evidence == ["out", "err"]


def test_only_the_last_lines_are_evidence() -> None:
    lines = failure("seq 100; exit 1").evidence
    assert (len(lines), lines[-1]) == (60, "100")


def test_a_program_that_takes_too_long_is_ended_and_says_how_far_it_came() -> None:
    failed = failure("echo begun; echo err >&2; exec sleep 30", timeout=0.2)
    assert str(failed) == "It failed. It took longer than 0 s."
    assert failed.evidence == ["begun", "err"]


def test_a_program_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failed) as caught:
        run(["no-such-program"], problem="It failed.")
    assert str(caught.value) == (
        "It failed. no-such-program does not start: No such file or directory."
    )


def test_a_program_gets_no_variable_that_it_was_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    said = sh("echo ${SUDO_USER-none} $https_proxy $GIVEN", env={"GIVEN": "given"})
    assert said == "none http://proxy:3128 given\n"


def test_a_program_runs_where_and_as_it_was_asked_to(tmp_path: Path, me: str) -> None:
    said = sh("pwd; umask; echo $USER $LOGNAME; cat", cwd=str(tmp_path), umask=0o027, user=me)
    assert said.split() == [str(tmp_path), "0027", me, me]


@pytest.mark.parametrize("begin", [run, start], ids=["run", "start"])
def test_a_program_holds_the_lock_of_the_lease_on(
    tmp_path: Path, me: str, begin: Callable[..., Any]
) -> None:
    """Whether it is waited for, or talked to."""
    with (tmp_path / "lock").open("w") as lock:
        INHERITED.add(lock.fileno())
        more = {"problem": "-"} if begin is run else {"user": me, "group": grp_of(me), "env": {}}
        try:
            argv = ["readlink", f"/proc/self/fd/{lock.fileno()}"]
            said = begin(argv, cwd="/", umask=0o022, **more)
        finally:
            INHERITED.discard(lock.fileno())
    found = said if isinstance(said, str) else said.communicate()[0]
    assert found == f"{tmp_path / 'lock'}\n"


@as_root
def test_root_becomes_the_user_and_keeps_none_of_its_own_groups() -> None:
    assert sh("id -un; id -Gn", user="nobody").split() == ["nobody", "nogroup"]


@as_root
def test_another_group_takes_the_place_of_the_users_own_which_stays_a_second_one() -> None:
    assert sh("id -Gn", user="nobody", group="daemon") == "daemon nogroup\n"


def test_who_is_not_root_stays_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert drop_to("root") == {}


def test_steps_are_timed_and_tell_their_detail() -> None:
    steps = Steps()
    with steps.step("fetch") as step:
        step["detail"] = "3f2a1c9"
    (taken,) = steps.taken
    assert taken.pop("seconds") < 5
    assert taken == {"name": "fetch", "detail": "3f2a1c9"}


class Kept:
    """A lease that notes what it is told."""

    def __init__(self) -> None:
        self.at: list[str] = []

    def keep(self, step: str = "") -> None:
        """Note the step."""
        self.at.append(step)

    def end(self) -> None:
        """Not of interest."""

    def event(self) -> dict[str, Any]:
        """What the history tells."""
        return {"who": "ada"}


def test_each_step_that_begins_keeps_the_lease_and_tells_how_far_it_is() -> None:
    lease = Kept()
    steps = Steps(lease)
    with steps.step("fetch"):
        assert lease.at == ["fetch"]
    steps.begin("plan")
    assert lease.at == ["fetch", "plan"]
    assert steps.run == {"who": "ada"}


def test_outside_of_a_run_there_is_nothing_to_keep_and_to_tell() -> None:
    steps = Steps()
    steps.begin("plan")
    assert steps.run == {}


def fail_in_a_step(steps: Steps) -> NoReturn:
    """Begin a step that does not end well."""
    with steps.step("build"):
        raise Failed("It failed.")


def test_a_step_that_fails_has_its_seconds_too() -> None:
    steps = Steps()
    with pytest.raises(Failed):
        fail_in_a_step(steps)
    assert "seconds" in steps.taken[0], steps.taken


def test_a_link_names_its_new_target(tmp_path: Path) -> None:
    path = tmp_path / "current"
    link("releases/1", str(path))
    link("releases/2", str(path))
    assert str(path.readlink()) == "releases/2"
    assert list(tmp_path.iterdir()) == [path], "something is left beside the link"


def test_a_link_that_was_cut_short_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "current.next").symlink_to("releases/0")
    link("releases/1", str(tmp_path / "current"))
    assert str((tmp_path / "current").readlink()) == "releases/1"


@pytest.mark.slow
def test_whoever_looks_always_finds_a_link(tmp_path: Path) -> None:
    path = tmp_path / "current"
    link("0", str(path))
    seen: list[Path] = []
    replacing = threading.Thread(target=lambda: [link(str(n), str(path)) for n in range(500)])
    replacing.start()
    while replacing.is_alive():
        seen.append(path.readlink())  # raises where there is none
    assert seen


def test_a_file_is_written_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / ".keys"
    write(str(path), "one\n", 0o600)
    write(str(path), "zwei ☃\r\n", 0o640)
    assert path.read_bytes() == "zwei ☃\r\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path], "something is left beside the file"


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write(str(path), "old")
    with path.open() as reader:
        write(str(path), "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_link_beside_the_file_leads_nobody_astray(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / ".env.next").symlink_to(victim)
    write(str(tmp_path / ".env"), "new")
    assert victim.read_text() == "mine"
    assert not (tmp_path / ".env").is_symlink()


@as_root
def test_a_file_may_belong_to_others(tmp_path: Path) -> None:
    write(str(tmp_path / ".env"), "new", 0o640, (0, 65534))
    found = (tmp_path / ".env").stat()
    assert (found.st_uid, found.st_gid) == (0, 65534)
