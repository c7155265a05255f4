"""Packages, asked of a dpkg and an apt-get that only pretend."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.slipway.django.plugins.modules import packages

DPKG_QUERY = """\
#!/bin/sh
printf 'nginx\\tinstall ok installed\\ncurl\\tdeinstall ok config-files\\n'
printf 'libc6\\tinstall ok installed\\nbash\\thold ok installed\\n'
printf 'git\\tinstall ok half-configured\\nsudo\\tinstall reinstreq half-installed\\n'
"""
# Knows what the file `known` lists, after an update also what `new` lists. Simulates where dpkg
# was killed, and installs nothing; counts what is half installed or unconfigured as there.
APT_GET = """\
#!/bin/sh
cd {directory}
while case $1 in -*) ;; *) false;; esac; do shift; done
echo "$*" >>calls
case $1 in update) cp new known; exit;; esac
[ "$2" = --simulate ] || [ ! -e updates ] ||
    {{ echo "E: dpkg was interrupted, you must" >&2; exit 100; }}
for word; do case $word in
    install|-*|*=*) ;;
    mail-transport-agent) ;;
    git) echo "Conf git (1.0 Debian:13 [amd64])";;
    sudo) case $* in *--reinstall*) echo "Inst sudo [1.0] (1.0 Debian:13 [amd64])";; esac;;
    *) grep -qx "$word" known || {{ echo "E: Unable to locate package $word" >&2; exit 100; }}
       printf '%s (1.0 Debian:13 [amd64])\\n' "Inst $word" "Conf $word";;
esac; done
"""
DPKG = """\
#!/bin/sh
cd {directory}
echo "dpkg $*" >>calls
rm updates
"""


@dataclass(frozen=True)
class Machine:
    """What there is to install, and what was asked."""

    directory: Path
    run: Callable[..., dict[str, Any]]

    @property
    def calls(self) -> list[str]:
        """What apt-get was called with."""
        path = self.directory / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Machine:
    """A machine with nginx, whose lists are of today and name curl; those of tomorrow name acl."""
    programs = {"dpkg-query": DPKG_QUERY, "apt-get": APT_GET, "dpkg": DPKG}
    for name, text in programs.items():
        (tmp_path / name).write_text(text.format(directory=tmp_path))
        (tmp_path / name).chmod(0o755)
    (tmp_path / "known").write_text("curl\n")
    (tmp_path / "new").write_text("curl\nacl\n")
    (tmp_path / "lists").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(packages, "LISTS", str(tmp_path / "lists"))

    def run(*names: str, **options: object) -> dict[str, Any]:
        with patch_module_args({"names": list(names), **options}), pytest.raises(SystemExit):
            packages.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return Machine(tmp_path, run)


@pytest.mark.parametrize("names", [[], ["nginx"], ["nginx", "libc6"], ["bash"]])
def test_apt_is_not_asked_where_all_is_installed(machine: Machine, names: list[str]) -> None:
    assert machine.run(*names)["changed"] is False
    assert machine.calls == []


def test_what_is_missing_is_installed_and_said(machine: Machine) -> None:
    assert machine.run("nginx", "curl")["done"] == ["curl"]
    assert machine.calls == ["install --simulate curl", "install curl"]


@pytest.mark.parametrize(
    ("name", "call"),
    [("git", "install git"), ("sudo", "install --reinstall sudo")],
    ids=["unconfigured", "half installed"],
)
def test_what_a_killed_dpkg_left_is_not_taken_for_installed(
    machine: Machine, name: str, call: str
) -> None:
    assert machine.run(name, "nginx")["done"] == [name]
    assert machine.calls[-1] == call


def test_what_dpkg_had_not_written_down_when_it_was_killed_is_ended_first(
    machine: Machine,
) -> None:
    (machine.directory / "updates").touch()
    assert machine.run("curl")["done"] == ["curl"]
    assert machine.calls[1:] == ["install curl", "dpkg --configure -a", "install curl"]


def test_a_virtual_package_that_another_provides_is_no_change(machine: Machine) -> None:
    assert machine.run("mail-transport-agent")["changed"] is False
    assert machine.calls == ["install --simulate mail-transport-agent"]


@pytest.mark.parametrize(
    ("names", "done"), [("curl | acl", ["curl"]), ("curl | nginx", []), ("nginx | curl", [])]
)
def test_of_several_any_that_is_installed_will_do_else_the_first(
    machine: Machine, names: str, done: list[str]
) -> None:
    assert machine.run(names)["done"] == done


def test_a_version_is_apts_to_judge(machine: Machine) -> None:
    assert machine.run("nginx=1.26*")["changed"] is False
    assert len(machine.calls) == 1


def test_a_package_that_old_lists_do_not_name_is_looked_for_in_new_ones(machine: Machine) -> None:
    assert machine.run("acl")["done"] == ["acl"]
    assert "update" in machine.calls


def test_lists_older_than_a_day_are_read_anew_before_something_is_installed(
    machine: Machine,
) -> None:
    yesterday = time.time() - packages.DAY_SECONDS - 1
    os.utime(machine.directory / "lists", (yesterday, yesterday))
    machine.run("curl")
    assert machine.calls[0] == "update"


def test_a_package_that_nobody_has_is_named(machine: Machine) -> None:
    result = machine.run("no-such-package")
    assert result["msg"] == "apt-get install failed."
    assert "E: Unable to locate package no-such-package" in result["evidence"]


@pytest.mark.parametrize("name", ["curl", "acl"], ids=["known", "in tomorrow's lists"])
def test_check_mode_tells_and_installs_nothing(machine: Machine, name: str) -> None:
    assert machine.run(name, _ansible_check_mode=True)["done"] == [name]
    assert machine.calls == [f"install --simulate {name}"]
