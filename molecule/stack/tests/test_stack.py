"""The whole on one host, as visitors and administrators meet it."""

import json
import re
from collections.abc import Callable

import pytest
from testinfra.host import Host

SERVICES = ("postgresql", "nginx", "demo_dev")

Visit = Callable[[str], str]


def test_a_visitor_sees_a_row_of_the_database(visit: Visit) -> None:
    assert "Welcome aboard" in visit("http://dev.test/")


def test_the_page_s_style_sheet_is_served(visit: Visit) -> None:
    path = re.search(r'href="(/static/\S+\.css)"', visit("http://dev.test/"))
    assert path
    assert "{" in visit(f"http://dev.test{path[1]}")


def test_the_health_view_names_the_live_release(visit: Visit, host: Host) -> None:
    live = host.check_output("basename $(realpath /var/www/demo/dev/current)")
    assert json.loads(visit("http://dev.test/health/"))["release"] == live


@pytest.mark.parametrize("service", SERVICES)
def test_the_site_is_well_after_a_restart_of(visit: Visit, host: Host, service: str) -> None:
    host.check_output(f"systemctl restart {service}")
    assert json.loads(visit("http://dev.test/health/"))["status"] == "ok"


def test_the_site_is_back_after_a_stop_of_everything_and_a_boot(visit: Visit, host: Host) -> None:
    host.check_output(f"systemctl stop {' '.join(reversed(SERVICES))}")
    assert host.run("curl --fail --header 'Host: dev.test' http://127.0.0.1/").rc != 0
    host.check_output("systemctl start multi-user.target")
    assert "Welcome aboard" in visit("http://dev.test/")


def test_no_unit_failed(host: Host) -> None:
    assert not host.check_output("systemctl --failed --quiet --plain")


def test_no_request_is_missing_from_nginx_s_log_after_a_rotation(host: Host) -> None:
    visit = "curl --silent --output /dev/null --header 'Host: dev.test' http://127.0.0.1/probe-$n"
    visits = f"for n in $(seq 1 40); do {visit}; done"
    rotate = "logrotate --force /etc/logrotate.d/nginx"
    host.check_output(f"({visits}) & sleep 0.3; {rotate}; wait; sleep 2")
    old, new = (
        set(re.findall(r"probe-(\d+)", host.check_output(f"cat /var/log/nginx/*access*.log{end}")))
        for end in (".1", "")
    )
    assert len(old | new) == 40, (sorted(old), sorted(new))
    assert new, "every visit came before the rotation"
