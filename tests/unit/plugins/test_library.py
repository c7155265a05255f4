"""Modules that run from a library on the host: laid down where it is missing, and only then."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.slipway.django.plugins.plugin_utils import library
from ansible_collections.slipway.django.plugins.plugin_utils.direct import ActionModule

CLAIM: dict[str, Any] = {"project": "shop", "env": "dev", "hostnames": ["dev.example.com"]}


class Fake(ActionModule):
    """The action, on this machine as the host; what Ansible would pack is only noted."""

    def __init__(self, args: dict[str, Any], dry: bool = False, module: str = "claim") -> None:
        action = f"slipway.django.{module}"
        self._task = SimpleNamespace(args=args, check_mode=dry, action=action, environment=[])
        self._connection = SimpleNamespace(has_pipelining=True, become=None)
        self._templar = Templar(loader=DataLoader())
        self.commands: list[str] = []
        self.by_ansible: list[dict[str, Any]] = []

    def _low_level_execute_command(self, command: str, in_data: bytes) -> dict[str, Any]:
        self.commands.append(command)
        done = subprocess.run(
            ["sh", "-c", command], input=in_data, capture_output=True, check=False
        )
        said = {"stdout": done.stdout.decode(), "stderr": done.stderr.decode()}
        return {"rc": done.returncode, **said}

    def _execute_module(self, **given: Any) -> dict[str, Any]:
        self.by_ansible.append(given)
        return {"changed": True}

    def outcome(self) -> dict[str, Any]:
        """What the action comes to."""
        return self.module(self._task.args, {"ansible_python_interpreter": sys.executable})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where libraries stand on this host."""
    library.directory.cache_clear()
    monkeypatch.setattr(library, "HOME", str(tmp_path / "lib"))
    yield tmp_path / "lib"
    library.directory.cache_clear()


@pytest.fixture(scope="module")
def laid_down(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that was laid down once, which takes its time."""
    with pytest.MonkeyPatch.context() as patch:
        library.directory.cache_clear()
        patch.setattr(library, "HOME", str(tmp_path_factory.mktemp("lib")))
        assert Fake(CLAIM).lay_down({"ansible_python_interpreter": sys.executable})
        return Path(library.directory())


@pytest.fixture
def stands(home: Path, laid_down: Path) -> Path:
    """The library of a host on which it stands."""
    assert home
    return Path(shutil.copytree(laid_down, library.directory()))


@pytest.fixture
def claim(tmp_path: Path) -> dict[str, Any]:
    """The arguments of a module that writes."""
    return {**CLAIM, "register": str(tmp_path / "register")}


def test_a_library_that_is_missing_is_laid_down_and_used(claim: dict[str, Any]) -> None:
    action = Fake(claim)
    result = action.outcome()
    assert result["changed"], result
    assert list(Path(claim["register"]).iterdir())
    assert (len(action.commands), action.by_ansible) == (3, [])


def test_all_of_it_is_compiled_while_it_is_laid_down(laid_down: Path) -> None:
    modules = {path.stem for path in laid_down.rglob("*.py")}
    compiled = {path.name.partition(".")[0] for path in laid_down.rglob("__pycache__/*.pyc")}
    assert compiled == modules


@pytest.mark.usefixtures("stands")
def test_a_library_that_stands_is_used_at_once(claim: dict[str, Any]) -> None:
    Fake(claim).outcome()
    action = Fake(claim)
    assert not action.outcome()["changed"]
    assert len(action.commands) == 1


@pytest.mark.usefixtures("stands")
def test_what_follows_the_arguments_is_left_to_the_module(claim: dict[str, Any]) -> None:
    action = Fake(claim)
    action.tail = b"PACK\n\x00"
    assert action.outcome()["changed"]


@pytest.mark.usefixtures("stands")
def test_who_lays_it_down_second_finds_it_and_leaves_nothing(
    claim: dict[str, Any], home: Path
) -> None:
    assert Fake(claim).lay_down({"ansible_python_interpreter": sys.executable})
    assert [path.name for path in home.iterdir()] == [Path(library.directory()).name]


def test_check_mode_lays_nothing_down(claim: dict[str, Any], home: Path) -> None:
    action = Fake(claim, dry=True)
    assert action.outcome() == {"changed": True}
    assert not home.exists()
    assert [packed["module_name"] for packed in action.by_ansible] == ["slipway.django.claim"]


@pytest.mark.usefixtures("stands")
def test_check_mode_is_told_to_a_library_that_stands(claim: dict[str, Any]) -> None:
    Fake(claim).outcome()
    action = Fake({**claim, "env": "prod", "hostnames": []}, dry=True)
    assert action.outcome()["changed"]
    assert len(list(Path(claim["register"]).iterdir())) == 1
    assert action.by_ansible == []


def test_where_it_cannot_be_laid_down_the_module_is_packed(
    claim: dict[str, Any], home: Path
) -> None:
    home.symlink_to("/nowhere")
    action = Fake(claim)
    assert action.outcome() == {"changed": True}
    assert action.by_ansible[0]["module_args"] == claim


@pytest.mark.usefixtures("stands")
def test_a_failure_of_the_module_is_its_own(claim: dict[str, Any]) -> None:
    Fake(claim).outcome()
    result = Fake({**claim, "env": "prod"}).outcome()
    assert result["failed"]
    assert "shop dev in /var/www on this host owns dev.example.com" in result["msg"]


def test_arguments_that_are_wrong_reach_no_host() -> None:
    action = Fake({"project": "shop", "hostname": "x"})
    result = action.outcome()
    assert result["failed"]
    assert "env" in result["msg"]
    assert action.commands == []


@pytest.mark.usefixtures("stands")
def test_arguments_are_of_their_types_and_the_defaults_are_filled_in(claim: dict[str, Any]) -> None:
    Fake(claim).outcome()
    Fake({**claim, "hostnames": "a.example.com,b.example.com"}).outcome()
    (entry,) = Path(claim["register"]).iterdir()
    assert json.loads(entry.read_text())["claims"]["hostnames"] == [
        *("a.example.com", "b.example.com")
    ]
    assert json.loads(entry.read_text())["root"] == "/var/www"


def test_a_module_that_ends_unexpectedly_shows_its_last_words(
    claim: dict[str, Any], stands: Path
) -> None:
    (module,) = stands.rglob("modules/claim.py")
    module.write_text("raise RuntimeError('out of order')\n")
    result = Fake(claim).outcome()
    assert result["failed"]
    assert result["module_stderr"].endswith("RuntimeError: out of order\n")


def test_another_version_is_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    before = library.directory()
    files = library.files()
    assert any(name.endswith("modules/claim.py") for name in files), list(files)
    monkeypatch.setattr(library, "files", lambda: {**files, "main.py": b"changed"})
    library.directory.cache_clear()
    assert library.directory() != before


def test_the_same_files_are_the_same_archive_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    before = library.archive()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert library.archive() == before


class Login(Fake):
    """The action for a login that is not root; `sudo` is what it runs first."""

    def __init__(self, args: dict[str, Any], sudo: str, **more: Any) -> None:
        super().__init__(args, **more)
        option = {"become_user": "root", "remote_user": "deploy"}.get
        become = SimpleNamespace(name="ansible.builtin.sudo", pipelining=True, get_option=option)
        self._connection = SimpleNamespace(has_pipelining=True, become=become, get_option=option)
        self.sudo = sudo
        self.denied = False

    def _low_level_execute_command(
        self, command: str, in_data: bytes, sudoable: bool = True
    ) -> dict[str, Any]:
        if sudoable and self.denied:
            raise AnsibleConnectionFailure("Missing sudo password")
        whole = command if sudoable else command.replace("sudo -n", self.sudo)
        return super()._low_level_execute_command(whole, in_data)


ANSWERS = "printf '{\"said\": 1}' #"
REFUSES = 'printf \'{"failed": true, "refused": true, "msg": "no"}\' #'
SILENT = "echo sudo: a password is required >&2; false #"
LEASE: dict[str, Any] = {"project": "shop", "env": "dev"}


def test_a_login_is_answered_by_the_program_that_sudo_lets_it_run() -> None:
    action = Login(LEASE, ANSWERS, module="lease")
    assert action.outcome() == {"said": 1}
    (command,) = action.commands
    assert f"{library.directory()}/deploy" in command


@pytest.mark.usefixtures("stands")
@pytest.mark.parametrize("sudo", [REFUSES, SILENT])
def test_who_may_do_all_is_answered_all_the_same(sudo: str) -> None:
    action = Login(LEASE, sudo, module="lease")
    assert "steps" in action.outcome()
    assert len(action.commands) == 2


@pytest.mark.parametrize(
    ("sudo", "sentence"), [(REFUSES, "no"), (SILENT, "deploy may become root here for nothing but")]
)
def test_who_may_not_is_told_why(sudo: str, sentence: str) -> None:
    action = Login(LEASE, sudo, module="lease")
    action.denied = True
    result = action.outcome()
    assert result["failed"]
    assert result["msg"].startswith(sentence)


def test_a_module_that_is_no_part_of_a_deploy_is_not_asked_for_like_that(
    claim: dict[str, Any],
) -> None:
    action = Login(claim, ANSWERS)
    assert action.outcome()["changed"]
    assert not any("deploy" in command for command in action.commands)
