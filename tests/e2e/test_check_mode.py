"""What a dry run promises is what the real run then does, and the dry run leaves no trace."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from slipway import demo, state, testhost

from . import faults
from .site import Site, write_environment

# Ansible's own reporter: with FAIL_ON_CHANGE a task that changed something is one that "failed".
REPORTER = {
    "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit",
    "JUNIT_FAIL_ON_CHANGE": "true",
    "JUNIT_HIDE_TASK_ARGUMENTS": "true",
}
# All that a run makes or changes; logs change by themselves, and so do connections to the database,
# when the timer asks for the health.
TRACES = """
find /etc /home /lib/systemd /opt /root /run/slipway /usr/local /var/cache/slipway \
    /var/www /tmp/* /var/tmp/* -not -path '/var/www/logs/*.log' \
    -not -path '*/systemd-private-*' \
    -printf '%p %m %u:%g %T@ %l\\n' 2>/dev/null | sort
getent passwd; getent group; dpkg-query --show
systemctl list-unit-files --no-legend; systemctl list-units --no-legend --plain --state=active \
    --type=service 'shop*' 'postgresql*' 'nginx*'
pgrep --list-full 'gunicorn|postgres$|nginx' | grep --fixed-strings --invert-match '[local]'
! command -v psql || runuser -u postgres -- psql -Atc \
    'SELECT rolname FROM pg_roles; SELECT datname, datacl FROM pg_database'
"""
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
SECRET = "what nobody may read"


class Run(NamedTuple):
    """What a run changed, by host, play and task, and what it said."""

    changed: set[str]
    said: str


class Rehearsal(NamedTuple):
    """A dry run, what it left on the server, and the real run after it."""

    promised: Run
    traces: set[str]
    done: Run


def run(site: Site, *words: str) -> Run:
    """Run playbooks of the checkout, which must succeed."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [PLAYBOOK, "-i", site.inventories / "dev", *words],
            cwd=state.CHECKOUT,
            env=os.environ | REPORTER | {"JUNIT_OUTPUT_DIR": directory},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        trees = [ElementTree.parse(path) for path in Path(directory).iterdir()]  # noqa: S314
    cases = [case for tree in trees for case in tree.iter("testcase")]
    assert cases, done.stdout
    changed = {str(case.get("name")) for case in cases if case.find("failure") is not None}
    return Run(changed, done.stdout)


def dry_run(site: Site, *playbooks: str) -> tuple[Run, set[str]]:
    """A dry run of playbooks, and what is another on the server after it."""
    before = site.sh(TRACES).splitlines()
    promised = run(site, *playbooks, "--check", "--diff")
    return promised, set(before) ^ set(site.sh(TRACES).splitlines())


def rehearse(site: Site, *names: str) -> Rehearsal:
    """A dry run of playbooks, and then the real one."""
    playbooks = [f"playbooks/{name}.yml" for name in names]
    promised, traces = dry_run(site, *playbooks)
    return Rehearsal(promised, traces, run(site, *playbooks))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A host on which nothing was done yet."""
    base = tmp_path_factory.mktemp("check")
    testhost.down("e2e-check")
    host = testhost.up("e2e-check")
    secrets = {"postgres_password": SECRET, "django_secrets": {"SECRET_KEY": SECRET}}
    write_environment(base / "inventories", "dev", host, **secrets)
    site = Site(host, base / "inventories", base / "shop")
    demo.update_repository(site.repository)
    site.publish()
    yield site
    testhost.down("e2e-check")


@pytest.fixture(scope="module")
def begun(server: Site) -> Rehearsal:
    """A new server is brought to its first release."""
    return rehearse(server, "site", "deploy")


@pytest.fixture(scope="module")
def settled(server: Site, begun: object) -> Rehearsal:
    """Nothing is to be done."""
    return rehearse(server, "site", "deploy")


@pytest.fixture(scope="module")
def altered(server: Site, settled: object) -> Rehearsal:
    """The inventory says something else, and there is a commit with a migration."""
    faults.configure(
        server,
        django_system_packages=["tree"],
        gunicorn_systemd_workers=1,
        nginx_client_max_body_size="30m",
        postgres_max_connections=90,
        postgres_extensions=["citext"],
    )
    path, text = faults.next_migration(server, "pass")
    path.write_text(text)
    server.commit("A migration")
    return rehearse(server, "site", "deploy")


@pytest.fixture(scope="module")
def gone_back(server: Site, altered: object) -> Rehearsal:
    """The release before is the one that answers again."""
    return rehearse(server, "rollback")


@pytest.fixture(params=["begun", "settled", "altered", "gone_back"])
def rehearsal(request: pytest.FixtureRequest) -> Rehearsal:
    """One of the stages."""
    stage: Rehearsal = request.getfixturevalue(request.param)
    return stage


def test_what_a_dry_run_promises_is_what_is_done(rehearsal: Rehearsal) -> None:
    promised, _traces, done = rehearsal
    assert promised.changed == done.changed, promised.said + done.said


def test_a_dry_run_leaves_no_trace(rehearsal: Rehearsal) -> None:
    assert rehearsal.traces == set(), rehearsal.promised.said


def test_a_dry_run_shows_no_secret(rehearsal: Rehearsal) -> None:
    assert SECRET not in rehearsal.promised.said


def test_where_nothing_is_to_be_done_nothing_is_promised(settled: Rehearsal) -> None:
    assert settled.promised.changed == set(), settled.promised.said


@pytest.mark.parametrize(
    "task",
    [
        *(
            "Install what packages of Python are built with",
            "Make the instance's role and database",
        ),
        *("Restart PostgreSQL", "Reload nginx", "Build", "Migrate"),
    ],
)
def test_a_pending_change_is_promised(altered: Rehearsal, task: str) -> None:
    assert any(name.endswith(task) for name in altered.promised.changed), altered.promised.said
