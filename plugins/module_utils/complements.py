# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an environment needs on a server besides the packages that the application lists."""

from __future__ import annotations

import json
import os
import re
from glob import glob

from ansible_collections.slipway.django.plugins.module_utils.exports import TOOLS
from ansible_collections.slipway.django.plugins.module_utils.locks import Lock
from ansible_collections.slipway.django.plugins.module_utils.recipe import Recipe
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.uv import INSTALL, Uv

LIST = ("pip", "list", "--quiet", "--format", "json")
# Older ones lose requests, and do not know the words that the unit starts them with.
OLDEST_SERVER = 27


def add(uv: Uv, environment: str, lock: Lock, recipe: Recipe) -> list[str]:
    """Install what is missing; what of the application's own had to give way. Raises Failed."""
    if lock.kind in TOOLS and not versions(environment, "*"):
        raise Failed(
            f"{lock.name} pins nothing for this Python: set django_python_version to one that the "
            "application allows."
        )
    has_server = os.path.exists(os.path.join(environment, "bin", "gunicorn"))
    outdated = [version for version in versions(environment, "gunicorn") if is_old(version)]
    wanted = [recipe.server] if outdated or not has_server else []
    if recipe.packages:
        problem = "uv cannot list the packages that the application brings."
        listed = uv(*LIST, "--python", environment, problem=problem)
        there = {str(package["name"]) for package in json.loads(listed)}
        wanted += [package for package in recipe.packages if canonical(package) not in there]
    if wanted:
        problem = f"uv cannot install {', '.join(wanted)}, which the application does not list."
        uv(*INSTALL, "--python", environment, *wanted, problem=problem)
    return [f"{recipe.server} in place of {version}" for version in outdated]


def versions(environment: str, package: str) -> list[str]:
    """The versions of packages of a name that are installed; ``*`` stands for any."""
    place = os.path.join(environment, "lib", "python*", "site-packages", f"{package}-*.dist-info")
    names = [os.path.basename(path)[: -len(".dist-info")] for path in glob(place)]
    return [name.rpartition("-")[2] for name in names]


def is_old(version: str) -> bool:
    """Whether a gunicorn of this version is too old."""
    major = version.partition(".")[0]
    return major.isdigit() and int(major) < OLDEST_SERVER


def canonical(requirement: str) -> str:
    """The name of a requirement's package, as uv lists it (PEP 503)."""
    name = re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()
