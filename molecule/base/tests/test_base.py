"""A server that others can work on, asked as those who may log in, and as those who may not."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from testinfra.host import Host

DEPLOY, APPLICATION, WEB = "skipper", "shop_staging", "shop_staging_web"
ROOT = "/srv/sites"
UPLOADS, STATIC = f"{ROOT}/mediafiles_staging", f"{ROOT}/staticfiles_staging"

Login = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def login(host: Host) -> Login:
    """Log in over SSH from this machine, with the inventory's key or another way."""
    given = host.ansible.get_variables()
    options = ["-F", "none", "-o", "IdentityAgent=none", "-p", str(given["ansible_port"])]
    options += ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={os.devnull}"]
    invited = ["-i", given["ansible_private_key_file"]]

    def run(
        user: str, *how: str, script: str = "id", **env: str
    ) -> subprocess.CompletedProcess[str]:
        command = ["ssh", *options, *(how or invited), f"{user}@{given['ansible_host']}", script]
        env["PATH"] = os.environ["PATH"]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    return run


def test_deploy_logs_in_with_the_inventory_s_key_and_becomes_root(login: Login) -> None:
    done = login(DEPLOY, script="id -un && sudo -n id -un")
    assert done.stdout.split() == [DEPLOY, "root"], done.stderr


@pytest.mark.parametrize("user", ["root", DEPLOY, APPLICATION])
def test_a_stranger_s_key_lets_nobody_in(login: Login, tmp_path: Path, user: str) -> None:
    key = str(tmp_path / "key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    done = login(user, "-i", key, "-o", "BatchMode=yes")
    assert "Permission denied" in done.stderr, done


def test_a_password_that_is_guessed_does_not_let_in(login: Login, tmp_path: Path) -> None:
    (tmp_path / "guess").write_text(f"#!/bin/sh\necho {DEPLOY}\n")
    (tmp_path / "guess").chmod(0o700)
    how = ["-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1"]
    env = {"SSH_ASKPASS": str(tmp_path / "guess"), "SSH_ASKPASS_REQUIRE": "force"}
    done = login(DEPLOY, *how, **env)
    assert "Permission denied" in done.stderr, done


def test_no_account_has_a_password(host: Host) -> None:
    hashes = [line.split(":")[:2] for line in host.check_output("getent shadow").splitlines()]
    assert [name for name, word in hashes if word[:1] not in ("!", "*")] == []


@pytest.mark.parametrize("user", [APPLICATION, "www-data", "nobody"])
def test_nobody_else_becomes_root(host: Host, user: str) -> None:
    done = host.run(f"runuser -u {user} -- sudo -n id")
    assert done.rc != 0, done.stdout
    assert "password is required" in done.stderr


def test_nobody_works_in_a_shell_of_the_application_s_user(host: Host) -> None:
    done = host.run(f"su --login {APPLICATION} --command id")
    assert done.rc != 0, done.stdout


@pytest.mark.parametrize("directory", [UPLOADS, STATIC])
def test_what_the_application_writes_the_web_reads_and_no_stranger(
    host: Host, directory: str
) -> None:
    file = f"{directory}/probe"
    host.check_output(f"runuser -u {APPLICATION} -- sh -c 'umask 027 && echo yes >{file}'")
    assert host.check_output(f"runuser -u nobody -G {WEB} -- cat {file}") == "yes"
    assert host.run(f"runuser -u {DEPLOY} -- cat {file}").rc != 0
    refused = host.run(f"runuser -u nobody -- cat {file}")
    assert "Permission denied" in refused.stderr, refused
    assert host.run(f"runuser -u nobody -G {WEB} -- touch {directory}/intruder").rc != 0


@pytest.mark.parametrize("user", [APPLICATION, DEPLOY, "nobody"])
@pytest.mark.parametrize(
    "directory", [ROOT, f"{ROOT}/shop", f"{ROOT}/shop/staging", f"{ROOT}/logs", "/etc/slipway"]
)
def test_root_alone_writes_where_code_logs_and_configuration_lie(
    host: Host, directory: str, user: str
) -> None:
    assert host.check_output(f"stat --format=%U:%G:%a {directory}") == "root:root:755"
    refused = host.run(f"runuser -u {user} -- touch {directory}/intruder")
    assert "Permission denied" in refused.stderr, refused


def test_security_updates_would_be_installed(host: Host) -> None:
    done = host.run("unattended-upgrade --dry-run --debug")
    assert done.rc == 0, done.stdout + done.stderr
    origins = re.search("Allowed origins are: (.+)", done.stdout)
    assert origins, done.stdout
    assert "security" in origins[1].lower()


@pytest.mark.parametrize("timer", ["apt-daily.timer", "apt-daily-upgrade.timer"])
def test_they_come_every_day_after_a_reboot_too(host: Host, timer: str) -> None:
    assert host.check_output(f"systemctl is-enabled {timer}") == "enabled"
    assert host.check_output(f"systemctl show -P NextElapseUSecRealtime {timer}")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("APT::Periodic::Update-Package-Lists", "1"),
        ("APT::Periodic::Unattended-Upgrade", "1"),
        ("Unattended-Upgrade::Automatic-Reboot", "false"),
    ],
)
def test_apt_is_told_to_update_but_not_to_reboot(host: Host, setting: str, value: str) -> None:
    assert host.check_output(f"apt-config dump {setting}") == f'{setting} "{value}";'
