# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Python environments of releases: made by uv once for each lock, never changed after."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress

from ansible_collections.slipway.django.plugins.module_utils import complements
from ansible_collections.slipway.django.plugins.module_utils.exports import TOOLS
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.locks import Lock
from ansible_collections.slipway.django.plugins.module_utils.programs import acting_as
from ansible_collections.slipway.django.plugins.module_utils.recipe import Recipe
from ansible_collections.slipway.django.plugins.module_utils.uv import INSTALL, Uv

COMPLETE = ".slipway-complete"
# Raised where the same recipe comes to another environment than before.
GENERATION = 2
# uv's own, which it lets every user write.
LOCK = ".lock"


def key(release: str, lock: Lock, interpreter: str, recipe: Recipe) -> str:
    """The name of the environment that a release needs: a hash of all that decides it."""
    chosen = [GENERATION, recipe.groups, recipe.extras, recipe.packages, recipe.project]
    digest = hashlib.sha256(json.dumps([interpreter, recipe.server, lock.place, chosen]).encode())
    for name in lock.files:
        with open(os.path.join(release, name), "rb") as file:
            digest.update(name.encode() + b"\0" + file.read())
    return digest.hexdigest()[:16]


def complete(environment: str) -> bool:
    """Whether an environment was made to its end."""
    return os.path.exists(os.path.join(environment, COMPLETE))


def newest(environments: str, key: str) -> str:
    """The name of the newest complete environment of a key, else the key itself."""
    names = [name for name in os.listdir(environments) if name.partition("-")[0] == key]
    stand = [name for name in names if complete(os.path.join(environments, name))]
    return max(stand, default=key)


def make(uv: Uv, environment: str, *, release: str, lock: Lock, python: str, recipe: Recipe) -> str:
    """Make an environment from a release's lock, a half-made one anew, and tell of it.

    Raises Failed.
    """
    if os.path.isdir(environment):
        shutil.rmtree(environment)
    try:
        place = os.path.join(release, lock.place)
        install(uv, environment, cwd=place, lock=lock, python=python, recipe=recipe)
        with acting_as(uv.user):
            pin(environment, python)
        told = complements.add(uv, environment, lock, recipe)
    except BaseException:
        # It may be what filled the disk.
        shutil.rmtree(environment, ignore_errors=True)
        raise
    with acting_as(uv.user):
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(environment, LOCK))
        with open(os.path.join(environment, COMPLETE), "w", encoding="utf-8") as file:
            file.write("\n".join(lock.files) + "\n")
    return ", ".join(["new environment", *told])


def install(uv: Uv, environment: str, *, cwd: str, lock: Lock, python: str, recipe: Recipe) -> None:
    """Install what a lock names. Raises Failed."""
    problem = f"uv cannot install the packages of {lock.name}."
    chosen = [f"--extra={name}" for name in recipe.extras]
    chosen += [f"--group={name}" for name in recipe.groups]
    if lock.kind == "uv.lock":
        # The project itself runs from the release's directory: installed into an environment that
        # releases share it would tie them all to the first one.
        words = ["sync", "--frozen", "--no-editable"]
        words += [] if recipe.project else ["--no-install-project"]
        words += [] if "dev" in recipe.groups else ["--no-dev"]
        arguments = [*words, *chosen, "--compile-bytecode", "--python", python]
        uv(*arguments, problem=problem, cwd=cwd, UV_PROJECT_ENVIRONMENT=environment)
        return
    uv("venv", "--quiet", "--python", python, environment, problem=problem)
    name = os.path.relpath(lock.name, lock.place or ".")
    if lock.kind in TOOLS:
        name, chosen = export(uv, environment, cwd=cwd, lock=lock, recipe=recipe), []
    uv(*INSTALL, "--python", environment, "--requirement", name, *chosen, problem=problem, cwd=cwd)
    if recipe.project:
        problem = "uv cannot install the application itself (django_install_project)."
        uv(*INSTALL, "--python", environment, "--no-deps", ".", problem=problem, cwd=cwd)


def export(uv: Uv, environment: str, *, cwd: str, lock: Lock, recipe: Recipe) -> str:
    """The path of requirements that the tool of a lock makes of it. Raises Failed."""
    command = TOOLS[lock.kind].command(recipe.groups, recipe.extras)
    path = os.path.join(environment, "requirements.txt")
    said = uv(*command, problem=f"{lock.name} cannot be read by its own tool.", cwd=cwd)
    with acting_as(uv.user):
        write(path, said)
    return path


def pin(environment: str, python: str) -> None:
    """Tie an environment to the very interpreter that it was made with.

    Of its own Pythons uv names a link that follows the newest patch of a version.
    """
    link = os.path.join(environment, "bin", "python")
    if not os.path.islink(link) or os.readlink(link) == python:
        return
    os.unlink(link)
    os.symlink(python, link)
    settings = os.path.join(environment, "pyvenv.cfg")
    with open(settings, encoding="utf-8") as file:
        lines = file.read().splitlines()
    kept = [line for line in lines if line.partition("=")[0].strip() != "home"]
    with open(settings, "w", encoding="utf-8") as file:
        file.write("\n".join([f"home = {os.path.dirname(python)}", *kept, ""]))
