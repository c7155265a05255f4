"""Bad input: one clear sentence, exit status 1, and nothing on the server touched."""

import json
import shutil

import pytest

from .site import Site, write_environment


def sentences(output: str) -> list[str]:
    """What was said to the person besides the command and the count."""
    return [line for line in output.splitlines() if line.startswith(("FAILED", "invoke:"))]


def assert_refused(site: Site, words: list[str], expected: str) -> None:
    before = site.state()
    done = site.invoke(*words)
    said = sentences(done.stdout)
    assert done.returncode == 1, done.stdout
    assert len(said) == 1, done.stdout
    assert expected in said[0], done.stdout
    assert "Traceback" not in done.stdout
    assert site.state() == before


def test_an_unknown_environment_is_refused(site: Site) -> None:
    expected = f"There is no environment 'prd' in {site.inventories}. Did you mean prod?"
    assert_refused(site, ["deploy", "prd"], expected)


def test_a_branch_that_does_not_exist_is_refused(site: Site) -> None:
    expected = "'mian' is no branch, tag or commit of /srv/shop.bundle. Did you mean main?"
    assert_refused(site, ["deploy", "dev", "--branch", "mian"], expected)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"nginx_hostname": "x.test"}, "nginx_hostname is no variable of Slipway: did you mean"),
        ({"django_brnach": "main"}, "did you mean django_branch?"),
        ({"gunicorn_systemd_workers": "many"}, "gunicorn_systemd_workers"),
        ({"slipway_project": "My Shop"}, "slipway_project is 'My Shop'"),
    ],
)
@pytest.mark.parametrize("task", ["deploy", "provision"])
def test_a_wrong_variable_is_refused(
    site: Site, variables: dict[str, object], expected: str, task: str
) -> None:
    write_environment(site.inventories, "wrong", site.host, **variables)
    try:
        assert_refused(site, [task, "wrong"], expected)
    finally:
        shutil.rmtree(site.inventories / "wrong")


def test_a_host_that_does_not_answer_is_named(site: Site) -> None:
    write_environment(site.inventories, "away", site.host)
    hosts = site.inventories / "away" / "hosts.yml"
    reach = json.dumps(site.host.ssh_port)
    hosts.write_text(hosts.read_text().replace(reach, "1"))
    try:
        assert_refused(site, ["deploy", "away"], "server does not answer over SSH")
    finally:
        shutil.rmtree(site.inventories / "away")


def test_an_instance_that_was_not_provisioned_says_so(site: Site) -> None:
    write_environment(site.inventories, "staging", site.host)
    try:
        assert_refused(site, ["deploy", "staging"], "run `invoke provision staging`")
    finally:
        shutil.rmtree(site.inventories / "staging")


def test_a_second_project_in_the_same_root_is_refused(site: Site) -> None:
    write_environment(
        site.inventories, "other", site.host, slipway_project="blog", slipway_env="dev"
    )
    try:
        assert_refused(site, ["provision", "other"], "set another slipway_root")
    finally:
        shutil.rmtree(site.inventories / "other")


def test_an_inventory_without_an_application_host_is_refused(site: Site) -> None:
    write_environment(site.inventories, "empty", site.host)
    hosts = "all: {children: {apps: {hosts: {server: }}}}"
    (site.inventories / "empty" / "hosts.yml").write_text(hosts)
    try:
        assert_refused(site, ["deploy", "empty"], "has no host in its group app")
    finally:
        shutil.rmtree(site.inventories / "empty")


@pytest.mark.parametrize(
    ("place", "put", "expected"),
    [
        (
            "/etc/os-release",
            'printf \'ID=ubuntu\\nVERSION_ID="20.04"\\nPRETTY_NAME="Ubuntu 20.04.6 LTS"\\n\' >$old',
            "PostgreSQL 12 is too old: upgrade it to Ubuntu 22.04 or newer with do-release-upgrade",
        ),
        (
            "/usr/bin/python3",
            "printf '#!/bin/sh\\necho 3.8\\n' >$old && chmod 755 $old",
            "/usr/bin/python3 is 3.8 here",
        ),
        (
            "/usr/lib/postgresql",
            "mkdir -p $old/13/bin && ln -s /bin/true $old/13/bin/postgres",
            "PostgreSQL 13 is installed here, and Slipway needs 14 or newer",
        ),
    ],
    ids=["distribution", "Python", "PostgreSQL"],
)
def test_a_server_that_is_too_old_is_refused(
    site: Site, place: str, put: str, expected: str
) -> None:
    site.sh(f"old=$(mktemp -u) && {put} && mount --bind $old {place}")
    try:
        assert_refused(site, ["provision", "dev"], expected)
    finally:
        site.sh(f"umount {place}")
