# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of module build: brings the commit of a checkout to the host, where that is wanted.

The module says what the host has, and is called again with what it lacks. And it says which manual
steps it asks for, and is called again where somebody at a terminal has seen to each.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsiblePromptNoninteractive
from ansible.utils.display import Display
from ansible_collections.slipway.django.plugins.module_utils.pushed import FOLLOWS
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.plugin_utils.checkout import Checkout
from ansible_collections.slipway.django.plugins.plugin_utils.leased import ActionModule as Leased
from ansible_collections.slipway.django.plugins.plugin_utils.sources import bad_place, is_place


def checkout_at(path: str) -> Checkout:
    """The checkout of a path. Raises Failed where it is none that can be pushed from."""
    if not is_place(path):
        raise Failed(bad_place(path))
    place = os.path.expanduser(path)
    checkout = Checkout(place, place, "")
    checkout.require()
    return checkout


def agreed(lines: Sequence[str]) -> bool:
    """Whether somebody at the terminal says that each of these was seen to."""
    try:
        for line in lines:
            answer = Display().prompt_until(f"{line}\nIs that done? [y/N] ")
            if answer.strip().lower() not in (b"y", b"yes"):
                return False
    except AnsiblePromptNoninteractive:
        return False
    return True


class ActionModule(Leased):
    """The action of the same name."""

    def module(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module, again if somebody at the terminal has seen to what it asks for."""
        said = self.built(args, task_vars)
        alone = len(task_vars.get("ansible_play_hosts_all", [])) == 1
        seen: list[str] = []
        # What is asked for may have grown meanwhile.
        while said.get("asks") and alone and agreed(said["asks"]):
            seen += said["asks"]
            said = self.built({**args, "acknowledged": seen}, task_vars)
        return said

    def built(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module, again if the host lacks what it is to build."""
        if args.get("source") != "push":
            return super().module(args, task_vars)
        try:
            return self.pushed(args, task_vars)
        except Failed as failure:
            return Steps().failure(failure)

    def pushed(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module with the commit of the checkout."""
        checkout = checkout_at(str(args.get("checkout", "")))
        version = str(args.get("version", ""))
        commit = checkout.resolve(version).hash
        note = checkout.uncommitted(commit)
        pushed = {"commit": commit, "ref": checkout.ref(version), "note": note}
        said = super().module({**args, "pushed": pushed}, task_vars)
        if "lacks" not in said:
            return said
        self.tail = checkout.pack(commit, said["lacks"])
        try:
            return super().module({**args, "pushed": {**pushed, "pack": FOLLOWS}}, task_vars)
        finally:
            self.tail = b""

    def packed(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module as Ansible runs any, whose standard input is its own."""
        if self.tail:
            pack = base64.b64encode(self.tail).decode()
            args = {**args, "pushed": {**args["pushed"], "pack": pack}}
        return super().packed(args, task_vars)
