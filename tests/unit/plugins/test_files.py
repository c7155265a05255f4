"""Directories, files and links that are made in one go, by the module as Ansible runs it."""

import errno
import grp
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.slipway.django.plugins.module_utils import placing
from ansible_collections.slipway.django.plugins.modules import files

Run = Callable[..., dict[str, Any]]
CHECK = {"_ansible_check_mode": True}
SAYS_AHOY = "grep --quiet Ahoy %s"


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    me: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """Ask for entries below tmp_path that are ours; the module's result."""
    ours = {"owner": me, "group": grp.getgrgid(os.getegid()).gr_name}
    scratch = str(tmp_path_factory.mktemp("scratch"))

    def perform(*entries: dict[str, object], **options: object) -> dict[str, Any]:
        asked = [{**ours, **entry, "path": f"{tmp_path}/{entry['path']}"} for entry in entries]
        arguments = {"files": asked, "_ansible_tmpdir": scratch, **options}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            files.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return perform


def directory(path: str, mode: str = "0755") -> dict[str, object]:
    """An entry that asks for a directory."""
    return {"path": path, "mode": mode}


def mode(path: Path) -> str:
    """The mode of what is at a path."""
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


AHOY = {"path": "ahoy", "content": "Ahoy\n"}


def test_directories_are_made_with_their_modes_whatever_the_umask(run: Run, tmp_path: Path) -> None:
    result = run(directory("www"), directory("www/static", "2750"))
    assert result["done"] == [str(tmp_path / "www"), str(tmp_path / "www" / "static")]
    assert (mode(tmp_path / "www"), mode(tmp_path / "www" / "static")) == ("0755", "2750")


def test_a_file_is_written_with_its_mode(run: Run, tmp_path: Path) -> None:
    result = run({**AHOY, "mode": "0640"})
    assert result["done"] == [str(tmp_path / "ahoy")]
    assert ((tmp_path / "ahoy").read_text(), mode(tmp_path / "ahoy")) == ("Ahoy\n", "0640")


def test_a_link_is_made_and_led_elsewhere(run: Run, tmp_path: Path) -> None:
    assert run({"path": "link", "link": "one"})["changed"]
    assert run({"path": "link", "link": "two"})["changed"]
    assert (tmp_path / "link").readlink() == Path("two")


EVERY_KIND: list[dict[str, object]] = [directory("www"), AHOY, {"path": "link", "link": "ahoy"}]


def stamps(directory: Path) -> list[tuple[int, int]]:
    """What a write would change of each file; to read one moves only its access time."""
    found = [path.lstat() for path in sorted(directory.iterdir())]
    return [(status.st_ino, status.st_ctime_ns) for status in found]


def test_what_is_right_is_left_alone(run: Run, tmp_path: Path) -> None:
    run(*EVERY_KIND)
    before = stamps(tmp_path)
    assert run(*EVERY_KIND)["changed"] is False
    assert stamps(tmp_path) == before


def test_check_mode_tells_and_makes_nothing(run: Run, tmp_path: Path) -> None:
    result = run(*EVERY_KIND, **CHECK)
    assert result["done"] == [f"{tmp_path}/{name}" for name in ("www", "ahoy", "link")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("entry", [directory("it"), {"path": "it", "content": "Ahoy\n"}])
def test_another_mode_is_put_right(run: Run, tmp_path: Path, entry: dict[str, object]) -> None:
    run(entry)
    result = run({**entry, "mode": "0700"}, directory("other"))
    assert str(tmp_path / "it") in result["done"]
    assert mode(tmp_path / "it") == "0700"


def test_another_text_is_replaced_and_shown(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ahoy").write_text("Hello\n")
    (shown,) = run(AHOY)["diff"]
    assert (tmp_path / "ahoy").read_text() == "Ahoy\n"
    assert (shown["before"], shown["after"]) == ("Hello\n", "Ahoy\n")


@pytest.mark.parametrize(
    ("entry", "before", "after"),
    [
        (directory("it", "0700"), "0755", "0700"),
        ({"path": "link", "link": "two"}, "one", "two"),
        (directory("new"), "", "0755"),
    ],
)
def test_what_has_no_text_is_shown_by_its_access(
    run: Run, entry: dict[str, object], before: str, after: str
) -> None:
    run(directory("it"), {"path": "link", "link": "one"})
    (shown,) = run(entry)["diff"]
    assert shown["before"].endswith(f"{before}\n" if before else "")
    assert shown["after"].endswith(f"{after}\n")


def test_a_text_for_a_new_file_only_leaves_one_that_is_there(run: Run, tmp_path: Path) -> None:
    log = {"path": "log", "content": "", "once": True}
    run(log)
    (tmp_path / "log").write_text("GET /\n")
    assert run(log)["changed"] is False
    result = run({**log, "mode": "0600"})
    assert (tmp_path / "log").read_text() == "GET /\n"
    shown = result["diff"][0]
    assert (mode(tmp_path / "log"), shown["after"].split()[-1]) == ("0600", "0600")
    assert "GET" not in shown["before"]


def test_a_text_that_is_not_right_is_not_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ahoy").write_text("Ahoy\n")
    result = run({"path": "ahoy", "content": "Hello\n", "validate": SAYS_AHOY})
    assert result["msg"] == f"{tmp_path}/ahoy would not be right, so it stays as it is."
    assert (tmp_path / "ahoy").read_text() == "Ahoy\n"


def test_a_text_that_is_right_is_written(run: Run, tmp_path: Path) -> None:
    assert run({**AHOY, "validate": SAYS_AHOY})["changed"]
    assert [path.name for path in tmp_path.iterdir()] == ["ahoy"]


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        (directory("www"), "directory"),
        ({"path": "www", "link": "there"}, "symbolic link"),
    ],
)
def test_what_is_something_else_is_not_replaced(
    run: Run, tmp_path: Path, wanted: dict[str, object], word: str
) -> None:
    (tmp_path / "www").write_text("mine")
    result = run(wanted)
    assert result["msg"] == (
        f"{tmp_path}/www should be a {word} and is something else: move it away."
    )
    assert (tmp_path / "www").read_text() == "mine"


def test_a_link_that_somebody_put_before_a_directory_is_kept(run: Run, tmp_path: Path) -> None:
    (tmp_path / "disk2").mkdir(mode=0o755)
    (tmp_path / "media").symlink_to("disk2")
    assert run(directory("media"))["changed"] is False
    assert (tmp_path / "media").is_symlink()


def test_an_owner_whom_nobody_knows_is_named(run: Run) -> None:
    result = run({**directory("www"), "owner": "no_such_user"})
    assert "no_such_user" in result["msg"]


def test_an_owner_whom_this_run_would_make_is_no_failure_in_check_mode(run: Run) -> None:
    result = run({**directory("www"), "owner": "no_such_user"}, **CHECK)
    assert result["changed"], result


def test_what_is_not_right_together_is_put_back(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ahoy").write_bytes(b"caf\xe9\r\n")
    (tmp_path / "ahoy").chmod(0o600)
    (tmp_path / "to").symlink_to("there")
    entries = [AHOY, {"path": "to", "link": "ahoy"}, {"path": "new", "content": "x"}]
    result = run(*entries, check="sh -c 'echo two of one; exit 1'")
    assert result["failed"] is True
    assert result["msg"].endswith("would not be right together. All is put back as it was.")
    assert "two of one" in json.dumps(result)
    assert (tmp_path / "ahoy").read_bytes() == b"caf\xe9\r\n"
    assert mode(tmp_path / "ahoy") == "0600"
    assert (tmp_path / "to").readlink() == Path("there")
    assert not (tmp_path / "new").exists()
    wrong = {"path": "new", "content": "x", "validate": "false"}
    assert "All is put back" in run(*entries[:2], wrong, check="true")["msg"]
    assert (tmp_path / "ahoy").read_bytes() == b"caf\xe9\r\n"
    assert run(*entries, check=f"cat {tmp_path}/new")["changed"] is True
    assert run(*entries, check="false")["changed"] is False, "nothing was changed, nothing asked"


def test_a_disk_that_is_full_leaves_what_was_there(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log").write_text("line\n")
    (tmp_path / "log").chmod(0o600)
    before = (tmp_path / "log").stat().st_ino
    (tmp_path / "ahoy").write_text("before")
    kept = {"path": "log", "content": "", "once": True}
    refused = OSError(errno.ENOSPC, "No space left on device")
    full = [None, refused]

    def write(*words: Any, **more: Any) -> None:
        fault = full.pop(0) if full else None
        if fault:
            raise fault
        real(*words, **more)

    real = placing.write
    monkeypatch.setattr(placing, "write", write)
    said = run(kept, AHOY, {"path": "new", "content": "x"}, check="true")["msg"]
    assert "No space left on device" in said
    assert said.endswith("All is put back as it was.")
    assert (tmp_path / "ahoy").read_text() == "before"
    assert (mode(tmp_path / "log"), (tmp_path / "log").stat().st_ino) == ("0600", before)
    full[:] = [None, refused, refused]
    said = run(AHOY, {"path": "new", "content": "x"}, check="true")["msg"]
    assert said.endswith(f"Not put back: {tmp_path}/ahoy (No space left on device).")
