"""Secrets of every backend on one host: where they get to, where they never stand, an outage."""

import hashlib
import json
import os
import secrets
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from slipway import engine, state

from .faults import configure
from .site import Site
from .test_settings import settings

PORT = 8911
HOME = "/var/www/shop/dev"
FAKE = "/opt/fake-doppler"
API = Path(__file__).with_name("doppler_api.py").read_text()
# Tells a visitor of a variable without telling it.
URLS = """
import hashlib
import os

from django.http import HttpResponse


def digest(_request, name):
    return HttpResponse(hashlib.sha256(os.environ.get(name, "").encode()).hexdigest())


urlpatterns += [path("digest/<name>/", digest)]
"""
# Every arguments of every process that ran for a hundredth of a second or two.
WATCH = f"""
import glob, time
seen = set()
with open("{FAKE}/arguments", "ab", buffering=0) as out:
    while True:
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                line = open(path, "rb").read()
            except OSError:
                continue
            if line and line not in seen:
                seen.add(line)
                out.write(line + b"\\n")
        time.sleep(0.02)
"""


@dataclass
class Planted:
    """A site with secrets that stand nowhere else in the world, and all that its runs said."""

    site: Site
    began: float
    token: str = f"dp.st.dev.{secrets.token_hex(20)}"
    vault: str = f"vault-{secrets.token_hex(12)}"
    database: str = f"database-{secrets.token_hex(12)}"
    doppler: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    cache: Path = Path()
    arguments: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cache = self.site.inventories.parent / "facts"
        self.offer("first")

    @property
    def values(self) -> list[str]:
        """All of them that were ever in use."""
        return [self.token, self.vault, self.database, *self.doppler.values()]

    def offer(self, name: str) -> str:
        """Let Doppler have another value of PAYMENT_KEY from now on; the value."""
        self.doppler.setdefault(name, f"doppler-{name}-{secrets.token_hex(12)}")
        told = {"token": self.token, "secrets": {"PAYMENT_KEY": self.doppler[name]}}
        self.put("state.json", json.dumps(told))
        return self.doppler[name]

    def put(self, name: str, text: str) -> None:
        """Write a file of ours on the host, of which no process there gets to know by a word."""
        file = self.site.inventories / name
        file.write_text(text)
        engine.ensure().run("cp", str(file), f"{self.site.host.container}:{FAKE}/{name}")
        file.unlink()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`./inv words` with a cache of facts."""
        done = self.site.invoke(
            *words,
            ANSIBLE_CACHE_PLUGIN="jsonfile",
            ANSIBLE_CACHE_PLUGIN_CONNECTION=str(self.cache),
        )
        self.said.append(done.stdout)
        return done

    def succeed(self, *words: str) -> str:
        """The same, which must succeed."""
        done = self.run(*words)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def answers(self, value: str, name: str = "PAYMENT_KEY") -> bool:
        """Whether visitors meet an application that has this value."""
        told = self.site.ask(f"/digest/{name}/")
        assert told.status == 200, told.body
        return told.body == hashlib.sha256(value.encode()).hexdigest()


@pytest.fixture(scope="module")
def planted(site: Site) -> Iterator[Planted]:
    """The site with Doppler's secrets live, and its controller and host watched."""
    site.sh(f"umask 077; mkdir -p {FAKE}")
    planted = Planted(site, time.time())
    planted.put("api.py", API)
    planted.put("watch.py", WATCH)
    start_api(site)
    site.sh(f"systemd-run --quiet --unit=watch python3 {FAKE}/watch.py")
    configure(
        site,
        django_secrets={"VAULT_KEY": planted.vault, "SECRET_KEY": secrets.token_hex(30)},
        django_environment={"HTTPS": "0", "DEMO_LAB": "1"},
        slipway_database_host="127.0.0.1",
        slipway_database_clients=["127.0.0.1/32"],
        slipway_database_password=planted.database,
        django_secrets_backend="doppler",
        django_doppler_token=planted.token,
        django_doppler_api_host=f"http://127.0.0.1:{PORT}",
    )
    urls = site.repository / "demo" / "urls.py"
    options = site.repository / "demo" / "settings.py"
    # Every command of manage.py needs it.
    needed = f"{options.read_text()}\nimport os\n\nPAYMENT_KEY = os.environ['PAYMENT_KEY']\n"
    site.commit("Need a key", demo__urls_py=urls.read_text() + URLS, demo__settings_py=needed)
    ended = threading.Event()
    watch = threading.Thread(target=look, args=(planted, ended))
    watch.start()
    planted.succeed("provision", "dev")
    planted.succeed("deploy", "dev", "--verbose")
    yield planted
    ended.set()
    watch.join()


def look(planted: Planted, ended: threading.Event) -> None:
    """Note the arguments of the controller's processes that hold a secret."""
    while not ended.wait(0.05):
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = process.read_bytes()
            except OSError:
                continue
            if any(value.encode() in words for value in planted.values):
                planted.arguments.add(words)


def start_api(site: Site) -> None:
    """Let Doppler answer."""
    command = f"python3 {FAKE}/api.py {PORT} {FAKE}/state.json"
    site.sh(f"systemd-run --quiet --collect --unit=api {command}")
    site.sh(f"until curl --silent --output /dev/null 127.0.0.1:{PORT}; do sleep 0.1; done")


@pytest.fixture
def outage(planted: Planted) -> Iterator[None]:
    """Doppler does not answer."""
    planted.site.sh("systemctl stop api")
    yield
    start_api(planted.site)


def test_a_release_keeps_what_doppler_had_when_it_was_made(planted: Planted) -> None:
    assert planted.answers(planted.doppler["first"])
    assert planted.answers(planted.vault, "VAULT_KEY")
    said = planted.succeed("deploy", "dev")
    assert "Nothing changed" in said, said


@pytest.mark.usefixtures("outage")
def test_an_outage_costs_seconds_and_no_deploy(planted: Planted) -> None:
    planted.site.commit("During an outage")
    said = planted.succeed("deploy", "dev")
    assert "1 as kept, for Doppler does not answer: " in said, said
    assert planted.answers(planted.doppler["first"])


def test_a_wrong_token_is_told_and_not_shown(planted: Planted) -> None:
    wrong = f"dp.st.dev.{secrets.token_hex(20)}"
    configure(planted.site, django_doppler_token=wrong)
    done = planted.run("deploy", "dev")
    configure(planted.site, django_doppler_token=planted.token)
    assert done.returncode == 1, done.stdout
    assert "Doppler refuses (Invalid Service token): check django_doppler_token" in done.stdout
    assert wrong not in done.stdout


@pytest.mark.usefixtures("outage")
def test_an_outage_before_anything_was_kept_is_told(planted: Planted) -> None:
    before = planted.site.release()
    planted.site.sh(f"rm -f {HOME}/.doppler/fetch/*")
    done = planted.run("deploy", "dev")
    assert done.returncode == 1, done.stdout
    assert "Doppler does not answer (" in done.stdout, done.stdout
    assert planted.site.release() == before


def test_a_new_secret_alone_is_a_release_and_a_rollback_brings_the_old_one_back(
    planted: Planted,
) -> None:
    new = planted.offer("second")
    said = planted.succeed("deploy", "dev", "--check")
    assert planted.answers(planted.doppler["first"]), said
    planted.succeed("deploy", "dev")
    assert planted.answers(new)
    planted.site.sh("systemctl stop api")
    planted.succeed("rollback", "dev")
    start_api(planted.site)
    assert planted.answers(planted.doppler["first"])


def test_a_release_that_is_refused_and_prints_its_environment_shows_no_secret(
    planted: Planted,
) -> None:
    lines = "import pprint\npprint.pprint(dict(os.environ), width=9999)\nDEBUG = True"
    with settings(planted.site, lines):
        done = planted.run("deploy", "dev")
    assert done.returncode == 1, done.stdout
    assert "DEBUG is True" in done.stdout, done.stdout


def test_files_that_people_edit_are_read_at_a_deploy_and_left_as_they_are(
    planted: Planted,
) -> None:
    site = planted.site
    configure(site, django_secrets_backend="env_file")
    planted.succeed("deploy", "dev")
    kept = site.sh(f"cat {HOME}/.env {HOME}/.keys")
    assert "STATIC_ROOT" not in kept
    assert "VAULT_KEY" not in kept, "the inventory would have no say in it any more"
    assert f'PAYMENT_KEY="{planted.doppler["second"]}"' in kept
    lines = "# Ours.\n\nexport GREETING='Ahoy # there'   # said at the top\nVAULT_KEY=other\n"
    site.sh(f"printf %s {shlex.quote(lines)} >>{HOME}/.env; chmod 644 {HOME}/.env")
    before = site.sh(f"cat {HOME}/.env")
    planted.succeed("deploy", "dev")
    assert planted.answers("Ahoy # there", "GREETING")
    assert planted.answers("other", "VAULT_KEY")
    assert site.sh(f"cat {HOME}/.env") == before
    access = site.sh(f"stat -c '%a %U %G' {HOME}/.env {HOME}/.keys").splitlines()
    assert access == ["640 root shop_dev", "600 root root"]


def test_a_line_that_cannot_be_read_is_told_by_its_number(planted: Planted) -> None:
    planted.site.sh(f"grep VAULT_KEY {HOME}/current/.slipway/environment | tr = ' ' >>{HOME}/.keys")
    done = planted.run("deploy", "dev")
    planted.site.sh(f"sed -i '$d' {HOME}/.keys")
    assert done.returncode == 1, done.stdout
    assert f"Line 3 of {HOME}/.keys cannot be read: write NAME=value" in done.stdout, done.stdout


def test_what_people_wrote_is_not_lost_to_another_backend(planted: Planted) -> None:
    configure(planted.site, django_secrets_backend="doppler")
    done = planted.run("deploy", "dev")
    assert done.returncode == 1, done.stdout
    assert f"{HOME}/.env was edited by people and would be written over" in done.stdout
    assert "GREETING, VAULT_KEY into django_environment" in " ".join(done.stdout.split())


@pytest.fixture(scope="module")
def asking(planted: Planted) -> Planted:
    """The site whose service asks Doppler when it starts."""
    planted.site.sh(f"rm {HOME}/.env {HOME}/.keys")
    configure(planted.site, django_secrets_backend="doppler", django_doppler_mode="run")
    planted.offer("second")
    planted.succeed("provision", "dev")
    planted.site.commit("Ask Doppler")
    planted.succeed("deploy", "dev")
    return planted


def test_a_service_within_doppler_s_cli_is_live_and_its_release_keeps_nothing(
    asking: Planted,
) -> None:
    site = asking.site
    assert asking.answers(asking.doppler["second"])
    assert "PAYMENT_KEY" not in site.sh(f"cat {HOME}/current/.slipway/environment {HOME}/.keys")
    unit = site.sh("systemctl list-units --plain --no-legend --state=running 'shop_dev@*'").split()[
        0
    ]
    assert site.sh(f"cat /proc/$(systemctl show -P MainPID {unit})/comm") == "doppler"
    assert "Nothing changed" in asking.succeed("deploy", "dev")


def test_a_restart_takes_what_doppler_has_now(asking: Planted) -> None:
    new = asking.offer("third")
    asking.site.sh("systemctl restart shop_dev")
    wait_for_health(asking.site)
    assert asking.answers(new)


@pytest.mark.usefixtures("outage")
def test_a_restart_during_an_outage_takes_what_was_kept(asking: Planted) -> None:
    asking.site.sh("systemctl restart shop_dev")
    wait_for_health(asking.site)
    assert asking.answers(asking.doppler["third"])


def wait_for_health(site: Site) -> None:
    """Wait until the application answers after a restart."""
    deadline = time.monotonic() + 30
    while site.ask("/health/").status != 200:
        assert time.monotonic() < deadline, site.sh("journalctl --no-pager -n 40 -u 'shop_dev@*'")
        time.sleep(0.2)


ALLOWED = (f"{HOME}/.keys", f"{HOME}/.doppler/environment")
RECORD = "/.slipway/environment"


def test_no_secret_stands_where_it_should_not_on_the_host(asking: Planted) -> None:
    site = asking.site
    asking.run("status", "dev")
    asking.run("logs", "dev")
    asking.put("values", "\n".join(asking.values) + "\n")
    places = "/ /run /tmp /dev/shm"
    found = site.sh(
        f"find {places} -xdev -path {FAKE} -prune -o -type f -newermt @{int(asking.began)} -print0"
        f" | xargs -0 grep -laF -f {FAKE}/values || true"
    ).splitlines()
    wrong = [p for p in set(found) if p not in ALLOWED and not p.endswith(RECORD)]
    assert wrong == []
    modes = set(site.sh(f"stat -c '%a %U' {' '.join(map(shlex.quote, found))}").splitlines())
    assert modes == {"600 root"}, modes
    assert site.sh(f"grep -acF -f {FAKE}/values {FAKE}/arguments || true") == "0"
    logged = f"journalctl --no-pager --all --output=export | grep -aF -f {FAKE}/values || true"
    assert site.sh(logged) == ""


def test_no_secret_stands_on_the_controller(asking: Planted) -> None:
    asking.run("status", "dev")
    said = "\n".join(asking.said)
    assert [value for value in asking.values if value in said] == []
    assert asking.arguments == set()
    assert asking.cache.is_dir(), "no fact was cached, so it is not known what would be"
    own = Path(os.environ.get("ANSIBLE_HOME", Path.home() / ".ansible"))
    places = [asking.cache, own, state.directory(), Path("/tmp"), Path("/var/tmp")]  # noqa: S108
    assert [path for place in places for path in holders(place, asking)] == []


def holders(place: Path, planted: Planted) -> list[str]:
    """The files below a place, written since, in which a secret stands."""
    mine = planted.site.inventories.parent
    since = f"@{int(planted.began)}"
    command = ["find", str(place), "-xdev", "-path", str(mine / "inventories"), "-prune", "-o"]
    # The file system of a test host is its own, and looked at there.
    command += ["-type", "f", "-newermt", since, "-size", "-50M", "-print0"]
    listed = subprocess.run(command, capture_output=True, check=False).stdout
    words = [word for value in planted.values for word in ("-e", value)]
    found = subprocess.run(
        ["xargs", "-0", "-r", "grep", "-laF", *words],
        input=listed,
        capture_output=True,
        check=False,
    )
    return found.stdout.decode().splitlines()
