# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pythons that pyenv builds from source, by the builder, once for all releases of a host."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils import programs
from ansible_collections.slipway.django.plugins.module_utils.dependencies import COMPLETE, complete
from ansible_collections.slipway.django.plugins.module_utils.programs import acting_as, run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

# Of pyenv only its builder is used: it needs no shims and no shell's set-up.
PROGRAM = os.path.join("plugins", "python-build", "bin", "python-build")
DEFINITIONS = os.path.join("plugins", "python-build", "share", "python-build")
REQUEST = re.compile(r"\d+\.\d+(\.\d+)?")
VERSION = re.compile(r"\w[\w.-]*")
RELEASED = re.compile(r"\d+\.\d+\.\d+")
BUILD_SECONDS = 3600
# What CPython leaves out without a word where a library is missing, and applications miss later.
PARTS = "import bz2, ctypes, lzma, sqlite3, ssl, zlib"
TOOLS = ("cc", "make")


@dataclass(frozen=True)
class Pyenv:
    """pyenv as ``user`` has it below ``home``, from ``repository`` at the tag ``version``.

    ``repository`` is a directory that holds pyenv, or what ``git clone`` takes. ``settings`` are
    environment variables of its python-build.
    """

    repository: str
    version: str
    settings: Mapping[str, str]
    user: str
    home: str

    def build(self, request: str) -> str:
        """The path of a Python of a version (``3.12``, ``3.12.4``), built if need be.

        Raises Failed.
        """
        if not REQUEST.fullmatch(request):
            raise Failed(
                f"pyenv builds one version: set django_python_version to it, such as 3.12 or "
                f"3.12.4, not {request}."
            )
        missing = [tool for tool in TOOLS if not shutil.which(tool)]
        if missing:
            raise Failed(
                f"This host has no {' and no '.join(missing)} to build Python {request} with: "
                "`invoke provision` installs them where django_python_provider is pyenv."
            )
        with self.alone():
            source = self.source()
            version = self.newest(source, request)
            place = os.path.join(self.home, f"pyenv-{version}")
            if not complete(place):
                self.make(source, version, place)
        return os.path.join(place, "bin", "python3")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other builds of this host waiting; one that outlives its module too."""
        with acting_as(self.user):
            path = os.path.join(self.home, ".pyenv.lock")
            lock = open(path, "a", encoding="utf-8")  # noqa: SIM115 - the next block closes it
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            programs.INHERITED.add(lock.fileno())
            try:
                yield
            finally:
                programs.INHERITED.discard(lock.fileno())

    def source(self) -> str:
        """The directory that holds pyenv itself, fetched once for each version. Raises Failed."""
        if os.path.isfile(os.path.join(self.repository, PROGRAM)):
            return self.repository
        if not VERSION.fullmatch(self.version):
            raise Failed(f"django_pyenv_version is {self.version!r}: name a tag of pyenv.")
        place = os.path.join(self.home, f".pyenv-{self.version}")
        if os.path.isdir(place):
            return place
        draft = f"{place}.new"
        with acting_as(self.user):
            shutil.rmtree(draft, ignore_errors=True)
        clone = ["git", "-c", "advice.detachedHead=false", "clone", "--quiet", "--depth=1"]
        run(
            [*clone, f"--branch={self.version}", "--", self.repository, draft],
            problem=f"git cannot fetch pyenv {self.version}: set django_pyenv_repository to one or "
            "a directory that this host reaches, and django_pyenv_version to a tag of it.",
            user=self.user,
            env={"GIT_TERMINAL_PROMPT": "0"},
        )
        if not os.path.isfile(os.path.join(draft, PROGRAM)):
            shutil.rmtree(draft)
            raise Failed(f"django_pyenv_repository is not pyenv's: it holds no {PROGRAM}.")
        with acting_as(self.user):
            os.rename(draft, place)
        return place

    def newest(self, source: str, request: str) -> str:
        """The newest version that pyenv knows of the one requested. Raises Failed."""
        known = os.listdir(os.path.join(source, DEFINITIONS))
        versions = [name for name in known if RELEASED.fullmatch(name)]
        wanted = [name for name in versions if f"{name}.".startswith(f"{request}.")]
        if not wanted:
            raise Failed(
                f"pyenv {self.version} knows no Python {request}, at most {newest(versions)}: set "
                "django_pyenv_version to a newer tag, or choose another django_python_version."
            )
        return newest(wanted)

    def make(self, source: str, version: str, place: str) -> None:
        """Build it; what a killed build left is begun anew. Raises Failed."""
        scratch = os.path.join(self.home, ".pyenv-build")
        for directory in (place, scratch):
            shutil.rmtree(directory, ignore_errors=True)
        run(["mkdir", scratch], problem=f"{self.user} cannot make {scratch}.", user=self.user)
        try:
            self.run_build([os.path.join(source, PROGRAM), version, place], version, scratch)
            run(
                [os.path.join(place, "bin", "python3"), "-c", PARTS],
                problem=f"pyenv built Python {version} without a part of its standard library: "
                "name the package with that library's headers in django_system_packages, provision "
                "and deploy again.",
                user=self.user,
            )
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        with acting_as(self.user), open(os.path.join(place, COMPLETE), "w") as file:
            file.write(f"{version}\n")

    def run_build(self, words: list[str], version: str, scratch: str) -> None:
        """Run python-build, behind what the host serves, and no longer than it may take."""
        problem = (
            f"pyenv cannot build Python {version}: see its last lines; sources come from "
            "PYTHON_BUILD_MIRROR_URL or PYTHON_BUILD_CACHE_PATH of django_pyenv_environment, "
            "headers from django_system_packages."
        )
        began = time.monotonic()
        # It ends the compilers too, which a killed shell would leave behind.
        limited = ["timeout", "--kill-after=10", str(BUILD_SECONDS), "nice", *words]
        try:
            env = {**self.settings, "TMPDIR": scratch}
            run(limited, problem=problem, user=self.user, env=env, timeout=BUILD_SECONDS + 60)
        except Failed as failure:
            if time.monotonic() - began < BUILD_SECONDS:
                raise
            late = f"pyenv took longer than {BUILD_SECONDS} s to build Python {version}."
            raise Failed(late, "\n".join(failure.evidence)) from failure


def newest(versions: list[str]) -> str:
    """The newest of these."""
    return max(versions, key=lambda name: [int(part) for part in name.split(".")], default="none")
