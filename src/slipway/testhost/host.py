"""A test host as its callers see it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway import state
from slipway.testhost import keys

CHECKOUT_LABEL = "slipway.checkout"
NAME_LABEL = "slipway.host"
DISTRO_LABEL = "slipway.distro"


@dataclass(frozen=True)
class TestHost:
    """A test host as it is now. `ssh_port` is 0 and `address` empty while it is not running."""

    __test__ = False  # pytest would collect a class of this name

    name: str
    distro: str
    container: str
    running: bool
    ssh_port: int
    address: str
    key: Path
    known_hosts: Path

    def ssh_options(self) -> list[str]:
        """Return the options by which ssh knows this host by its own key, whatever its port."""
        return [
            *("-o", f'UserKnownHostsFile="{self.known_hosts}"'),
            *("-o", f"HostKeyAlias={self.container}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "IdentitiesOnly=yes"),
        ]

    def ssh_command(self) -> list[str]:
        """Return the command that logs in as root; a command to run there may follow it."""
        identity = ["-i", str(self.key), "-p", str(self.ssh_port)]
        return ["ssh", *self.ssh_options(), *identity, "root@127.0.0.1"]

    def inventory_vars(self) -> dict[str, str | int]:
        """Return the variables by which Ansible reaches this host over SSH, as root."""
        return {
            "ansible_host": "127.0.0.1",
            "ansible_port": self.ssh_port,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": shlex.join(self.ssh_options()),
        }

    @classmethod
    def from_inspect(cls, found: Mapping[str, Any]) -> "TestHost":
        """Return the host that `docker container inspect` describes."""
        network = found["NetworkSettings"]
        ssh = (network["Ports"] or {}).get("22/tcp") or [{"HostPort": 0}]
        return cls(
            name=found["Config"]["Labels"][NAME_LABEL],
            distro=found["Config"]["Labels"][DISTRO_LABEL],
            container=found["Name"].lstrip("/"),
            running=found["State"]["Running"],
            ssh_port=int(ssh[0]["HostPort"]),
            address=next(iter(network["Networks"].values()))["IPAddress"],
            key=keys.private_key(),
            known_hosts=keys.known_hosts(),
        )


def container_name(name: str) -> str:
    """Return the container's name of the host `name`; another clone's differs."""
    return f"slipway-{state.checkout_id()}-{name}"


def own_labels(name: str, distro: str) -> dict[str, str]:
    """Return the labels by which this checkout finds its hosts again."""
    return {CHECKOUT_LABEL: str(state.CHECKOUT), NAME_LABEL: name, DISTRO_LABEL: distro}
