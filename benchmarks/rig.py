"""The test host, one instance on it for each contender, and the application they release."""

import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slipway import demo, engine, state, testhost
from slipway.console import step
from slipway.errors import Problem
from slipway.machine import last_lines
from slipway.testhost.host import TestHost

HOST = "bench"
ENV = "bench"
BUNDLE = "/srv/bench.bundle"
# The application says which commit it is, whatever the tool that released it.
HEALTH = ('"release": settings.RELEASE', '"release": settings.RELEASE, "mark": MARK')
IMPORT = ("from django.conf", "from demo.mark import MARK\nfrom django.conf")
# Generous: the first provision of a host on a busy machine.
RUN_SECONDS = 600
ANSWER_SECONDS = 10
SECRET_KEY = "for the benchmark alone"  # noqa: S105


class Broken(Exception):
    """A contender did not do what it was asked; the message says what it said."""


def instance_home(project: str) -> str:
    """Where the instance of a contender lives on the host."""
    return f"/srv/{project}/{project}/{ENV}"


@dataclass
class Rig:
    """All that a contender needs. `mark` is what the newest commit answers."""

    host: TestHost
    directory: Path
    mark: str = ""
    sockets: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="bench")))

    @property
    def repository(self) -> Path:
        """The application's repository on this machine."""
        return self.directory / "shop"

    @property
    def inventories(self) -> Path:
        """What $SLIPWAY_INVENTORIES names: an environment for each contender."""
        return self.directory / "inventories"

    def run(self, words: Sequence[str | Path], feed: str = "", cwd: Path = state.CHECKOUT) -> str:
        """Run a command of this machine and return its output. Raises Broken with its end."""
        extra = {
            "SLIPWAY_INVENTORIES": str(self.inventories),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.sockets),
            "UV_SYSTEM_CERTS": "1",
            "PATH": f"{state.CHECKOUT}/.venv/bin{os.pathsep}{os.environ['PATH']}",
        }
        said = subprocess.run(
            words,
            cwd=cwd,
            env=os.environ | extra,
            input=feed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        if said.returncode != 0:
            raise Broken(f"{words[0]} ended with {said.returncode}: {said.stdout[-1500:]}")
        return said.stdout

    def root(self, script: str) -> str:
        """Run a script as root on the host, outside of what is measured. Raises Problem."""
        done = testhost.exec_(self.host.name, ["sh", "-ec", script])
        if done.returncode != 0:
            raise Problem(f"The test host cannot be prepared: {last_lines(done.stderr)}")
        return done.stdout.strip()

    def ssh(self) -> list[str]:
        """The command of a person who deploys: a connection of its own, as `deploy`."""
        return ["ssh", "-F", "none", *self.host.ssh_command()[1:-1], "deploy@127.0.0.1"]

    def commit(self) -> str:
        """Commit a change of code, put it where the host fetches from; what it answers."""
        self.mark = str(time.time_ns())
        (self.repository / "demo/mark.py").write_text(f'MARK = "{self.mark}"\n')
        demo.git(self.repository, "add", "--all", "--force")
        demo.git(self.repository, "commit", "--quiet", "--message", f"Mark {self.mark}")
        packed = demo.bundle(self.repository, self.directory / "shop.bundle")
        engine.ensure().run("cp", str(packed), f"{self.host.container}:{BUNDLE}")
        return self.mark

    def answers(self, project: str) -> dict[str, str]:
        """What the instance of a contender says of itself through nginx. Raises Broken."""
        connection = http.client.HTTPConnection(self.host.address, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/health/", headers={"Host": f"{project}.test"})
            answer = connection.getresponse()
            body = answer.read().decode(errors="replace")
        except OSError as error:
            raise Broken(f"{project}.test does not answer: {error}") from error
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise Broken(f"{project}.test answers {answer.status}: {body[:200]}")
        return dict(json.loads(body))

    def hang_up(self) -> None:
        """End the connections that Ansible keeps: everyone pays for its own."""
        for path in self.sockets.glob("*"):
            words = ["ssh", "-F", "none", "-o", f"ControlPath={path}", "-O", "exit", "host"]
            subprocess.run(words, capture_output=True, check=False)

    def prepare(self, project: str) -> None:
        """Make a contender's instance with Slipway: user, database, site, unit, first release."""
        if self.root(f"test -e {instance_home(project)}/current.sock && echo it stands || true"):
            return
        with step(f"Making the instance of {project}"):
            self.run(["./inv", "provision", project])
            self.run(["./inv", "deploy", project])


def up() -> Rig:
    """Return the rig, with the application's first commit on the host."""
    directory = state.directory() / HOST
    directory.mkdir(exist_ok=True)
    rig = Rig(testhost.up(HOST), directory)
    demo.update_repository(rig.repository)
    health = rig.repository / "demo/health.py"
    health.write_text(health.read_text().replace(*IMPORT, 1).replace(*HEALTH, 1))
    rig.commit()
    return rig


def write_inventory(rig: Rig, project: str) -> None:
    """Write the environment of a contender."""
    variables = {
        "slipway_project": project,
        "slipway_env": ENV,
        "slipway_root": f"/srv/{project}",
        "slipway_hostnames": [f"{project}.test"],
        "django_repository": BUNDLE,
        "django_settings_module": "demo.settings",
        "gunicorn_systemd_app": "demo.wsgi:application",
        "django_environment": {"HTTPS": "0", "SECRET_KEY": SECRET_KEY},
    }
    reach = rig.host.inventory_vars()
    del reach["ansible_user"]
    group = {"hosts": {"server": reach}}
    directory = rig.inventories / project
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "group_vars/all").mkdir(parents=True)
    hosts = {"all": {"children": {"app": group, "db": group, "web": group}}}
    (directory / "hosts.yml").write_text(json.dumps(hosts))
    (directory / "group_vars/all/main.yml").write_text(json.dumps(variables))
