# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The firewall of a host: what its instances declared, the rules of that, and how they stand."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import guarding, session, sshd_config
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.programs import finished, run
from ansible_collections.slipway.django.plugins.module_utils.ruleset import (
    RESET,
    TABLE,
    Opening,
    closed,
    opening_of,
    ruleset,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

NAME = "firewall"
SSHD = "/etc/ssh/sshd_config"
SERVICE = "slipway-firewall.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
# Those of the distribution's nftables.service flush what is not their own.
WANTS = f"/etc/systemd/system/sysinit.target.wants/{SERVICE}"
UNIT_TEXT = """# Written by Slipway.
[Unit]
Description=Slipway's firewall
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
After=nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f {rules}
ExecReload=/usr/sbin/nft -f {rules}
ExecStop=-/usr/sbin/nft delete table inet slipway

[Install]
WantedBy=sysinit.target
"""


def text_of(path: str) -> str:
    """The text of a file, empty where there is none."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def listing() -> str:
    """The rules that are loaded, as nftables lists them; empty where there are none."""
    if not shutil.which("nft"):
        return ""
    problem = "nftables does not list its rules."
    return finished(["nft", "-s", "list", "table", *TABLE.split()], problem=problem).stdout.decode()


def ssh_ports() -> set[int]:
    """Where sshd listens, and where this run came in."""
    here = session.anybody()
    said = sshd_config.effective(SSHD, here) if shutil.which("sshd") else ""
    return {here.port, *sshd_config.ports(said)}


class Firewall:
    """The firewall with what an instance declares now, ``own``, and the others declared."""

    def __init__(self, directory: str, instance: str, own: Mapping[str, Any]) -> None:
        self.declared = os.path.join(directory, "firewall.d")
        self.rules = os.path.join(directory, "firewall.nft")
        self.loaded = os.path.join(directory, "firewall.listing")
        self.file = os.path.join(self.declared, f"{instance}.json")
        self.own = own
        self.text = json.dumps(own, indent=2) + "\n"
        self.unit_text = UNIT_TEXT.format(rules=self.rules)

    @cached_property
    def declarations(self) -> list[Mapping[str, Any]]:
        """What all instances declare. Raises Failed for a file that cannot be read."""
        found = [self.own]
        for name in sorted(os.listdir(self.declared)) if os.path.isdir(self.declared) else []:
            path = os.path.join(self.declared, name)
            if path == self.file or not name.endswith(".json"):
                continue
            try:
                found.append(json.loads(text_of(path)))
            except ValueError as error:
                raise Failed(f"{path} cannot be read ({error}): mend or remove it.") from error
        return found

    @cached_property
    def openings(self) -> list[Opening]:
        """All that is to be open. Raises Failed."""
        entries = [entry for declared in self.declarations for entry in declared["ports"]]
        ssh = [Opening("tcp", port, port) for port in ssh_ports()]
        return sorted({*ssh, *map(opening_of, entries)})

    @property
    def wanted(self) -> str:
        """The rules as they should be; empty where no instance asks for any."""
        asked = any(declared["enabled"] for declared in self.declarations)
        return ruleset(self.openings) if asked else ""

    def stands(self) -> bool:
        """Whether the rules are as they should be, now and after a reboot."""
        if not self.wanted:
            return not listing() and not os.path.exists(UNIT)
        written = (text_of(self.rules), text_of(UNIT)) == (self.wanted, self.unit_text)
        begins = os.path.lexists(WANTS)
        return written and begins and listing() == text_of(self.loaded) != ""

    def differs(self) -> bool:
        """Whether something is to be changed."""
        return not self.stands() or text_of(self.file) != self.text

    def closed(self) -> list[str]:
        """The ports that listen to others and are closed to them."""
        if not (self.wanted and shutil.which("ss")):
            return []
        said = run(["ss", "-Htulnp"], problem="ss does not say who listens.")
        return closed(said, self.openings)

    def told(self, shut: list[str]) -> str:
        """What it comes to, in words."""
        if not self.wanted:
            return "none, everything is open" if self.stands() else "taken away"
        opened = sorted({(each.first, f"{each.words}/{each.protocol}") for each in self.openings})
        said = f"open: {', '.join(words for _port, words in opened)}"
        return f"{said}; CLOSED though it listens: {', '.join(shut)}" if shut else said

    def apply(self) -> None:
        """Load the rules, which a timer takes back. Raises Failed."""
        if self.stands():
            return guarding.arm(NAME, "true\n")
        os.makedirs(os.path.dirname(self.rules), mode=0o755, exist_ok=True)
        guarding.arm(NAME, f"nft -f - <<'EOF'\n{RESET}{listing()}\nEOF\n")
        draft = f"{self.rules}.draft"
        try:
            write(draft, self.wanted or RESET)
            # All of them at once, or none.
            run(["nft", "-f", draft], problem="nftables does not take the rules.")
        except Failed:
            with suppress(Failed):  # what came first is told
                guarding.undo(NAME)
            raise
        finally:
            os.unlink(draft)

    def settle(self) -> None:
        """Let the rules come after a reboot too, and remember what was declared."""
        os.makedirs(self.declared, mode=0o755, exist_ok=True)
        write(self.file, self.text)
        problem = "systemd does not take the firewall's unit."
        if self.wanted:
            write(self.rules, self.wanted)
            write(self.loaded, listing())
            write(UNIT, self.unit_text)
            run(["systemctl", "daemon-reload"], problem=problem)
            run(["systemctl", "enable", "--quiet", "--now", SERVICE], problem=problem)
        elif os.path.exists(UNIT):
            run(["systemctl", "disable", "--quiet", "--now", SERVICE], problem=problem)
            for path in (UNIT, self.rules, self.loaded):
                os.unlink(path)
            run(["systemctl", "daemon-reload"], problem=problem)
