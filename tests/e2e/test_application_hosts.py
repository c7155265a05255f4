"""Two application hosts end on the same release, whatever one of them does."""

import dataclasses
import json
from collections.abc import Iterator

import pytest

from slipway import demo

from .site import BUNDLE, Site, fresh_hosts, reach, write_environment

NAMES = ("one", "two")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    """Two hosts of one instance with a release; the database is the first one's."""
    base = tmp_path_factory.mktemp("pair")
    with fresh_hosts(*NAMES) as hosts:
        write_environment(
            base / "inventories",
            "prod",
            hosts[0],
            slipway_hostnames=["prod.test"],
            slipway_database_host=hosts[0].address,
            slipway_database_clients=[f"{host.address}/32" for host in hosts],
            slipway_database_password="between the two",
            base_authorized_keys=[hosts[0].key.with_suffix(".pub").read_text().strip()],
        )
        reached = {name: reach(host) for name, host in zip(NAMES, hosts, strict=True)}
        groups = {"app": {"hosts": reached}, "db": {"hosts": {"one": None}}}
        file = base / "inventories" / "prod" / "hosts.yml"
        file.write_text(json.dumps({"all": {"children": groups}}))
        first = Site(hosts[0], base / "inventories", base / "shop")
        second = dataclasses.replace(first, host=hosts[1])
        demo.update_repository(first.repository)
        publish(first, second)
        first.succeed("provision", "prod", "--yes")
        first.succeed("deploy", "prod", "--yes")
        yield first, second


def publish(*sites: Site) -> None:
    """Let every host fetch the application's newest commit."""
    for site in sites:
        site.publish()


def commits(*sites: Site) -> list[str]:
    """The commit that each host answers with."""
    bodies = [json.loads(site.ask("/health/", name="prod.test").body) for site in sites]
    return [body["release"].rpartition("-")[2] for body in bodies]


def leases(*sites: Site) -> list[str]:
    """The leases that stand on the hosts."""
    return [site.sh("cat /run/slipway/*.lease 2>/dev/null || true") for site in sites]


def test_a_release_reaches_every_host(pair: tuple[Site, Site]) -> None:
    commit = pair[0].commit("For both")
    publish(*pair)
    said = pair[0].succeed("deploy", "prod", "--yes")
    assert commits(*pair) == [commit[:7]] * 2, said
    assert leases(*pair) == ["", ""]


def test_where_the_second_host_fails_the_first_one_goes_back(pair: tuple[Site, Site]) -> None:
    before = commits(*pair)
    commit = pair[0].commit("The second host has no web server")
    publish(*pair)
    pair[1].sh("systemctl stop nginx")
    done = pair[0].invoke("deploy", "prod", "--yes")
    pair[1].sh("systemctl start nginx")
    assert done.returncode == 1, done.stdout
    assert "two: /health/ did not answer" in done.stdout, done.stdout
    assert commits(*pair) == before, done.stdout
    assert leases(*pair) == ["", ""], done.stdout
    said = pair[0].succeed("deploy", "prod", "--yes")
    assert commits(*pair) == [commit[:7]] * 2, said


def test_a_rollback_takes_every_host_back(pair: tuple[Site, Site]) -> None:
    now = commits(*pair)
    said = pair[0].succeed("rollback", "prod", "--yes")
    assert len(set(commits(*pair))) == 1, said
    assert commits(*pair) != now
    assert leases(*pair) == ["", ""]
    assert BUNDLE not in said


def test_where_one_host_cannot_build_nothing_is_switched_and_no_lease_is_left(
    pair: tuple[Site, Site],
) -> None:
    before = commits(*pair)
    pair[0].commit("The second host has no uv")
    publish(*pair)
    pair[1].sh("mv /usr/local/bin/uv /usr/local/bin/uv.away")
    done = pair[0].invoke("deploy", "prod", "--yes")
    pair[1].sh("mv /usr/local/bin/uv.away /usr/local/bin/uv")
    assert done.returncode == 1, done.stdout
    assert commits(*pair) == before
    assert leases(*pair) == ["", ""], done.stdout


def test_a_lease_of_one_host_keeps_a_run_from_all(pair: tuple[Site, Site]) -> None:
    lease = '{"id": "x", "who": "bob@desk", "action": "deploy", "began": 0, "until": 1e9}'
    pair[1].sh(f"echo '{lease}' >/run/slipway/shop_prod.lease")
    done = pair[0].invoke("deploy", "prod", "--yes")
    pair[1].sh("rm /run/slipway/shop_prod.lease")
    assert done.returncode == 1, done.stdout
    assert "bob@desk" in done.stdout, done.stdout
    assert leases(*pair) == ["", ""], done.stdout
