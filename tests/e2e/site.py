"""A test host as people and visitors meet it, and the inventories of environments on it."""

import contextlib
import dataclasses
import http.client
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway import demo, engine, state, testhost
from slipway.testhost.host import TestHost

BUNDLE = "/srv/shop.bundle"
# To look at what a test left.
KEEP = bool(os.environ.get("SLIPWAY_KEEP"))
# Where tests run side by side, each of the runs has hosts of its own.
WORKER = "-" + os.environ["PYTEST_XDIST_WORKER"] if "PYTEST_XDIST_WORKER" in os.environ else ""
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclasses.dataclass
class Answer:
    """What a visitor got."""

    status: int
    headers: http.client.HTTPMessage
    body: str


@dataclasses.dataclass
class Site:
    """The test host as people and visitors meet it."""

    host: TestHost
    inventories: Path
    repository: Path

    def invoke(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `./inv words` as a person does, from the checkout."""
        return subprocess.run(
            [state.CHECKOUT / "inv", *words],
            env=os.environ | {"SLIPWAY_INVENTORIES": str(self.inventories)} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def succeed(self, *words: str, **environment: str) -> str:
        """Run `./inv words`, which must succeed; what it said."""
        done = self.invoke(*words, **environment)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def sh(self, script: str) -> str:
        """Run a script as root on the host, which must succeed; its output."""
        done = testhost.exec_(self.host.name, ["sh", "-c", script])
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def ask(
        self, path: str = "/", name: str = "dev.test", body: str | None = None, **headers: str
    ) -> Answer:
        """Ask nginx for a path as a visitor of a name."""
        connection = http.client.HTTPConnection(self.host.address, timeout=15)
        method = "GET" if body is None else "POST"
        sent = {"Host": name} | {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return Answer(answer.status, answer.headers, text)

    def commit(self, message: str, **files: str) -> str:
        """Commit files (`a__b_py` names a/b.py) to the application and publish it; the commit."""
        for name, text in files.items():
            path = self.repository / name.replace("__", "/").replace("_py", ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        demo.git(self.repository, "add", "--all")
        demo.git(self.repository, "commit", "--quiet", "--allow-empty", "--message", message)
        self.publish()
        return demo.git(self.repository, "rev-parse", "HEAD")

    def publish(self) -> None:
        """Put the application's repository where the host fetches it from."""
        bundle = demo.bundle(self.repository, self.repository.with_suffix(".bundle"))
        engine.ensure().run("cp", str(bundle), f"{self.host.container}:{BUNDLE}")

    def reboot(self) -> None:
        """Reboot the host, whose SSH port is another one then."""
        self.host = testhost.reboot(self.host.name)
        self.tell_where()

    def tell_where(self) -> None:
        """Let the inventories tell where the host is now."""
        for path in self.inventories.glob("*/hosts.yml"):
            found = json.loads(path.read_text())
            for group in found["all"]["children"].values():
                for variables in group["hosts"].values():
                    variables.update(reach(self.host))
            path.write_text(json.dumps(found))

    def release(self, env: str = "dev") -> str:
        """Id of the live release."""
        return self.sh(f"basename $(readlink /var/www/shop/{env}/current)")

    def state(self) -> str:
        """Everything of the instances on the host that a deploy or provision might touch."""
        # A slot that was left ends what it began, after the deploy.
        ending = "systemctl list-units --state=deactivating --no-legend 'shop_*' | grep -q ."
        return self.sh(
            f"while {ending} || systemctl list-jobs --no-legend | grep -q .; do sleep 0.1; done;"
            "find /var/www /etc/systemd/system /etc/nginx /etc/slipway /run/shop_* "
            "-not -path '*/logs/*' -not -path '*/repo.git*' -printf '%p %l %T@ %m %u\n' | sort;"
            "ps -o pid= -C gunicorn"
        )


def stop_postgresql(site: Site) -> None:
    """Stop it and wait until it has; without the cluster named, only its wrapper is waited for."""
    site.sh("systemctl stop postgresql 'postgresql@*'")


def reach(host: TestHost) -> dict[str, str | int]:
    """How an inventory reaches a host, whose login role base finds out."""
    return {name: value for name, value in host.inventory_vars().items() if name != "ansible_user"}


def write_environment(inventories: Path, env: str, host: TestHost, **variables: object) -> None:
    """Write an inventory as a newcomer would fill it in, for a test host."""
    directory = inventories / env
    (directory / "group_vars" / "all").mkdir(parents=True)
    group = {"hosts": {"server": reach(host)}}
    hosts = {"all": {"children": {"app": group, "db": group, "web": group}}}
    (directory / "hosts.yml").write_text(json.dumps(hosts))
    main = {
        "slipway_project": "shop",
        "slipway_env": env,
        "slipway_hostnames": [f"{env}.test"],
        "django_repository": BUNDLE,
        "django_settings_module": "demo.settings",
        "gunicorn_systemd_app": "demo.wsgi:application",
        "django_environment": {"HTTPS": "0", "DEMO_LAB": "1"},
        # Ansible blots secrets out of results, and these come up in every one.
        "django_secrets": {"ONE": "1", "YEAR": "20", "SECRET_KEY": "a 'quoted' $ecret"},
        **variables,
    }
    (directory / "group_vars" / "all" / "main.yml").write_text(json.dumps(main))


@contextlib.contextmanager
def fresh_hosts(*names: str, saved_as: str = "") -> Iterator[list[TestHost]]:
    """Fresh hosts, one a name, begun from a saved one or with the roles' packages.

    What a run that was killed left under these names is gone.
    """
    mine = [f"e2e-{name}{WORKER}" for name in names]
    for name in mine:
        testhost.down(name)
    with pytest.MonkeyPatch.context() as environment:
        # That a role installs its packages is proven where a host is bare: by its scenario, and
        # by the tests of the docs, of dry runs and of the sandbox.
        environment.setenv("SLIPWAY_WARM", "1")
        hosts = [testhost.up(name, saved_as=saved_as) for name in mine]
    yield hosts
    for name in mine if not KEEP else []:
        testhost.down(name)
