"""A person who follows the pages word by word, with a clone, a server and an application."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway import demo, engine, state
from slipway.testhost.host import TestHost
from tests.markdown import RELEASE, Block

SERVER = "dev.example.com"
BUNDLE = "/srv/shop.bundle"
PATIENCE_SECONDS = 600
ENOUGH_RELEASES = 4
# The pages speak of a project shop; the demo, which stands for it, calls its package otherwise.
APPLICATION = {
    "django_repository": BUNDLE,
    "django_settings_module": "demo.settings",
    "gunicorn_systemd_app": "demo.wsgi:application",
    "django_environment": {"HTTPS": "0"},
}
ANSWERED = "cd /var/www/shop/dev/releases && ls -d */.slipway/activated 2>/dev/null || true"


@dataclass(frozen=True)
class Newcomer:
    """What they have: a home with the clone in it, and a server that the pages' names lead to."""

    home: Path
    host: TestHost

    @property
    def clone(self) -> Path:
        """The clone of Slipway, in which commands are typed."""
        return self.home / "slipway"

    def settle(self) -> None:
        """Make the clone, the application's repository, and what leads names to the server."""
        self.clone.mkdir()
        for path in state.CHECKOUT.iterdir():
            if path.name not in ("inv", "inventories"):
                (self.clone / path.name).symlink_to(path)
        inventories = self.clone / "inventories"
        shutil.copytree(state.CHECKOUT / "inventories", inventories)
        filled_in = self.home / "test.yml"
        filled_in.write_text(json.dumps(APPLICATION))
        inv = f'SLIPWAY_INVENTORIES={inventories} {state.CHECKOUT}/inv "$@"'
        # `init` takes no environment that somebody has changed, so what is ours comes after it.
        after = f'[ "$1" != init ] || cp {filled_in} {inventories}/"$2"/group_vars/all/'
        _script(self.clone / "inv", f"set -e\n{inv}\n{after}")
        self.reach_server()
        demo.update_repository(self.home / "shop")
        self.publish()

    def reach_server(self) -> None:
        """Let ssh and curl find the server by its name, as DNS and an SSH agent would."""
        config = self.home / "ssh_config"
        options = self.host.ssh_options()[1::2]
        known = [f"HostName 127.0.0.1\nPort {self.host.ssh_port}", f"IdentityFile {self.host.key}"]
        config.write_text("\n".join([f"Host {SERVER}", *known, *options]) + "\n")
        (self.home / "bin").mkdir()
        _script(self.home / "bin" / "ssh", f'exec {shutil.which("ssh")} -F {config} "$@"')
        (self.home / ".curlrc").write_text(f'connect-to = "::{self.host.address}:80"\n')

    def publish(self) -> None:
        """Put the application where the server fetches it from, tagged as the pages have it."""
        repository = self.home / "shop"
        before = demo.git(repository, "rev-list", "--max-count=2", "HEAD").split()[-1]
        demo.git(repository, "tag", "--force", "v1.1", before)
        demo.git(repository, "tag", "--force", "v1.2", "HEAD")
        bundle = demo.bundle(repository, self.home / "shop.bundle")
        engine.ensure().run("cp", str(bundle), f"{self.host.container}:{BUNDLE}")

    def work(self) -> None:
        """Change the application, after enough releases to go back and forth between them."""
        while len(self.releases()) < ENOUGH_RELEASES:
            self.commit()
            deployed = self.type("./inv deploy dev")
            assert deployed.returncode == 0, deployed.stdout
        self.commit()

    def commit(self) -> None:
        """Commit to the application and publish it."""
        message = ("--allow-empty", "--message", "Boats have names")
        demo.git(self.home / "shop", "commit", "--quiet", *message)
        self.publish()

    def follow(self, block: Block) -> str:
        """Type a block where it is to be typed; what it said. It must succeed."""
        script = RELEASE.sub(self.earlier_release, block.text)
        login = {"sh server": "deploy", "sh administrator": "root"}.get(block.info)
        done = self.on_server(script, login) if login else self.type(script)
        assert done.returncode == 0, f"{block} ends with {done.returncode}:\n{done.stdout}"
        return done.stdout.replace(f"{self.clone}/", "")

    def type(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script in the clone, as in an activated environment."""
        path = [str(self.home / "bin"), str(state.CHECKOUT / ".venv" / "bin"), os.environ["PATH"]]
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE")
        }
        given = {"PATH": os.pathsep.join(path), "CURL_HOME": str(self.home)}
        # A connection of another checkout has the same name.
        given["ANSIBLE_SSH_CONTROL_PATH_DIR"] = str(self.home / "ssh")
        return self._run(["sh", "-euc", script], clean | given)

    def on_server(self, script: str, login: str = "root") -> subprocess.CompletedProcess[str]:
        """Run a script on the server, as a user who logs in there."""
        words = ["ssh", f"{login}@{SERVER}", f"set -eu\n{script}"]
        env = os.environ | {"PATH": f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        return self._run(words, env)

    def _run(
        self, words: Sequence[str], env: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.clone,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def releases(self) -> list[str]:
        """The releases that have answered, oldest first."""
        return sorted(RELEASE.findall(self.on_server(ANSWERED).stdout))

    def earlier_release(self, _example: re.Match[str]) -> str:
        """A release to go back to that has one before it, in the place of a page's example."""
        live = self.on_server("readlink /var/www/shop/dev/current").stdout
        _, earlier, *_ = [name for name in self.releases() if name not in live]
        return earlier


def _script(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)
