"""The whole stack on one host, asked as a visitor, an administrator and a stranger."""

import json
import re

import pytest
from testinfra.host import Host

ASK = "curl --silent --show-error --header 'Host: dev.test' http://127.0.0.1"


def answer(host: Host, path: str) -> str:
    """What nginx answers to a visitor; a failure shows the application's journal."""
    done = host.run(f"{ASK}{path}")
    log = host.run("journalctl --no-pager --lines=20 --unit='demo_dev@*'").stdout
    assert done.rc == 0, f"{done.stderr}\n{log}"
    return done.stdout


def test_a_visitor_sees_a_row_of_the_database(host: Host) -> None:
    assert "Welcome aboard" in answer(host, "/")


def test_the_page_s_style_sheet_is_served(host: Host) -> None:
    path = re.search(r'href="(/static/\S+\.css)"', answer(host, "/"))
    assert path
    assert "{" in answer(host, path[1])


def test_the_health_view_names_the_live_release(host: Host) -> None:
    live = host.run("basename $(readlink /var/www/demo/dev/current)").stdout.strip()
    assert json.loads(answer(host, "/health/"))["release"] == live


def test_no_unit_failed(host: Host) -> None:
    assert not host.run("systemctl --failed --quiet --plain").stdout


def test_the_application_reaches_its_database_without_a_password(host: Host) -> None:
    done = host.run("runuser -u demo_dev -- psql --no-password demo_dev --command 'SELECT 1'")
    assert done.rc == 0, done.stderr


def test_a_stranger_reaches_no_database(host: Host) -> None:
    done = host.run("runuser -u nobody -- psql --no-password demo_dev --command 'SELECT 1'")
    assert done.rc != 0, done.stdout


def test_postgresql_is_recent_enough(host: Host) -> None:
    version = host.check_output("runuser -u postgres -- psql -qtAc 'SHOW server_version_num'")
    assert int(version) >= 140000


@pytest.mark.parametrize("path", [".env", ".keys", "current/.slipway/environment"])
def test_a_stranger_reads_no_variables(host: Host, path: str) -> None:
    assert host.check_output(f"cat /var/www/demo/dev/{path}")
    assert host.run(f"runuser -u nobody -- cat /var/www/demo/dev/{path}").rc != 0


def test_the_application_is_restarted_when_it_is_killed(host: Host) -> None:
    slot = host.check_output("systemctl list-units --plain --no-legend 'demo_dev@*'").split()[0]
    before = host.check_output(f"systemctl show -P MainPID {slot}")
    host.check_output(f"kill -9 {before}")
    ask = f"{ASK}/health/ --fail --retry 20 --retry-delay 1 --retry-all-errors --output /dev/null"
    assert host.run(ask).rc == 0
    assert host.check_output(f"systemctl show -P MainPID {slot}") != before


def test_the_sandbox_of_the_unit_is_tight(host: Host) -> None:
    slot = host.check_output("systemctl list-units --plain --no-legend 'demo_dev@*'").split()[0]
    last = host.check_output(f"systemd-analyze security --no-pager {slot}").splitlines()[-1]
    exposure = re.search(r"(\d+\.\d+)", last)
    assert exposure, last
    assert float(exposure[1]) <= 2.0, last
