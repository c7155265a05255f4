#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a site is closed to visitors; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance
short_description: Close an instance's site to visitors for a while, or open it again
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment: slipway.django.instance
description:
  - Writes and removes the files that the site of role nginx looks for at every request, so what it
    says holds for the next request, without a reload, and after a reboot.
  - Takes no lease, since a site must be closed while a deploy runs, or hangs.
options:
  closed:
    description: Whether the site is closed. Without it the module only tells what is so.
    type: bool
  token:
    description:
      - What staff show to see the site all the same, 64 hexadecimal digits. Hosts of one instance
        need the same one; without it one is made, or the one that is in use is kept.
    type: str
    default: ""
  who:
    description: Who asks for it. The action plugin fills it in; a task leaves it out.
    type: str
    default: ""
attributes:
  check_mode:
    description: Says whether it would change something.
    support: full
"""

EXAMPLES = r"""
- name: Close the shop
  slipway.django.maintenance:
    project: shop
    env: dev
    closed: true
"""

RETURN = r"""
closed:
  description: Whether the site is closed.
  type: bool
  returned: success
since:
  description: When it was closed, in UTC; empty where it is open.
  type: str
  returned: success
who:
  description: Who closed it; empty where it is open.
  type: str
  returned: success
token:
  description: The token of staff; of an open site one that nobody has yet.
  type: str
  returned: success
"""

import re
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import maintenance, releases
from ansible_collections.slipway.django.plugins.module_utils.arguments import INSTANCE, instance_of
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

OPTIONS = {
    **INSTANCE,
    "closed": {"type": "bool"},
    "token": {"type": "str", "default": "", "no_log": True},
    "who": {"type": "str", "default": ""},
}
TOKEN = re.compile(r"[0-9a-f]{64}")


def token_of(params: dict[str, Any], before: Optional[maintenance.Record]) -> str:
    """The token that staff have or get. Raises Failed for one that nginx would not take."""
    token = params["token"] or (before or {}).get("token") or maintenance.new_token()
    if not TOKEN.fullmatch(token):
        raise Failed("The token of staff must be 64 hexadecimal digits.")
    return str(token)


def settle(
    instance: Instance, record: Optional[maintenance.Record], who: str, steps: Steps
) -> None:
    """Close the site with a record, or open it where there is none, and add to the history."""
    with steps.step("close" if record else "open") as step:
        if record:
            maintenance.close(instance, record)
        else:
            maintenance.reopen(instance)
        event = {"action": "maintenance", "who": who, "release": releases.live(instance) or "-"}
        event["result"] = "closed" if record else "open"
        step["detail"] = releases.record_event(instance, event)


def perform(params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """The module's result."""
    instance = instance_of(params)
    maintenance.require_known(instance)
    before = maintenance.read(instance)
    token = token_of(params, before)
    after = before
    if params["closed"] is not None:
        known = before or {"since": releases.now(), "who": params["who"]}
        after = {**known, "token": token} if params["closed"] else None
    if after != before and not dry:
        settle(instance, after, params["who"], steps)
    told = {**maintenance.UNSIGNED, **(after or {}), "token": token}
    return {"changed": after != before, "closed": after is not None, **told}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
