#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a release kept what its hand-off promised; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: handoff_info
short_description: Whether the live release is what its hand-off notes promised
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment: [slipway.django.instance]
description:
  - Holds the lines of the hand-off notes that the live release brought against what there is.
  - Packages are looked for in the release's environment, migrations in the database, variables in
    what the release was given, static files on the disk and, where nginx is on the host, over HTTP.
  - Changes nothing.
options:
  since:
    description: The release that was live before; what its notes hold is left out. Empty for none.
    type: str
    default: ""
  app_path:
    description: The directory of manage.py, relative to the repository's root.
    type: str
    default: ""
  builder:
    description: The user who owns the mirror and runs git.
    type: str
    default: deploy
  optional:
    description: Names or patterns of variables that may have no value.
    type: list
    elements: str
    default: []
  static_url:
    description: The path below which nginx serves the instance's static files.
    type: str
    default: /static/
  host:
    description: The name that a static file is asked for by.
    type: str
    required: true
  scheme:
    description: The scheme that visitors use.
    type: str
    choices: [http, https]
    default: http
  nginx_port:
    description: Port of nginx on this host; without one no static file is asked for.
    type: int
attributes:
  check_mode:
    description: Does the same, since it changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Verify
  slipway.django.handoff_info:
    project: shop
    env: dev
    host: dev.example.com
    since: 20261121T101500Z-3f2a1c9
"""

RETURN = r"""
handoffs:
  description:
    - The entries, newest first, each with C(title), C(date), C(author), C(time), C(commit), the
      path of its C(notes), and C(parts), which are lines and paragraphs with their C(words).
    - A line has its C(kind), whether it was ticked as C(done), whether it is C(kept), unknown where
      only people can tell, and that in words, C(said).
  type: list
  elements: dict
  returned: success
broken:
  description: Lines that were promised and are not so, each with what is not.
  type: list
  elements: str
  returned: success
"""

from collections.abc import Collection
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    arguments,
    gathered,
    releases,
    requested,
    required_names,
    snapshot,
)
from ansible_collections.slipway.django.plugins.module_utils.asking import Question
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.gathered import Served
from ansible_collections.slipway.django.plugins.module_utils.handed import Pending, broken
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.required_names import Wanted
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

PATIENCE_SECONDS = 60
OPTIONS = {
    **arguments.INSTANCE,
    "since": {"type": "str", "default": ""},
    "app_path": {"type": "str", "default": ""},
    "builder": {"type": "str", "default": "deploy"},
    "optional": {"type": "list", "elements": "str", "default": []},
    "static_url": {"type": "str", "default": "/static/"},
    **{name: arguments.QUESTION[name] for name in ("host", "scheme", "nginx_port")},
}


def perform(params: dict[str, Any], _dry: bool, _steps: Steps) -> dict[str, Any]:
    """The module's result."""
    instance = arguments.instance_of(params)
    live = releases.read(instance, releases.live(instance) or "none")
    if live is None:
        raise Failed(f"{instance.name} has no release that answers.")
    before = releases.read(instance, params["since"] or "none") or {"commit": ""}
    mirror = Mirror(instance.repo, "", params["builder"])
    place = requested.place_of(params)
    brought = Pending(mirror, before["commit"], live["commit"], instance.env, place)
    manage = Manage(instance, live["id"], PATIENCE_SECONDS, 0, Steps())
    served = served_of(params)
    lack = lacking(brought, instance, live["id"], params["optional"])
    found = brought.told(lambda kinds: gathered.facts(manage, lack, kinds, served))
    return {"changed": False, "handoffs": found, "broken": broken(found)}


def lacking(
    brought: Pending, instance: Instance, release: str, optional: list[str]
) -> Collection[str]:
    """The variables that the release needs and was not given, as the gate before it asked."""
    if snapshot.seal_of(instance, release):
        # Its service asks Doppler for the others.
        return ()
    given = snapshot.of_release(instance, release)
    wanted = Wanted(given.get("DJANGO_SETTINGS_MODULE", ""), instance.env, brought.live)
    code = Committed(brought.mirror, brought.commit, brought.place)
    return required_names.missing(required_names.needs(code, wanted), given, optional)


def served_of(params: dict[str, Any]) -> Optional[Served]:
    """Where static files are asked for, if nginx is on this host."""
    if not params["nginx_port"]:
        return None
    host, scheme = params["host"], params["scheme"]
    question = Question("/", host, scheme, 200, arguments.ANSWER_SECONDS)
    return Served(params["static_url"], question, params["nginx_port"])


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
