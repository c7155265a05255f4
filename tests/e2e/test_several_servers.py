"""One host each for the database, the application and the web server."""

import dataclasses
import json
from collections.abc import Iterator

import pytest

from slipway import demo

from .site import Site, fresh_hosts, reach, write_environment

GROUPS = ("db", "app", "web")


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    """Three hosts with a release: the site as it is on the web server and the application's."""
    base = tmp_path_factory.mktemp("apart")
    with fresh_hosts(*GROUPS) as (db, app, web):
        write_environment(
            base / "inventories",
            "staging",
            app,
            slipway_database_host=db.address,
            slipway_database_clients=[f"{app.address}/32"],
            base_authorized_keys=[app.key.with_suffix(".pub").read_text().strip()],
            slipway_database_password="p@ss/word's",
        )
        reached = {group: reach(host) for group, host in zip(GROUPS, (db, app, web), strict=True)}
        reached["web"]["nginx_upstreams"] = [f"{app.address}:80"]
        reached["app"]["nginx_trusted_proxies"] = [web.address]
        groups = {group: {"hosts": {group: variables}} for group, variables in reached.items()}
        file = base / "inventories" / "staging" / "hosts.yml"
        file.write_text(json.dumps({"all": {"children": groups}}))
        site = Site(app, base / "inventories", base / "shop")
        demo.update_repository(site.repository)
        site.publish()
        site.succeed("provision", "staging")
        site.succeed("deploy", "staging")
        yield dataclasses.replace(site, host=web), site


def test_a_visitor_of_the_web_server_sees_a_row_of_the_other_host_s_database(
    apart: tuple[Site, Site],
) -> None:
    web, _ = apart
    answer = web.ask("/", name="staging.test")
    assert answer.status == 200, answer.body
    assert "Welcome aboard" in answer.body


def test_the_application_learns_who_asked_the_web_server(apart: tuple[Site, Site]) -> None:
    web, app = apart
    web.ask("/?seen=visitor", name="staging.test", X_Forwarded_For="192.0.2.7")
    found = "journalctl --unit 'shop_staging@*' | grep --fixed-strings seen=visitor"
    line = app.sh(f"for _ in $(seq 25); do {found} && exit; sleep 0.2; done; exit 1")
    assert web.host.address not in line
    assert "192.0.2.7" not in line


def test_the_database_s_password_is_readable_by_root_alone(apart: tuple[Site, Site]) -> None:
    _, app = apart
    assert "DATABASE_URL" not in app.sh("cat /var/www/shop/staging/.env")
    assert "DATABASE_URL" in app.sh("cat /var/www/shop/staging/.keys")
    app.sh("! runuser -u shop_staging -- cat /var/www/shop/staging/.keys")


def test_provisioning_several_hosts_again_changes_nothing(apart: tuple[Site, Site]) -> None:
    _, app = apart
    said = app.succeed("provision", "staging")
    assert " 0 changed" in said.splitlines()[-1], said
