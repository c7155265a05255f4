"""One host each for the database, the application and the web server."""

import dataclasses
import json
from collections.abc import Iterator

import pytest

from slipway import demo, testhost

from .conftest import Site, write_environment

GROUPS = ("db", "app", "web")


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three hosts with a release; the site is asked on the web server."""
    base = tmp_path_factory.mktemp("apart")
    hosts = {group: testhost.up(f"e2e-{group}") for group in GROUPS}
    write_environment(
        base / "inventories",
        "staging",
        hosts["app"],
        slipway_database_host=hosts["db"].address,
        slipway_database_clients=[f"{hosts['app'].address}/32"],
        base_authorized_keys=[hosts["app"].key.with_suffix(".pub").read_text().strip()],
        slipway_database_password="p@ss/word's",
    )
    inventory = {}
    for group, host in hosts.items():
        reach = host.inventory_vars()
        del reach["ansible_user"]
        if group == "web":
            reach["nginx_upstreams"] = [f"{hosts['app'].address}:80"]
        inventory[group] = {"hosts": {group: reach}}
    file = base / "inventories" / "staging" / "hosts.yml"
    file.write_text(json.dumps({"all": {"children": inventory}}))
    site = Site(hosts["app"], base / "inventories", base / "shop")
    demo.update_repository(site.repository)
    site.publish()
    site.succeed("provision", "staging")
    site.succeed("deploy", "staging")
    yield dataclasses.replace(site, host=hosts["web"])
    for group in GROUPS:
        testhost.down(f"e2e-{group}")


def test_a_visitor_of_the_web_server_sees_a_row_of_the_other_host_s_database(apart: Site) -> None:
    answer = apart.ask("/", name="staging.test")
    assert answer.status == 200, answer.body
    assert "Welcome aboard" in answer.body


def test_the_database_s_password_is_readable_by_root_alone(apart: Site) -> None:
    app = dataclasses.replace(apart, host=testhost.up("e2e-app"))
    assert "DATABASE_URL" not in app.sh("cat /var/www/shop/staging/.env")
    assert "DATABASE_URL" in app.sh("cat /var/www/shop/staging/.keys")
    app.sh("! runuser -u shop_staging -- cat /var/www/shop/staging/.keys")


def test_provisioning_several_hosts_again_changes_nothing(apart: Site) -> None:
    said = apart.succeed("provision", "staging")
    assert " 0 changed" in said.splitlines()[-1], said
