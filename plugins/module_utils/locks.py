# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files of a release pin its packages: the application's own, or those of a directory above.

In a repository of several applications each may have its lock beside it, or share the one of a
workspace, which stands at the workspace's root.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils.exports import TOOLS
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

INCLUDED = re.compile(
    r"^\s*(?:-[rc][ \t=]*|--(?:requirement|constraint)[ \t=]+)([^\s=]\S*)", re.MULTILINE
)
# Packages of the repository itself: `-e ./lib`, `./lib`, `wheels/lib.whl`, `lib @ file:./lib` or a
# directory of wheels in requirements; in the tools' own locks a source beside the project.
LOCAL = re.compile(
    r"""^\s*(?:-e|--editable[ =]|file:|\.{1,2}(?:/|\s*(?:$|[\[;\#])))
    |^\s*(?:-f[ =]*(?!\w+:)\S|--find-links[ =]+(?!\w+:)\S)
    |^\s*(?!-)[\w./-]+\.(?:whl|zip|tar\.\w+)\s*(?:$|[;\#])
    |^\s*[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*(?:file:|\.{0,2}/)
    |\b(?:editable|directory|path)\s*=\s*"(?!\.")
    |\bworkspace\s*=\s*true
    |^type\s*=\s*"(?:directory|file)"
    |"(?:path|file)":\s*"(?!https?:)""",
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True)
class Lock:
    """``files`` pin the packages, relative to the release; uv runs in ``place`` to read them."""

    kind: str
    place: str
    files: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file as people know it."""
        return self.files[0] if self.kind in ("requirements", "pyproject") else self.files[-1]

    @property
    def chooses(self) -> bool:
        """Whether it has groups and extras to choose from."""
        return bool(TOOLS[self.kind].group) if self.kind in TOOLS else self.kind != "requirements"


def find(release: str, application: str, requirements: str, unlocked: bool) -> Lock:
    """What pins the packages of the application in a directory of the release. Raises Failed.

    ``requirements`` is ``auto``, the lock of a tool or the name of a file beside the application;
    without a lock ``pyproject.toml`` serves where ``unlocked`` allows it.
    """
    known = ("uv.lock", "requirements.txt", *TOOLS)
    if requirements not in ("auto", "uv.lock", "pyproject.toml", *TOOLS):
        return of_requirements(release, application, requirements)
    projects: list[str] = []
    for place in upwards(application):
        if has(release, place, "pyproject.toml"):
            projects.append(place)
        if requirements == "pyproject.toml" and projects:
            break
        for name in known if requirements == "auto" else (requirements,):
            if has(release, place, name):
                return of_file(release, place, name, projects)
    return of_project(projects, requirements, unlocked)


def of_file(release: str, place: str, name: str, projects: list[str]) -> Lock:
    """The lock that a file in a directory is."""
    if name == "uv.lock":
        return of_uv(place, projects)
    if name in TOOLS:
        return of_tool(release, place, name)
    return of_requirements(release, place, name)


def of_tool(release: str, place: str, name: str) -> Lock:
    """The lock of another tool than uv, beside the file that it was made from."""
    project = TOOLS[name].project
    if not has(release, place, project):
        raise Failed(
            f"The application has {name} but no {project} beside it: commit both, or name another "
            "file with django_requirements."
        )
    return Lock(name, place, (os.path.join(place, project), os.path.join(place, name)))


def upwards(directory: str) -> Iterator[str]:
    """A directory of the release and those above it, the release's own as the empty name."""
    while directory:
        yield directory
        directory = os.path.dirname(directory)
    yield ""


def has(release: str, *names: str) -> bool:
    """Whether the release has a file."""
    return os.path.isfile(os.path.join(release, *names))


def of_uv(place: str, projects: list[str]) -> Lock:
    """The lock of uv in a directory, whose project it is or one of its workspace's."""
    if place not in projects:
        raise Failed(
            "The application has uv.lock but no pyproject.toml beside it: commit both, "
            "or name another file with django_requirements."
        )
    files = [os.path.join(each, "pyproject.toml") for each in dict.fromkeys((projects[0], place))]
    return Lock("uv.lock", projects[0], (*files, os.path.join(place, "uv.lock")))


def of_requirements(release: str, place: str, name: str) -> Lock:
    """A file of requirements with those that it includes; paths in it begin at ``place``."""
    found: list[str] = []
    include(release, os.path.join(place, name), found)
    return Lock("requirements", place, tuple(found))


def of_project(projects: list[str], requirements: str, unlocked: bool) -> Lock:
    """A project that nothing pins."""
    if projects and unlocked:
        name = os.path.join(projects[0], "pyproject.toml")
        return Lock("pyproject", projects[0], (name,))
    if projects:
        raise Failed(
            "The application has pyproject.toml but no lock, so two builds of one commit may get "
            "different packages: run `uv lock` and commit uv.lock, or set django_allow_unlocked."
        )
    neither = "neither uv.lock nor requirements.txt"
    missing = neither if requirements == "auto" else f"no {requirements}"
    raise Failed(
        f"The application has {missing} at its root: commit one, or name the file with "
        "django_requirements."
    )


def include(release: str, name: str, found: list[str]) -> None:
    """Add a requirements file and those that it includes to ``found``. Raises Failed."""
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


def tied(release: str, lock: Lock) -> bool:
    """Whether a lock names packages that lie in the repository itself, beside the project."""
    for name in lock.files:
        with open(os.path.join(release, name), encoding="utf-8", errors="replace") as file:
            if LOCAL.search(file.read()):
                return True
    return False
