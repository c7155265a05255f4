"""Directories that are made in one go, by the module as Ansible runs it."""

import grp
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.slipway.django.plugins.modules import directories

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], me: str, tmp_path: Path) -> Run:
    """Ask for directories of ours below tmp_path, name to mode; the module's result."""
    ours = {"owner": me, "group": grp.getgrgid(os.getegid()).gr_name}

    def perform(wanted: dict[str, str], **options: object) -> dict[str, Any]:
        asked = [
            {"path": str(tmp_path / name), "mode": mode, **ours, **options.pop("but", {})}  # type: ignore[dict-item]
            for name, mode in wanted.items()
        ]
        with patch_module_args({"directories": asked, **options}), pytest.raises(SystemExit):
            directories.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return perform


def mode(path: Path) -> str:
    """The mode of a directory."""
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def test_directories_are_made_with_their_modes_whatever_the_umask(run: Run, tmp_path: Path) -> None:
    result = run({"www": "0755", "www/static": "2750"})
    assert result["done"] == [str(tmp_path / "www"), str(tmp_path / "www" / "static")]
    assert (mode(tmp_path / "www"), mode(tmp_path / "www" / "static")) == ("0755", "2750")


def test_directories_that_are_right_are_left_alone(run: Run) -> None:
    run({"www": "0755"})
    assert run({"www": "0755"})["changed"] is False


def test_another_mode_is_put_right(run: Run, tmp_path: Path) -> None:
    run({"www": "0755", "other": "0700"})
    assert run({"www": "2750", "other": "0700"})["done"] == [str(tmp_path / "www")]
    assert mode(tmp_path / "www") == "2750"


def test_check_mode_tells_and_makes_nothing(run: Run, tmp_path: Path) -> None:
    assert run({"www": "0755"}, _ansible_check_mode=True)["done"] == [str(tmp_path / "www")]
    assert not (tmp_path / "www").exists()


def test_what_is_no_directory_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "www").write_text("mine")
    result = run({"www": "0755"})
    assert result["msg"] == (
        f"{tmp_path}/www should be a directory and is something else: move it away."
    )
    assert (tmp_path / "www").read_text() == "mine"


def test_an_owner_whom_nobody_knows_is_named(run: Run) -> None:
    result = run({"www": "0755"}, but={"owner": "no_such_user"})
    assert "no_such_user" in result["msg"]


def test_an_owner_whom_this_run_would_make_is_no_failure_in_check_mode(run: Run) -> None:
    result = run({"www": "0755"}, but={"owner": "no_such_user"}, _ansible_check_mode=True)
    assert result["changed"], result
