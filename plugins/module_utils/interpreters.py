# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Python that an application runs on, and who provides it on this host."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.pyenv import Pyenv
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.uv import Uv

PROVIDERS = ("system", "uv", "pyenv")
MIRROR = "UV_PYTHON_INSTALL_MIRROR"
URL = re.compile(r"(https?|file)://.")
VERSION = "import platform; print(platform.python_version())"
# Of each provider's reason, where all of them failed.
REASON_LINES = 3


@dataclass(frozen=True)
class Python:
    """An interpreter: the distribution may put another version at the same path."""

    path: str
    version: str
    provider: str

    @property
    def identity(self) -> str:
        """What tells it from every other one."""
        return f"{self.path} {self.version}"

    def __str__(self) -> str:
        return f"Python {self.version} ({self.provider})"


@dataclass(frozen=True)
class Interpreters:
    """Where Pythons come from: ``provider`` is one of PROVIDERS, or ``auto`` for each in turn."""

    uv: Uv
    provider: str
    pyenv: Pyenv

    def find(self, request: str) -> Python:
        """The Python that meets a request (``3.12``, ``>=3.12``), brought if need be.

        Raises Failed.
        """
        if self.provider != "auto":
            return self.provided(self.provider, request)
        reasons: list[str] = []
        for provider in PROVIDERS:
            if found := self.attempt(provider, request, reasons):
                return found
        raise Failed(
            f"No Python {request} on this host, and none can be brought: choose another "
            "django_python_version, or help uv with django_python_mirror, or build one with "
            "django_python_provider: pyenv.",
            "\n".join(reasons),
        )

    def attempt(self, provider: str, request: str, reasons: list[str]) -> Optional[Python]:
        """The Python of a provider; None where it has a reason against it, which is added."""
        try:
            return self.provided(provider, request)
        except Failed as failure:
            reasons += [f"{provider}: {failure}", *failure.evidence[-REASON_LINES:]]
            return None

    def provided(self, provider: str, request: str) -> Python:
        """The Python of one provider. Raises Failed."""
        provide: dict[str, Callable[[str], str]] = {
            "system": self.system,
            "uv": self.managed,
            "pyenv": self.pyenv.build,
        }
        path = os.path.realpath(provide[provider](request))
        problem = f"{path} does not run."
        version = run([path, "-I", "-c", VERSION], problem=problem, user=self.uv.user).strip()
        return Python(path, version, provider)

    def system(self, request: str) -> str:
        """The path of one that the distribution or the administrator installed. Raises Failed."""
        words = ("python", "find", "--no-managed-python", "--no-python-downloads", request)
        try:
            return last_line(self.uv(*words, problem="-"))
        except Failed as failure:
            raise Failed(
                f"No Python {request} is installed on this host, which has {self.installed()}: "
                "choose one of these with django_python_version, or a django_python_provider that "
                "brings one: uv, pyenv, auto.",
                "\n".join(failure.evidence),
            ) from failure

    def installed(self) -> str:
        """The versions that the host has by itself."""
        words = ("--only-installed", "--no-managed-python", "--output-format", "json")
        listed = json.loads(self.uv("python", "list", *words, problem="uv cannot list Pythons."))
        versions = dict.fromkeys(str(python["version"]) for python in listed)
        return ", ".join(versions) or "none"

    def managed(self, request: str) -> str:
        """The path of one that uv downloads, unless it did already. Raises Failed."""
        find = ("python", "find", "--managed-python", "--no-python-downloads", request)
        if not URL.match(self.uv.settings.get(MIRROR) or "https://-"):
            raise Failed("django_python_mirror is no URL: it starts with https:// or file://.")
        problem = (
            f"uv cannot bring Python {request}: let django_python_mirror name a mirror of its "
            "builds that this host reaches, or choose another django_python_version or "
            "django_python_provider."
        )
        try:
            found = self.uv(*find, problem=problem)
        except Failed:
            # Into no directory of programs: they are for releases alone.
            self.uv("python", "install", "--no-bin", request, problem=problem)
            found = self.uv(*find, problem=problem)
        return last_line(found)


def last_line(said: str) -> str:
    """What a program answers, below what it remarks."""
    return said.strip().splitlines()[-1]
