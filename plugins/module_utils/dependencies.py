# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Python environments of releases: made by uv once for each lock, never changed after."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

INCLUDED = re.compile(
    r"^\s*(?:-[rc][ \t=]*|--(?:requirement|constraint)[ \t=]+)([^\s=]\S*)", re.MULTILINE
)
COMPLETE = ".slipway-complete"
# uv's own, which it lets every user write.
LOCK = ".lock"
# `-e ./lib` or `./lib` in requirements, a source other than the project in uv.lock.
LOCAL = re.compile(
    r"""^\s*(-e\s|--editable[ =]|file:|\.{1,2}/)|\b(editable|directory|path)\s*=\s*"(?!\.")""",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Recipe:
    """What decides the content of an environment besides the release's own lock.

    ``python`` is a request as uv takes it (``>=3.12``), ``requirements`` a file's name or ``auto``,
    ``server`` the requirement that brings gunicorn where the application does not list it.
    """

    python: str
    requirements: str
    server: str


@dataclass(frozen=True)
class Uv:
    """uv as ``user`` runs it on this host; ``settings`` are its own environment variables."""

    program: str
    user: str
    settings: Mapping[str, str]

    def __call__(self, *words: str, problem: str, cwd: str = "/", **env: str) -> str:
        settings = {"UV_NO_PROGRESS": "1", **self.settings, **env}
        return run(
            [self.program, *words],
            problem=problem,
            user=self.user,
            cwd=cwd,
            env=settings,
            timeout=1800,
        )


def lock_files(release: str, requirements: str) -> list[str]:
    """The files that pin the dependencies, relative to the release. Raises Failed."""
    if requirements == "auto":
        if os.path.isfile(os.path.join(release, "uv.lock")):
            if not os.path.isfile(os.path.join(release, "pyproject.toml")):
                raise Failed(
                    "The application has uv.lock but no pyproject.toml at its root: commit both, "
                    "or name another file with django_requirements."
                )
            return ["pyproject.toml", "uv.lock"]
        requirements = "requirements.txt"
        if not os.path.isfile(os.path.join(release, requirements)):
            raise Failed(
                "The application has neither uv.lock nor requirements.txt at its root: commit one, "
                "or name the file with django_requirements."
            )
    found: list[str] = []
    include(release, requirements, found)
    return found


def include(release: str, name: str, found: list[str]) -> None:
    """Add a requirements file and those that it includes to ``found``."""
    name = os.path.normpath(name)
    if name in found:
        return
    path = os.path.join(release, name)
    if not os.path.isfile(path):
        raise Failed(f"The application has no {name}: correct django_requirements.")
    found.append(name)
    with open(path, encoding="utf-8", errors="replace") as file:
        for included in INCLUDED.findall(file.read()):
            if "://" not in included:
                include(release, os.path.join(os.path.dirname(name), included), found)


def key(release: str, locks: list[str], interpreter: str, recipe: Recipe) -> str:
    """The name of the environment that a release needs: a hash of all that decides it."""
    digest = hashlib.sha256(json.dumps([interpreter, recipe.server]).encode())
    for name in locks:
        with open(os.path.join(release, name), "rb") as file:
            digest.update(name.encode() + b"\0" + file.read())
    return digest.hexdigest()[:16]


def interpreter(uv: Uv, request: str) -> str:
    """The path of the Python that meets a request; uv brings one where the host has none."""
    problem = (
        f"No Python {request} on this host, and uv cannot bring one: choose another "
        "django_python_version, or a distribution that has it."
    )
    preferred = {"UV_PYTHON_PREFERENCE": "system"}
    try:
        found = uv("python", "find", "--no-python-downloads", request, problem=problem, **preferred)
    except Failed:
        uv("python", "install", request, problem=problem)
        found = uv("python", "find", request, problem=problem, **preferred)
    return os.path.realpath(found.strip().splitlines()[-1])


def complete(environment: str) -> bool:
    """Whether an environment was made to its end."""
    return os.path.exists(os.path.join(environment, COMPLETE))


def tied(release: str, locks: list[str]) -> bool:
    """Whether a lock names packages that lie in the repository itself, beside the project."""
    for name in locks:
        with open(os.path.join(release, name), encoding="utf-8", errors="replace") as file:
            if LOCAL.search(file.read()):
                return True
    return False


def newest(environments: str, key: str) -> str:
    """The name of the newest complete environment of a key, else the key itself."""
    names = [name for name in os.listdir(environments) if name.partition("-")[0] == key]
    stand = [name for name in names if complete(os.path.join(environments, name))]
    return max(stand, default=key)


def make(
    uv: Uv, environment: str, *, release: str, locks: list[str], python: str, server: str
) -> None:
    """Make an environment from a release's lock; a half-made one is made anew. Raises Failed."""
    if os.path.isdir(environment):
        shutil.rmtree(environment)
    try:
        install(uv, environment, release=release, locks=locks, python=python, server=server)
    except BaseException:
        # It may be what filled the disk.
        shutil.rmtree(environment, ignore_errors=True)
        raise
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(environment, LOCK))
    with open(os.path.join(environment, COMPLETE), "w", encoding="utf-8") as file:
        file.write("\n".join(locks) + "\n")


def install(
    uv: Uv, environment: str, *, release: str, locks: list[str], python: str, server: str
) -> None:
    """Install what a lock names, and the server that runs it. Raises Failed."""
    problem = f"uv cannot install the packages of {locks[-1]}."
    if "uv.lock" in locks:
        # The project itself runs from the release's directory: installed into an environment that
        # releases share it would tie them all to the first one.
        words = "sync --frozen --no-dev --no-install-project --no-editable"
        arguments = [*words.split(), "--compile-bytecode", "--python", python]
        uv(*arguments, problem=problem, cwd=release, UV_PROJECT_ENVIRONMENT=environment)
    else:
        uv("venv", "--quiet", "--python", python, environment, problem=problem)
        given = ["pip", "install", "--quiet", "--compile-bytecode", "--python", environment]
        uv(*given, "--requirement", locks[0], problem=problem, cwd=release)
    if not os.path.exists(os.path.join(environment, "bin", "gunicorn")):
        uv(
            *["pip", "install", "--quiet", "--compile-bytecode", "--python", environment, server],
            problem=f"uv cannot install {server}, which the application does not list itself.",
        )
