# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a firewall lets in, as nftables reads it, and which listening ports it would close."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union

from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
LISTENING = re.compile(r'^(tcp|udp)\s+\S+\s+\S+\s+\S+\s+(\S+):(\d+)\s+\S+(?:\s+.*?\("([^"]+)")?')
LOOPBACK = re.compile(r"127\.|\[::1\]|::1$|\S*%lo$")
HIGHEST_PORT = 65535
TABLE = "inet slipway"
# A table that is not there cannot be deleted.
RESET = f"table {TABLE}\ndelete table {TABLE}\n"
RULES = f"""# Written by Slipway.
{RESET}table {TABLE} {{
  chain input {{
    type filter hook input priority filter; policy drop;
    iif "lo" accept
    ct state established,related accept
    ct state invalid drop
    icmp type {{ echo-request, destination-unreachable, time-exceeded, parameter-problem }} accept
    icmpv6 type {{ echo-request, destination-unreachable, packet-too-big, time-exceeded, \
parameter-problem, mld-listener-query, mld-listener-report, nd-router-advert, \
nd-neighbor-solicit, nd-neighbor-advert }} accept
    udp sport 67 udp dport 68 accept
    ip6 saddr fe80::/10 udp dport 546 accept
%s
  }}
}}
"""


@dataclass(frozen=True, order=True)
class Opening:
    """A port or range of ports that is open; with ``sources`` for these networks alone."""

    protocol: str
    first: int
    last: int
    sources: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Its ports, as people and nftables write them."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def rules(self) -> list[str]:
        """Its rules."""
        rule = f"{self.protocol} dport {self.words} accept"
        if not self.sources:
            return [rule]
        families = [
            (name, [each for each in self.sources if (":" in each) == (name == "ip6")])
            for name in ("ip", "ip6")
        ]
        return [f"{name} saddr {{ {', '.join(own)} }} {rule}" for name, own in families if own]


def opening_of(entry: Mapping[str, Any]) -> Opening:
    """What an entry of base_firewall_ports opens; names become addresses. Raises Failed."""
    match = RANGE.fullmatch(str(entry["port"]))
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 0 < first <= last <= HIGHEST_PORT:
        raise Failed(f"base_firewall_ports: {entry['port']!r} is no port and no range of ports.")
    networks = [network for source in entry["from"] for network in networks_of(source)]
    return Opening(entry["protocol"], first, last, tuple(collapsed(networks)))


def networks_of(source: str) -> list[Network]:
    """The networks of an address, a network or a host's name. Raises Failed."""
    try:
        return [ipaddress.ip_network(source, strict=False)]
    except ValueError:
        pass
    try:
        found = {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(source, None)}
    except OSError as error:
        raise Failed(
            f"The firewall is to let {source} in, which is no address or network, and no name that "
            "this host knows: see base_firewall_ports and slipway_database_clients."
        ) from error
    return [ipaddress.ip_network(address) for address in sorted(found)]


def collapsed(networks: Iterable[Network]) -> list[str]:
    """The networks without those that lie in others, which nftables would refuse."""
    known = list(networks)
    four = [each for each in known if isinstance(each, ipaddress.IPv4Network)]
    six = [each for each in known if isinstance(each, ipaddress.IPv6Network)]
    return [
        *map(str, ipaddress.collapse_addresses(four)),
        *map(str, ipaddress.collapse_addresses(six)),
    ]


def ruleset(openings: Iterable[Opening]) -> str:
    """The text that nftables loads, at once and in the place of an earlier one."""
    lines = [f"    {rule}" for opening in sorted(set(openings)) for rule in opening.rules]
    return RULES % "\n".join(lines)


def closed(said: str, openings: Iterable[Opening]) -> list[str]:
    """The ports that `ss -Htulnp` shows as open to others and that nothing opens, in words."""
    opened = list(openings)
    found = {}
    for match in filter(None, map(LISTENING.match, said.splitlines())):
        protocol, address, port, program = match[1], match[2], int(match[3]), match[4]
        is_open = any(
            each.protocol == protocol and each.first <= port <= each.last for each in opened
        )
        if not is_open and not LOOPBACK.match(address):
            found[port, protocol] = f"{port}/{protocol}" + (f" ({program})" if program else "")
    return [found[key] for key in sorted(found)]
