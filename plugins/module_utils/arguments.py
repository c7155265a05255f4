# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arguments that name an instance, the same in every module that works on one."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.instance import (
    BadInstance,
    Instance,
    instance,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

INSTANCE: dict[str, Any] = {
    "project": {"type": "str", "required": True},
    "env": {"type": "str", "required": True},
    "root": {"type": "path", "default": "/var/www"},
}


def instance_of(params: dict[str, Any]) -> Instance:
    """The instance that a module was called for. Raises Failed when the names cannot be one."""
    try:
        return instance(params["project"], params["env"], params["root"])
    except BadInstance as error:
        raise Failed(str(error)) from error


def require_provisioned(instance: Instance) -> None:
    """Raise Failed unless site.yml has laid the instance out on this host."""
    if not os.path.isdir(instance.releases):
        raise Failed(
            f"{instance.name} is not set up on this host: run `invoke provision {instance.env}` "
            "(playbook slipway.django.site) once, then deploy."
        )
