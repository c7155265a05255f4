# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""sshd's configuration: what it comes to with a file of our own, before that stands."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping

from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.session import Session
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

# What sshd says with -T is a second name of it.
SAME = {"without-password": "prohibit-password"}
# Whether these are as written decides who gets in; of others an administrator's own may win.
DECISIVE = ("passwordauthentication", "kbdinteractiveauthentication", "permitrootlogin")
RUNTIME = "/run/sshd"


def pairs(text: str) -> dict[str, str]:
    """The keywords of a configuration, in lower case, each with its first value."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        keyword, _blank, value = line.strip().partition(" ")
        if keyword and not keyword.startswith("#"):
            found.setdefault(keyword.lower(), SAME.get(value.strip(), value.strip()))
    return found


def ports(said: str) -> list[int]:
    """The ports in what sshd says with -T."""
    found = re.findall(r"^(?:port |listenaddress .*:)(\d+)$", said, re.MULTILINE)
    return sorted({int(port) for port in found})


def overruled(wanted: Mapping[str, str], real: Mapping[str, str]) -> list[str]:
    """The decisive keywords that sshd would take otherwise than they are written."""
    return [
        keyword
        for keyword in DECISIVE
        if keyword in wanted and wanted[keyword].lower() != real.get(keyword)
    ]


def effective(config: str, who: Session) -> str:
    """What sshd would do with a configuration for a session's login. Raises Failed."""
    # It is made by the service, which a socket may not have started yet.
    os.makedirs(RUNTIME, mode=0o755, exist_ok=True)
    # A Match block may ask for each of these.
    words = f"user={who.login},host={who.client},addr={who.client}"
    words += f",laddr={who.address},lport={who.port}"
    problem = "sshd does not take its new configuration, so it stays as it is."
    return run(["sshd", "-T", "-C", words, "-f", config], problem=problem)


def draft(directory: str, name: str, text: str, scratch: str) -> str:
    """Copy the configuration with our file's new text; the copy's path. Empty is no file.

    Raises Failed where the drop-ins are not read.
    """
    drop_ins = os.path.join(directory, "sshd_config.d")
    copied = os.path.join(scratch, "sshd_config.d")
    if os.path.isdir(drop_ins):
        shutil.copytree(drop_ins, copied)
    os.makedirs(copied, exist_ok=True)
    ours = os.path.join(copied, name)
    if text:
        write(ours, text, 0o600)
    elif os.path.exists(ours):
        os.unlink(ours)
    with open(os.path.join(directory, "sshd_config"), encoding="utf-8") as file:
        main = file.read()
    if text and not re.search(rf"^\s*Include\s+.*{re.escape(drop_ins)}/", main, re.I | re.M):
        raise Failed(
            f"{directory}/sshd_config reads no drop-ins: put the line `Include {drop_ins}/*.conf` "
            "at its top, or set base_ssh_hardening: false."
        )
    config = os.path.join(scratch, "sshd_config")
    write(config, main.replace(drop_ins, copied), 0o600)
    return config
