"""An instance, a repository and ansible-playbook, all on this machine and below tmp_path."""

import grp
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance, instance
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

from tests.unit.plugins import application
from tests.unit.plugins.host import PROGRAMS, SERVER, Host, Local
from tests.unit.repository import Repository

ROOT = Path(__file__).parents[3]
ANSIBLE_PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")

Release = Callable[..., str]
Files = Callable[..., str]
Play = Callable[..., subprocess.CompletedProcess[str]]

FIRST, SECOND = "20261121T101500Z-3f2a1c9", "20261122T101500Z-0a1b2c3"


@pytest.fixture
def shop(tmp_path: Path, me: str) -> Instance:
    """shop_dev, provisioned, whose application runs as the user who runs the tests."""
    laid_out = instance("shop", "dev", str(tmp_path / "www"))
    group = grp.getgrgid(os.getegid()).gr_name
    for directory in (laid_out.releases, laid_out.venvs, laid_out.slots, laid_out.static):
        Path(directory).mkdir(parents=True)
    return replace(laid_out, user=me, group=group, web_group=group)


@pytest.fixture
def release(shop: Instance) -> Release:
    """Make a complete release with its environment; returns its id."""

    def make(name: str, *, venv: str = "venv", proven: bool = False) -> str:
        path = Path(shop.release(name))
        (path / ".slipway").mkdir(parents=True)
        (path / ".slipway" / "app").symlink_to("..")
        Path(shop.venvs, venv).mkdir(exist_ok=True)
        (path / ".venv").symlink_to(f"../../venvs/{venv}")
        Path(shop.record(name, "release.json")).write_text(json.dumps({"id": name, "venv": venv}))
        if proven:
            Path(shop.record(name, "activated")).touch()
        return name

    return make


@pytest.fixture
def code(tmp_path: Path) -> Files:
    """Write files of a release; its path."""

    def write(files: dict[str, str]) -> str:
        for name, content in files.items():
            path = tmp_path / "release" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return str(tmp_path / "release")

    return write


@pytest.fixture
def host(
    tmp_path: Path, shop: Instance, release: Release, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Host]:
    """A host that was provisioned."""
    (tmp_path / "run").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "queues").touch()
    given = {"directory": str(tmp_path), "slots": shop.slots, "python": sys.executable}
    for name, script in PROGRAMS.items():
        (tmp_path / "bin" / name).write_text(script.format(**given))
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    yield Host(tmp_path, Local(**shop.as_dict()), release)
    for file in (tmp_path / "run").glob("*.pid"):
        os.kill(int(file.read_text()), 15)


@pytest.fixture
def serving(host: Host) -> Host:
    """A host on which the first release answers."""
    host.make(FIRST)
    host.activate(FIRST)
    return host


@pytest.fixture
def manage(shop: Instance, release: Release) -> Manage:
    """The commands of a release that has two static files and no migration."""
    path = Path(shop.release(release(SECOND)))
    application.make(path)
    application.add_python(path)
    application.add_asset(path, "boat.css")
    application.add_asset(path, "boat.js")
    variables = f'SECRET_KEY="s\\"3"\nSTATIC_ROOT="{shop.static}"\n'
    Path(shop.record(SECOND, "environment")).write_text(variables)
    return Manage(shop, SECOND, timeout=60, static_days=30, steps=Steps())


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Run ansible-playbook from the checkout, with nothing of the caller's environment."""
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path_factory.mktemp("home"))}

    def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ANSIBLE_PLAYBOOK, *words],
            cwd=ROOT,
            env={**bare, "LC_ALL": "C.UTF-8", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.fixture
def mirror(origin: Repository, tmp_path: Path, me: str) -> Mirror:
    """The mirror of that repository, not made yet."""
    (tmp_path / "repo.git").mkdir()
    return Mirror(str(tmp_path / "repo.git"), str(origin.path), me)
