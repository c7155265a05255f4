"""A machine of its own for each test: nothing on PATH but what the test puts there."""

import contextlib
import os
import pwd
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible.plugins.loader import init_plugin_loader

from slipway import machine
from tests.unit.repository import Repository

# Ansible's own importer must be there before any test imports what it imports.
init_plugin_loader([str(Path(__file__).parents[2] / "collections")])

FAKE_DOCKER = Path(__file__).with_name("fake_docker")
TOOLS = ("cat", "chmod", "kill", "mv", "rm", "sh", "sleep", "ssh", "ssh-keygen", "touch", "true")
REAL = {tool: shutil.which(tool) or tool for tool in TOOLS}


@dataclass(frozen=True)
class Commands:
    """The commands of the machine: shell scripts that note how they were called."""

    directory: Path
    notes: Path

    def add(self, name: str, script: str = "") -> None:
        """Put the command `name` on PATH; `script` is the shell that it runs."""
        path = self.directory / name
        note = f'echo "{name} $*" >>{self.notes}'
        path.write_text(f"#!/bin/sh\n{note}\n{script}\n")
        path.chmod(0o755)

    def remove(self, name: str) -> None:
        """Take the command `name` away again."""
        (self.directory / name).unlink()

    def calls(self, start: str = "") -> list[str]:
        """Return the calls so far that begin with `start`, oldest first."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [line for line in lines if line.startswith(start)]


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """A bare Linux machine, used by root, without systemd, Docker or apt."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for tool, path in REAL.items():
        (directory / tool).symlink_to(path)
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setenv("SLIPWAY_STATE", str(tmp_path / "state"))
    for variable in ("DOCKER_HOST", "SLIPWAY_INSTALL", "http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(machine, "SYSTEM_DIRECTORIES", ())
    monkeypatch.setattr(machine, "SYSTEMD_RUNS", tmp_path / "systemd")
    monkeypatch.setattr(machine, "SERVICE_POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "platform", "linux")
    return Commands(directory, tmp_path / "calls")


@pytest.fixture
def ordinary_user(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The same machine, used by someone who is not root and has no sudo."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return commands


@dataclass(frozen=True)
class Docker:
    """The engine of tests/unit/fake_docker: its files are what it holds and how it behaves."""

    commands: Commands
    files: Path

    def container(self, field: str) -> Path:
        """Return the file that holds one field of the only container."""
        (one,) = (self.files / "containers").iterdir()
        return one / field

    def names(self, kind: str) -> list[str]:
        """Return the names of its containers or images."""
        return sorted(path.name for path in (self.files / kind).iterdir())


@pytest.fixture
def docker(commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Docker]:
    """An engine that answers, and pulls Debian; its hosts greet as SSH servers do."""
    files = tmp_path / "docker"
    for name in ("containers", "images", "refuses", "registry"):
        (files / name).mkdir(parents=True)
    for name in ("registry/debian:12", "registry/debian:13", "jobs"):
        (files / name).touch()
    (files / "systemd").write_text("running")
    monkeypatch.setenv("FAKE_DOCKER", str(files))
    commands.add("docker", f'PATH=/usr/bin:/bin exec {FAKE_DOCKER} "$@"')
    with socket.create_server(("127.0.0.1", 0)) as server:
        (files / "ssh_port").write_text(str(server.getsockname()[1]))
        threading.Thread(target=_greet, args=[server], daemon=True).start()
        yield Docker(commands, files)


def _greet(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"SSH-2.0-fake\r\n")


@pytest.fixture(scope="session")
def me() -> str:
    """The name of the user who runs the tests."""
    return pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with one commit on its branch main, to be copied."""
    repository = Repository(tmp_path_factory.mktemp("begun"))
    repository.git("init", "--quiet", "--initial-branch=main", "--template=")
    repository.commit("Begin", manage="1")
    return repository


@pytest.fixture
def origin(begun: Repository, tmp_path: Path) -> Repository:
    """A repository of the test's own."""
    return Repository(Path(shutil.copytree(begun.path, tmp_path / "origin")))
