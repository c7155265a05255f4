# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the arguments of a module ask for: the parts of a build, and Django's commands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import (
    arguments,
    backends,
    doppler,
    environment,
)
from ansible_collections.slipway.django.plugins.module_utils.application import (
    SETTINGS,
    Settings,
    overridden,
)
from ansible_collections.slipway.django.plugins.module_utils.building import Build
from ansible_collections.slipway.django.plugins.module_utils.instance import SLOTS, Instance
from ansible_collections.slipway.django.plugins.module_utils.interpreters import Interpreters
from ansible_collections.slipway.django.plugins.module_utils.layers import SLIPWAY
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage
from ansible_collections.slipway.django.plugins.module_utils.pushed import mirror_of
from ansible_collections.slipway.django.plugins.module_utils.pyenv import Pyenv
from ansible_collections.slipway.django.plugins.module_utils.recipe import Recipe
from ansible_collections.slipway.django.plugins.module_utils.snapshot import Snapshot
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.module_utils.superuser import Superuser
from ansible_collections.slipway.django.plugins.module_utils.uv import Uv

UV = "/usr/local/bin/uv"
PYTHONS = "/opt/slipway/python"
NOTHING: Mapping[str, str] = MappingProxyType({})


def served_by(
    instance: Instance, params: dict[str, Any], sources: Mapping[str, str]
) -> dict[str, Any]:
    """What the host serves of an instance, as serving.py takes it.

    Where a variable comes from tells whose database it is.
    """
    served = params["serves"]
    own_database = served["own_database"] or sources.get("DATABASE_URL", SLIPWAY) != SLIPWAY
    return {
        **served,
        "static_root": instance.static,
        "media_root": instance.media,
        "database": "" if own_database else instance.database,
    }


def place_of(params: dict[str, Any]) -> str:
    """The directory of manage.py in the repository, empty for its root."""
    path = os.path.normpath(params["app_path"] or ".")
    return "" if path == "." else path


def recipe_of(params: dict[str, Any], settings: str = "") -> Recipe:
    """What decides a release besides its commit; ``settings`` take the place of its own."""
    return Recipe(
        params["python"],
        params["requirements"],
        params["server"],
        path=place_of(params),
        groups=tuple(params["groups"]),
        extras=tuple(params["extras"]),
        packages=tuple(params["packages"]),
        unlocked=params["unlocked"],
        commands=tuple(params["commands"]),
        project=params["install_project"],
        settings=settings,
        provider=params["python_provider"],
    )


def interpreters_of(params: dict[str, Any]) -> Interpreters:
    """Where the Pythons of releases come from."""
    builder, pyenv = params["builder"], params["pyenv"]
    settings = json.loads(pyenv["environment"])
    return Interpreters(
        Uv(UV, builder, json.loads(params["uv_environment"])),
        params["python_provider"],
        Pyenv(pyenv["repository"], pyenv["version"], settings, builder, PYTHONS),
    )


def superuser_of(params: dict[str, Any]) -> Superuser:
    """The superuser that the application has to have. Raises Failed where it has no password."""
    fields = environment.texts(params["superuser"])
    if fields and not params["superuser_password"]:
        raise Failed("django_superuser has no password: add one, and keep it in a vault.")
    return Superuser(fields, params["superuser_password"])


def manage_of(
    instance: Instance,
    params: dict[str, Any],
    release: str,
    steps: Steps,
    sources: Mapping[str, str] = NOTHING,
) -> Manage:
    """Django's commands in a release, whose variables come from ``sources``."""
    return Manage(
        instance,
        release,
        params["timeout"],
        params["static_days"],
        steps,
        served_by(instance, params, sources) if "serves" in params else None,
        superuser_of(params),
    )


def variables_of(
    instance: Instance, params: dict[str, Any], steps: Steps, dry: bool
) -> tuple[Snapshot, Settings]:
    """The variables that a release gets, and the settings. Raises Failed.

    Doppler is asked, if they are there.
    """
    snapshot = Snapshot(
        instance,
        params["environment"],
        json.loads(params["secrets"]),
        params["generated"],
        defaults=params["defaults"],
        default_secrets=json.loads(params["default_secrets"]),
        backend=backends.of(instance, params, steps, dry),
    )
    module = snapshot.held().get("DJANGO_SETTINGS_MODULE", "")
    settings = overridden(module, params["settings_override"])
    if settings.text:
        require_own(snapshot)
        snapshot.name_settings(SETTINGS)
    return snapshot, settings


def require_own(snapshot: Snapshot) -> None:
    """Raise Failed where the settings would be named by what a process gets when it starts."""
    if any(
        "DJANGO_SETTINGS_MODULE" in layer.variables for layer in snapshot.layers if layer.elsewhere
    ):
        raise Failed(
            "django_settings_override has no effect where Doppler names the settings: take "
            "DJANGO_SETTINGS_MODULE out of Doppler, and set django_settings_module to it."
        )


def build_of(params: dict[str, Any], dry: bool, steps: Steps) -> Build:
    """The build that the arguments ask for. Raises Failed."""
    instance = arguments.instance_of(params)
    arguments.require_provisioned(instance)
    mirror = mirror_of(instance, params)
    snapshot, settings = variables_of(instance, params, steps, dry)
    if snapshot.backend.seal:
        doppler.require_service(instance, SLOTS[0])
    return Build(
        instance=instance,
        version=params["version"],
        builder=params["builder"],
        mirror=mirror,
        interpreters=interpreters_of(params),
        recipe=recipe_of(params, settings.text),
        snapshot=snapshot,
        who=(params["lease"] or {}).get("who", ""),
        steps=steps,
        settings=settings.module,
        optional=tuple(params["optional"]),
    )
