#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""sshd's settings; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: sshd
short_description: Give sshd settings of our own, without locking ourselves out
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Writes them into a drop-in that sshd reads first, after sshd has taken the whole of its
    configuration with it. Sessions that stand are not ended.
  - Fails where the configuration would shut this run's login out, or has no effect.
options:
  content:
    description: The text of the drop-in. Empty takes an earlier one away.
    type: str
    required: true
  directory:
    description: Where sshd's configuration is.
    type: path
    default: /etc/ssh
extends_documentation_fragment:
  - slipway.django.guarded
attributes:
  check_mode:
    description: Says whether it would change them, after sshd's own check.
    support: full
"""

EXAMPLES = r"""
- name: Let in by keys alone
  slipway.django.sshd:
    content: |
      PasswordAuthentication no
      KbdInteractiveAuthentication no
"""

RETURN = r"""
ports:
  description: Where sshd listens.
  type: list
  elements: int
  returned: success
"""

import os
import shlex
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import guarding, session, sshd_config
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

NAME = "sshd"
# Of a keyword sshd takes the first value, in the order of names; images bring a 50-cloud-init.conf.
FILE = "00-slipway.conf"
RELOAD = "systemctl try-reload-or-restart ssh.service"
HINT = "see base_ssh_settings and what else is in /etc/ssh/sshd_config.d"

OPTIONS = {
    "content": {"type": "str", "required": True},
    "directory": {"type": "path", "default": "/etc/ssh"},
    "phase": {"type": "str", "choices": ["plan", "apply", "settle", "undo"], "default": "plan"},
}


@dataclass(frozen=True)
class Config:
    """sshd's configuration, and the text that our part of it should have."""

    directory: str
    text: str

    @property
    def path(self) -> str:
        """Our part of it."""
        return os.path.join(self.directory, "sshd_config.d", FILE)

    def present(self) -> str:
        """What our part says now."""
        if not os.path.exists(self.path):
            return ""
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def proven(self) -> str:
        """What sshd makes of the whole with the text. Raises Failed where that is not right."""
        who = session.anybody()
        with tempfile.TemporaryDirectory(prefix="slipway-") as scratch:
            config = sshd_config.draft(self.directory, FILE, self.text, scratch)
            said = sshd_config.effective(config, who)
        real, wanted = sshd_config.pairs(said), sshd_config.pairs(self.text)
        lost = sshd_config.overruled(wanted, real)
        if lost:
            raise Failed(
                f"{self.directory}/sshd_config says otherwise of {', '.join(lost)} for "
                f"{who.login}: put its Include line first, and take Match blocks out that say so."
            )
        if self.text and who.login == "root" and real.get("permitrootlogin") == "no":
            raise Failed("This run is root's own, whom base_ssh_root_login: false would shut out.")
        return said

    def apply(self) -> None:
        """Write the text, or take the file away, and have sshd read it. Raises Failed."""
        guarding.arm(NAME, self.way_back())
        try:
            if self.text:
                write(self.path, self.text)
            else:
                os.unlink(self.path)
            run(RELOAD.split(), problem="sshd does not read its configuration anew.")
        except (Failed, OSError):
            with suppress(Failed):  # what came first is told
                guarding.undo(NAME)
            raise

    def way_back(self) -> str:
        """The shell's way to what is there now."""
        if not self.present():
            return f"rm -f {self.path}\n{RELOAD}\n"
        return f"printf %s {shlex.quote(self.present())} >{self.path}\n{RELOAD}\n"


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Go through a phase; the module's result. Raises Failed."""
    config, phase = Config(params["directory"], params["content"]), params["phase"]
    if phase == "undo":
        guarding.undo(NAME)
        return {"changed": True, "hint": HINT}
    if phase == "settle":
        guarding.settle(NAME)
    elif guarding.pending(NAME) and not dry:
        guarding.undo(NAME)  # of a run that died
    said = config.proven()
    differs = config.present() != config.text
    if phase == "apply":
        config.apply()
    wanted = sshd_config.pairs(config.text)
    return {
        "changed": differs,
        "name": "settings of sshd",
        "ports": sshd_config.ports(said),
        "closes_passwords": wanted.get("passwordauthentication") == "no",
        "diff": {"before": config.present(), "after": config.text, "before_header": config.path},
    }


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
