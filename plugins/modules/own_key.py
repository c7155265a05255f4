#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a run would take its own key away; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: own_key
short_description: Refuse to take away the key that the run itself came in by
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Fails where the run's SSH session is O(login)'s, and sshd told the journal that it was let in by
    a key of C(.ssh/authorized_keys) that is not one of O(keys). Where nobody says by which key, or
    where that comes from elsewhere, such as a certificate, it goes on.
  - What another file of that login lets in, C(.ssh/authorized_keys2), is the concern of module
    M(slipway.django.people); keys there count as well.
options:
  login:
    description: The login whose file of keys is about to be written.
    type: str
    required: true
  keys:
    description: The lines that are about to be in it.
    type: list
    elements: str
    required: true
  variable:
    description: The inventory's name for them, which the failure names.
    type: str
    required: true
attributes:
  check_mode:
    description: Fails as it does otherwise.
    support: full
"""

EXAMPLES = r"""
- name: Refuse to lock ourselves out
  slipway.django.own_key:
    login: deploy
    keys: "{{ base_authorized_keys }}"
    variable: base_authorized_keys
"""

RETURN = r"""
known:
  description: Whether the session is O(login)'s and sshd told by which key it came in.
  type: bool
  returned: success
"""

from collections.abc import Iterable
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import accounts, logged_in, session
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

OPTIONS = {
    "login": {"type": "str", "required": True},
    "keys": {"type": "list", "elements": "str", "required": True, "no_log": False},
    "variable": {"type": "str", "required": True},
}


def perform(params: dict[str, Any], _dry: bool, _steps: Steps) -> dict[str, Any]:
    """Look; the module's result. Raises Failed."""
    here, login = session.current(), params["login"]
    own = logged_in.own() if here and here.login == login else ""
    if own:
        stays = [*params["keys"], accounts.keys_of(login, "authorized_keys2")]
        if own in prints([accounts.keys_of(login)]) - prints(stays):
            raise Failed(
                f"{params['variable']} lacks the key by which this run came in as {login} "
                f"({own}), so nobody might get in again: add it, or come in by one that stays."
            )
    return {"changed": False, "known": bool(own)}


def prints(texts: Iterable[str]) -> set[str]:
    """The fingerprints of all keys in some texts."""
    return {logged_in.fingerprint(line) for text in texts for line in text.splitlines()}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
