"""A server that others can work on, asked as those who may log in, and as those who may not."""

import os
import secrets
import subprocess

import pytest
from testinfra.backend.base import CommandResult
from testinfra.host import Host

DEPLOY, APPLICATION, WEB = "skipper", "shop_staging", "shop_staging_web"
ROOT = "/srv/sites"
UPLOADS, STATIC = f"{ROOT}/mediafiles_staging", f"{ROOT}/staticfiles_staging"


def attempt(host: Host, user: str, how: str) -> CommandResult:
    """Try to log in from this host itself, each time from another of its addresses.

    sshd shuts out for a while where many failures come from, which must not be the controller.
    """
    source = ".".join(["127", *(str(secrets.randbelow(254) + 1) for _ in range(3))])
    ssh = f"ssh -F none -b {source} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    # testinfra takes ssh's own code for a failure of its connection.
    return host.run(f"{how.format(ssh=ssh)} {user}@127.0.0.1 id || exit 1")


def test_deploy_logs_in_with_the_inventory_s_key_and_is_not_root(host: Host) -> None:
    given = host.ansible.get_variables()
    command = ["ssh", "-F", "none", "-o", "IdentityAgent=none", "-o", "BatchMode=yes"]
    command += ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={os.devnull}"]
    command += ["-i", given["ansible_private_key_file"], "-p", str(given["ansible_port"])]
    command += [f"{DEPLOY}@{given['ansible_host']}", "id -un; sudo -n id -un"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [DEPLOY], done.stderr
    assert "password is required" in done.stderr


@pytest.mark.parametrize("user", ["root", DEPLOY, APPLICATION])
def test_a_stranger_s_key_lets_nobody_in(host: Host, user: str) -> None:
    host.check_output("test -e /tmp/key || ssh-keygen -q -t ed25519 -N '' -f /tmp/key")
    done = attempt(host, user, "{ssh} -o BatchMode=yes -i /tmp/key")
    assert "Permission denied" in done.stderr, done


def test_a_password_that_is_guessed_does_not_let_in(host: Host) -> None:
    host.check_output(f"printf '#!/bin/sh\\necho {DEPLOY}' >/tmp/guess && chmod 700 /tmp/guess")
    ask = "SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=/tmp/guess"
    only = "-o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1"
    done = attempt(host, DEPLOY, f"{ask} {{ssh}} {only}")
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
def test_the_web_reads_what_the_application_writes(host: Host, directory: str) -> None:
    write = f"umask 027 && echo yes >{directory}/probe"
    host.check_output(f"runuser -u {APPLICATION} -- sh -c '{write}'")
    assert host.check_output(f"runuser -u nobody -G {WEB} -- cat {directory}/probe") == "yes"


@pytest.mark.parametrize("directory", [UPLOADS, STATIC])
@pytest.mark.parametrize(
    "act", [f"-u {DEPLOY} -- ls", "-u nobody -- ls", f"-u nobody -G {WEB} -- touch"]
)
def test_strangers_do_not_look_there_and_the_web_does_not_write(
    host: Host, act: str, directory: str
) -> None:
    refused = host.run(f"runuser {act} {directory}/intruder")
    assert "Permission denied" in refused.stderr, refused


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
