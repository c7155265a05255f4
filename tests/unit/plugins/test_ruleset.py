"""What a firewall's rules say, and which listening ports they would close."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import ruleset
from ansible_collections.slipway.django.plugins.module_utils.ruleset import Opening, opening_of
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

NFT = shutil.which("nft", path="/usr/sbin:/sbin")
LISTENING = """\
udp UNCONN 0 0          0.0.0.0:323       0.0.0.0:*
udp UNCONN 0 0        127.0.0.1:324       0.0.0.0:*
tcp LISTEN 0 511        0.0.0.0:80        0.0.0.0:* users:(("nginx",pid=98,fd=5),("nginx",pid=97,fd=5))
tcp LISTEN 0 128           [::]:22           [::]:* users:(("sshd",pid=88,fd=7))
tcp LISTEN 0 128          [::1]:631          [::]:* users:(("cupsd",pid=9,fd=7))
tcp LISTEN 0 4096 127.0.0.53%lo:53        0.0.0.0:* users:(("systemd-resolve",pid=7,fd=1))
tcp LISTEN 0 5                *:8080             *:* users:(("python3",pid=1396,fd=3))
tcp LISTEN 0 5      [fe80::1]%eth0:9000         [::]:* users:(("node",pid=14,fd=3))
"""  # noqa: E501


def opening(port: str, *sources: str, protocol: str = "tcp") -> Opening:
    """What an entry of base_firewall_ports opens."""
    return opening_of({"port": port, "protocol": protocol, "from": list(sources)})


@pytest.mark.parametrize(
    ("entry", "rules"),
    [
        (opening("80"), ["tcp dport 80 accept"]),
        (opening("60000-61000", protocol="udp"), ["udp dport 60000-61000 accept"]),
        (opening("5432", "10.0.0.11"), ["ip saddr { 10.0.0.11/32 } tcp dport 5432 accept"]),
        (
            opening("5432", "10.0.0.11/24", "2001:db8::1", "10.0.0.7"),
            [
                "ip saddr { 10.0.0.0/24 } tcp dport 5432 accept",
                "ip6 saddr { 2001:db8::1/128 } tcp dport 5432 accept",
            ],
        ),
    ],
    ids=["everybody", "range", "one address", "what lies in another is left out"],
)
def test_a_port_is_open_to_whom_it_is_declared_for(entry: Opening, rules: list[str]) -> None:
    assert entry.rules == rules


def test_a_name_is_an_address_in_the_rules() -> None:
    assert "127.0.0.1/32" in opening("5432", "localhost").sources


def test_a_name_that_nobody_knows_opens_nothing() -> None:
    with pytest.raises(Failed, match=r"let db\.invalid in, which is no address"):
        opening("5432", "db.invalid")


@pytest.mark.parametrize("port", ["http", "0", "70000", "90-80", "1-", ""])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(Failed, match="is no port and no range of ports"):
        opening(port)


def test_the_same_declared_in_another_order_is_the_same_text() -> None:
    one, two = opening("80"), opening("443")
    assert ruleset.ruleset([one, two]) == ruleset.ruleset([two, one, one])


@pytest.mark.skipif(not NFT, reason="nft is not on this machine")
def test_nftables_takes_the_text(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text(ruleset.ruleset([opening("80"), opening("9100", "10.0.0.0/8", "10.1.0.0/16")]))
    done = subprocess.run(
        [str(NFT), "-c", "-f", rules], capture_output=True, text=True, check=False
    )
    assert "syntax error" not in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("openings", "shut"),
    [
        (
            [],
            ["22/tcp (sshd)", "80/tcp (nginx)", "323/udp", "8080/tcp (python3)", "9000/tcp (node)"],
        ),
        ([opening("22"), opening("80-9000")], ["323/udp"]),
        ([opening("1-9000", protocol="udp"), opening("22-8080")], ["9000/tcp (node)"]),
    ],
    ids=["nothing is open", "a range", "each protocol has ports of its own"],
)
def test_ports_that_others_reach_now_and_not_any_more_are_told(
    openings: list[Any], shut: list[str]
) -> None:
    assert ruleset.closed(LISTENING, openings) == shut
