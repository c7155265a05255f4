"""Who and what gets into a server, tried from another one: by ports, passwords, keys, and guessing.

A run has the tasks of tag access alone, but for the first.
"""

import json
import os
import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slipway import state, testhost
from slipway.testhost.host import TestHost

from .site import fresh_hosts, reach

PLAYBOOK = [
    {
        "hosts": "all",
        "gather_facts": False,
        "become": True,
        "force_handlers": True,
        "roles": ["slipway.django.base"],
    }
]
SERVER, STRANGER = "fd00:51::1", "fd00:51::2"
BAN_SECONDS, PATIENCE_SECONDS = 12, 30
# What answers at all, open or not; the rest is silent.
SCAN = """
import errno, resource, select, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (10000, 10000))
family = socket.getaddrinfo(sys.argv[1], 1)[0][0]
poll, knocking, found = select.poll(), {}, []
for port in range(1, 9000):
    door = socket.socket(family)
    door.setblocking(False)
    door.connect_ex((sys.argv[1], port))
    knocking[door.fileno()] = door, port
    poll.register(door, select.POLLOUT)
deadline = time.monotonic() + 2
while time.monotonic() < deadline:
    for number, _event in poll.poll(100):
        door, port = knocking[number]
        poll.unregister(door)
        if door.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (0, errno.ECONNREFUSED):
            found.append(port)
print(*sorted(found))
"""
LISTEN = "systemd-run --quiet --unit=listen-{0} python3 -m http.server --bind :: {0}"
IPV6 = "mount -o remount,rw /proc/sys && sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0"
QUIET = "-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=3"


@dataclass
class Pair:
    """A server with an inventory, and a stranger's machine."""

    server: TestHost
    stranger: TestHost
    base: Path
    variables: dict[str, Any]

    def provision(self, *words: str, **variables: object) -> subprocess.CompletedProcess[str]:
        """Run role base with more variables than the inventory's."""
        everything = self.variables | variables
        hosts = {"all": {"hosts": {"server": reach(self.server)}, "vars": everything}}
        (self.base / "hosts.yml").write_text(json.dumps(hosts))
        (self.base / "play.yml").write_text(json.dumps(PLAYBOOK))
        program = Path(sys.executable).with_name("ansible-playbook")
        return subprocess.run(
            [program, "-i", self.base / "hosts.yml", self.base / "play.yml", *words],
            cwd=state.CHECKOUT,
            env=os.environ | {"ANSIBLE_TIMEOUT": "2"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def access(self, **variables: object) -> str:
        """Run what decides who gets in, which must succeed; what it said."""
        done = self.provision("--tags=access", **variables)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def refused(self, **variables: object) -> str:
        """The same, which must fail."""
        done = self.provision("--tags=access", **variables)
        assert done.returncode != 0, done.stdout
        return done.stdout

    def sh(self, script: str) -> str:
        """Run a script as root on the server, which must succeed; its output."""
        return output(self.server, script)

    def knock(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script on the stranger's machine."""
        return testhost.exec_(self.stranger.name, ["sh", "-c", script])

    def answering(self, address: str) -> set[int]:
        """The first ports of the server that answer the stranger."""
        found = output(self.stranger, f"python3 -c {shlex.quote(SCAN)} {address}")
        return set(map(int, found.split()))

    def login(
        self, user: str, key: str, command: str = "id -un"
    ) -> subprocess.CompletedProcess[str]:
        """Log in from the stranger's machine with a key."""
        words = f"-o BatchMode=yes -i /root/{key} {user}@{SERVER} {command}"
        return self.knock(f"{self.moved()} && ssh -b $here {QUIET} {words}")

    @staticmethod
    def moved() -> str:
        """What gives the stranger another address, in $here: who fails often is shut out."""
        here = f"fd00:51::{secrets.randbelow(0xFFFF):x}:1"
        return f"here={here} && ip -6 addr add $here/64 dev eth0 nodad"

    def guess(self, address: str, seconds: int = 20) -> subprocess.CompletedProcess[str]:
        """Log in from the stranger's machine with the right password of user guess."""
        ask = f"SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=/root/word timeout {seconds}"
        return self.knock(f"{ask} ssh {QUIET} -o PubkeyAuthentication=no guess@{address} id -un")


def output(host: TestHost, script: str) -> str:
    """What a script says that must succeed."""
    done = testhost.exec_(host.name, ["sh", "-c", script])
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def person(pair: Pair, name: str, **more: object) -> dict[str, Any]:
    """A person of the inventory, with the key of the same name on the stranger's machine."""
    return {"name": name, "keys": [output(pair.stranger, f"cat /root/{name}.pub")], **more}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A server that was provisioned, and a machine that has nothing to do with it."""
    with fresh_hosts("guarded", "stranger") as (server, stranger):
        for host, address in ((server, SERVER), (stranger, STRANGER)):
            output(host, f"{IPV6} && ip -6 addr add {address}/64 dev eth0 nodad")
        output(stranger, "printf '#!/bin/sh\\necho known\\n' >/root/word && chmod 700 /root/word")
        for name in ("ada", "bob"):
            output(stranger, f"ssh-keygen -q -t ed25519 -N '' -f /root/{name}")
        output(server, "useradd -m guess && echo guess:known | chpasswd && systemctl stop nginx")
        for port in (8080, 8081, 8082, 8083):
            output(server, LISTEN.format(port))
        key = server.key.with_suffix(".pub").read_text().strip()
        variables = {
            "slipway_project": "shop",
            "slipway_env": "dev",
            "slipway_hostnames": ["dev.test"],
            "base_authorized_keys": [key],
            "base_unattended_upgrades": False,
            "base_ssh_root_login": False,
            "base_deploy_sudo": "all",
            "base_firewall_ports": [
                {"port": 8081},
                {"port": "8082", "from": ["192.0.2.0/24", "2001:db8::/32"]},
                {"port": "8083-8084", "from": [stranger.address, f"{STRANGER}/128"]},
            ],
            "base_fail2ban_attempts": 3,
            "base_fail2ban_ban_seconds": BAN_SECONDS,
        }
        found = Pair(server, stranger, tmp_path_factory.mktemp("access"), variables)
        assert found.guess(SERVER).stdout.strip() == "guess", "it would prove nothing"
        found.variables["base_users"] = [
            person(found, "ada", sudo=True, deploy=True),
            person(found, "bob"),
        ]
        done = found.provision()
        assert "CLOSED though it listens: 8080/tcp (python3)" in done.stdout, done.stdout
        assert done.returncode == 0, done.stdout
        yield found


@pytest.mark.parametrize("family", ["IPv4", "IPv6"])
def test_a_stranger_reaches_declared_ports_and_no_other(pair: Pair, family: str) -> None:
    address = {"IPv4": pair.server.address, "IPv6": SERVER}[family]
    assert pair.answering(address) == {22, 80, 443, 8081, 8083, 8084}


def test_a_second_run_changes_nothing(pair: Pair) -> None:
    said = pair.access()
    assert " 0 changed," in said, said


def test_another_instance_closes_no_port_and_removes_nobody_of_the_first(pair: Pair) -> None:
    ports = [{"port": 8082}]
    said = pair.access(slipway_env="prod", base_users=[], base_firewall_ports=ports)
    assert pair.answering(SERVER) == {22, 80, 443, 8081, 8082, 8083, 8084}, said
    assert pair.login("bob", "bob").stdout.strip() == "bob", said


def test_people_come_in_by_their_own_keys_alone(pair: Pair) -> None:
    assert pair.login("ada", "ada", "sudo -n id -un").stdout.strip() == "root"
    assert pair.login("deploy", "ada").stdout.strip() == "deploy"
    for user, key in (("ada", "bob"), ("deploy", "bob"), ("root", "ada")):
        assert "Permission denied" in pair.login(user, key).stderr
    assert "password is required" in pair.login("bob", "bob", "sudo -n id").stderr


def test_who_leaves_the_list_is_gone_with_all_that_ran(pair: Pair) -> None:
    for user, command in (("ada", "sudo sleep 4321"), ("deploy", "sleep 4322")):
        words = f"ssh {QUIET} -i /root/ada {user}@{SERVER} {command}"
        output(pair.stranger, f"systemd-run --quiet --unit={user} {words}")
    pair.sh("until pgrep -f 'sleep 432[1]' && pgrep -f 'sleep 432[2]'; do sleep 0.1; done")
    bob = person(pair, "bob")
    said = pair.access(base_users=[bob])
    assert pair.sh("pgrep -af 'sleep 432[12]' || true") == "", said
    output(pair.stranger, "! systemctl is-active ada && ! systemctl is-active deploy")
    for user in ("ada", "deploy"):
        assert "Permission denied" in pair.login(user, "ada").stderr, said
    assert pair.sh("! id ada && ! sudo -l -U ada | grep ALL && stat -c %U%a /home/ada") == "root700"
    assert pair.login("bob", "bob").stdout.strip() == "bob", said
    pair.variables["base_users"] = [bob]


def test_a_user_whom_slipway_did_not_make_is_left_alone(pair: Pair) -> None:
    said = pair.refused(base_users=[{"name": "guess", "state": "absent"}])
    assert "there is a user guess whom Slipway did not make, so it is left alone" in said, said
    assert pair.sh("id -un guess") == "guess"
    assert pair.login("bob", "bob").stdout.strip() == "bob"


def test_a_password_lets_nobody_in(pair: Pair) -> None:
    assert "Permission denied (publickey)" in pair.guess(SERVER).stderr


def test_root_is_shut_out_where_the_inventory_says_so(pair: Pair) -> None:
    command = [*pair.server.ssh_command(), "id"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Permission denied (publickey)" in done.stderr, done.stdout


def test_a_setting_that_sshd_does_not_take_changes_nothing(pair: Pair) -> None:
    before = pair.sh("sshd -T | md5sum; stat -c %y /etc/ssh/sshd_config.d/*")
    said = pair.refused(base_ssh_settings={"MaxAuthTries": "many"})
    assert "sshd does not take its new configuration, so it stays as it is" in said, said
    assert pair.sh("sshd -T | md5sum; stat -c %y /etc/ssh/sshd_config.d/*") == before


def test_a_setting_that_shuts_us_out_is_taken_back(pair: Pair) -> None:
    before = pair.sh("sshd -T")
    said = pair.refused(base_ssh_settings={"AllowUsers": "nobody"})
    assert "No new connection gets in with the new settings of sshd, so it was taken back" in said
    assert pair.sh("sshd -T") == before
    assert pair.login("bob", "bob").stdout.strip() == "bob", said


def test_a_firewall_that_shuts_us_out_is_taken_back(pair: Pair) -> None:
    before = pair.sh("nft list table inet slipway")
    # The same program, but it loses the rule that lets SSH in.
    false = """#!/bin/sh
sed -i '/dport 22 /d' /etc/slipway/*.draft 2>/dev/null
exec /usr/sbin/nft "$@"
"""
    pair.sh(f"echo {shlex.quote(false)} >/usr/local/sbin/nft && chmod 755 /usr/local/sbin/nft")
    said = pair.refused(base_firewall_ports=[{"port": 8082}])
    pair.sh("rm /usr/local/sbin/nft")
    assert "No new connection gets in with the new firewall, so it was taken back" in said, said
    assert pair.sh("nft list table inet slipway") == before
    assert pair.login("bob", "bob").stdout.strip() == "bob", said


def test_a_run_does_not_take_away_its_own_key(pair: Pair) -> None:
    said = pair.refused(base_authorized_keys=person(pair, "bob")["keys"])
    assert "base_authorized_keys lacks the key by which this run came in as deploy" in said, said
    assert "Permission denied" in pair.login("deploy", "bob").stderr


def test_who_guesses_is_shut_out_of_ssh_for_a_while(pair: Pair) -> None:
    address = pair.server.address
    ask = f"import socket,sys; socket.create_connection(('{address}', int(sys.argv[1])), 1)"
    knock = f"python3 -c {shlex.quote(ask)}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "timed out" not in pair.knock(f"{knock} 22").stderr:
        assert time.monotonic() < deadline, pair.sh("fail2ban-client status sshd")
        # Who is shut out meanwhile would wait for an answer until the ban is over.
        pair.guess(address, seconds=2)
    assert pair.stranger.address in pair.sh("nft list table inet f2b-table")
    assert pair.knock(f"{knock} 8081").returncode == 0, "the site would be gone too"
    while pair.knock(f"{knock} 22").returncode:
        assert time.monotonic() < deadline + PATIENCE_SECONDS, pair.sh(
            "fail2ban-client status sshd"
        )


def test_a_reboot_opens_nothing(pair: Pair) -> None:
    pair.server = testhost.reboot(pair.server.name)
    for port in (8080, 8081):
        pair.sh(LISTEN.format(port))
    assert pair.answering(pair.server.address) == {22, 80, 443, 8081, 8082, 8083, 8084}
    assert pair.sh("systemctl is-active fail2ban") == "active"


def test_what_is_switched_off_is_as_before(pair: Pair) -> None:
    off = {f"base_{name}": False for name in ("ssh_hardening", "firewall", "fail2ban")}
    pair.access(**off, slipway_env="prod")
    said = pair.access(**off)
    assert {22, 8080, 8081} <= pair.answering(pair.server.address), said
    assert pair.sh("sshd -T | grep ^passwordauth; systemctl is-active fail2ban || true") == (
        "passwordauthentication yes\ninactive"
    )
