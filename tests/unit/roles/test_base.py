"""The deploy user's keys and rights, and the directories of an instance."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.roles.conftest import Evaluate, Render

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMgaXMgbm8ga2V5 ada@example.com"
CLOUD = 'no-port-forwarding,command="echo Please login as ubuntu" ssh-rsa AAAA root@image'
VISUDO = shutil.which("visudo", path=f"{os.environ['PATH']}:/usr/sbin")
APT_CONFIG = shutil.which("apt-config")


def keys(text: str) -> list[str]:
    """The lines of an authorized_keys that let somebody in."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_keys_of_the_inventory_are_all_that_let_in(render: Render) -> None:
    text = render("base", "authorized_keys.j2", base_authorized_keys=[KEY])
    assert keys(text) == [KEY]


def test_without_them_the_keys_that_let_us_in_still_do(render: Render) -> None:
    found = {"stdout_lines": ["# of the image", CLOUD, KEY, "", f"ecdsa-{KEY}", f"sk-{KEY}"]}
    text = render("base", "authorized_keys.j2", __base_login_keys=found)
    assert keys(text) == [KEY, f"ecdsa-{KEY}", f"sk-{KEY}"]


def test_no_key_is_read_where_the_inventory_has_them(render: Render) -> None:
    skipped = {"skipped": True}
    text = render(
        "base", "authorized_keys.j2", base_authorized_keys=[KEY], __base_login_keys=skipped
    )
    assert keys(text) == [KEY]


@pytest.mark.skipif(not VISUDO, reason="visudo is not on this machine")
@pytest.mark.parametrize("user", ["deploy", "ada.lovelace"])
def test_sudo_takes_the_rule(render: Render, tmp_path: Path, user: str) -> None:
    rule = tmp_path / "rule"
    rule.write_text(render("base", "sudoers.j2", slipway_deploy_user=user))
    rule.chmod(0o440)
    command = [str(VISUDO), "--check", "--owner", "--perms", "--file", str(rule)]
    said = subprocess.run(command[:2] + command[4:], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize(
    ("groups", "application"),
    [
        (["app", "db", "web"], True),
        (["app"], True),
        (["web"], True),
        (["db", "web"], True),
        (["db"], False),
    ],
)
def test_a_host_of_the_database_alone_gets_no_application(
    evaluate: Evaluate, groups: list[str], application: bool
) -> None:
    assert evaluate("base", "base_application", group_names=groups) is application


def test_only_the_application_and_nginx_read_uploads_and_root_owns_the_rest(
    evaluate: Evaluate,
) -> None:
    found = evaluate("base", "__base_directories")
    others = {item["path"]: item.get("mode", "0755")[-1] for item in found}
    # The module's own default.
    by_root = {"owner": "root", "group": "root"}
    owners = {item["path"]: "{owner}:{group}".format(**by_root | item) for item in found}
    assert owners.pop("/var/www/mediafiles_dev") == "shop_dev:shop_dev_web"
    assert owners.pop("/var/www/staticfiles_dev") == "shop_dev:shop_dev_web"
    assert set(owners.values()) == {"root:root"}, owners
    assert others["/var/www/mediafiles_dev"] == others["/var/www/staticfiles_dev"] == "0"


@pytest.mark.parametrize(
    ("said", "packages", "installs"),
    [
        (True, ["curl", "unattended-upgrades"], "1"),
        (False, ["curl"], "0"),
        ("false", ["curl"], "0"),
    ],
    ids=["yes", "no", "no from the command line"],
)
def test_updates_that_come_by_themselves_can_be_declined(
    render: Render, evaluate: Evaluate, said: object, packages: list[str], installs: str
) -> None:
    off = {"base_firewall": False, "base_fail2ban": False, "base_time_daemons": []}
    given = {"base_unattended_upgrades": said, "base_packages": ["curl"], **off}
    assert evaluate("base", "__base_packages", **given) == packages
    text = render("base", "apt.conf.j2", **given)
    assert f'APT::Periodic::Unattended-Upgrade "{installs}";' in text


@pytest.mark.skipif(not APT_CONFIG, reason="apt is not on this machine")
@pytest.mark.parametrize("said", [True, False])
def test_apt_takes_its_settings(render: Render, tmp_path: Path, said: bool) -> None:
    (tmp_path / "apt.conf").write_text(render("base", "apt.conf.j2", base_unattended_upgrades=said))
    command = [str(APT_CONFIG), f"--config-file={tmp_path}/apt.conf", "dump"]
    dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert 'Unattended-Upgrade::Automatic-Reboot "false";' in dump.splitlines()


def test_a_dry_run_installs_no_python_and_says_so(evaluate: Evaluate) -> None:
    command = evaluate("base", "__base_dry_python")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("This server has no Python yet"), done.stderr


def settings(text: str) -> list[str]:
    """The lines of a configuration that say something."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_sshd_takes_keys_alone_and_the_inventory_s_settings_first(render: Render) -> None:
    own = {"MaxAuthTries": 3, "Port": [22, 2222], "AllowTcpForwarding": False}
    found = settings(render("base", "sshd.conf.j2", base_ssh_settings=own))
    assert found[:4] == ["MaxAuthTries 3", "Port 22", "Port 2222", "AllowTcpForwarding no"]
    assert {"PasswordAuthentication no", "KbdInteractiveAuthentication no"} <= set(found)
    assert "AllowAgentForwarding yes" in found, "git on the server may need the agent"


@pytest.mark.parametrize(("login", "said"), [(True, "prohibit-password"), ("false", "no")])
def test_root_comes_in_by_key_or_not_at_all(render: Render, login: object, said: str) -> None:
    found = settings(render("base", "sshd.conf.j2", base_ssh_root_login=login))
    assert f"PermitRootLogin {said}" in found


def test_bans_are_of_the_ports_that_sshd_has(render: Render) -> None:
    given = {"__base_sshd": {"ports": [22, 2222]}, "base_fail2ban_ignored": ["198.51.100.0/24"]}
    found = settings(render("base", "jail.conf.j2", **given))
    assert {"port = 22,2222", "bantime = 3600", "enabled = true"} <= set(found)
    assert "ignoreip = 127.0.0.0/8 ::1 198.51.100.0/24" in found


@pytest.mark.parametrize(
    ("groups", "more", "ports"),
    [
        (["app", "db", "web"], {}, ["80/tcp", "80/tcp", "443/tcp", "443/udp"]),
        (["web"], {"slipway_http_port": 8000}, ["8000/tcp", "80/tcp", "443/tcp", "443/udp"]),
        (["db"], {}, []),
        (["db"], {"slipway_database_clients": ["10.0.0.11"]}, ["5432/tcp"]),
        (["db"], {"base_firewall_ports": [{"port": 9100}]}, ["9100/tcp"]),
        (
            ["app"],
            {"slipway_database_clients": ["10.0.0.11"]},
            ["80/tcp", "80/tcp", "443/tcp", "443/udp"],
        ),
    ],
)
def test_a_host_opens_what_its_groups_serve(
    evaluate: Evaluate, groups: list[str], more: dict[str, object], ports: list[str]
) -> None:
    found = evaluate("base", "__base_open_ports", group_names=groups, **more)
    assert [f"{each['port']}/{each.get('protocol', 'tcp')}" for each in found] == ports


def test_postgres_is_open_to_its_clients_alone(evaluate: Evaluate) -> None:
    given = {"slipway_database_clients": ["10.0.0.11", "app2.internal"]}
    (found,) = evaluate("base", "__base_open_ports", group_names=["db"], **given)
    assert found["from"] == ["10.0.0.11", "app2.internal"]


@pytest.mark.parametrize("firewall", [True, False])
@pytest.mark.parametrize("fail2ban", [True, False])
def test_what_is_switched_off_is_not_installed(
    evaluate: Evaluate, firewall: bool, fail2ban: bool
) -> None:
    given = {"base_firewall": firewall, "base_fail2ban": fail2ban}
    found = evaluate("base", "__base_packages", **given)
    assert ("fail2ban" in found, "nftables" in found) == (fail2ban, firewall or fail2ban)
    assert len(found) == len(set(found))
