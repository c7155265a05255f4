"""The files of the roles, as the contracts read them."""

import functools
import re
from typing import Any

import yaml

from tests.unit.roles.conftest import ROOT

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
SHARED = yaml.safe_load((ROOT / "meta" / "shared_variables.yml").read_text())
TASK_FILES = sorted(
    f"{path.parents[1].name}/{path.stem}" for path in ROOT.glob("roles/*/tasks/*.yml")
)
TEMPLATES = sorted(
    f"{path.parents[1].name}/{path.name}" for path in ROOT.glob("roles/*/templates/*.j2")
)


@functools.cache
def load(*parts: str) -> Any:
    """A file of YAML of the roles, empty where there is none."""
    path = ROOT.joinpath("roles", *parts)
    return (yaml.safe_load(path.read_text()) if path.exists() else None) or {}


def defaults(role: str) -> dict[str, Any]:
    """The role's public variables."""
    found: dict[str, Any] = load(role, "defaults", "main.yml")
    return found


def internals(role: str) -> list[str]:
    """The names of the role's internal variables."""
    files = (ROOT / "roles" / role / "vars").rglob("*.yml")
    return [name for path in files for name in yaml.safe_load(path.read_text())]


def specification(role: str) -> dict[str, dict[str, Any]]:
    """The role's argument spec."""
    found: dict[str, dict[str, Any]] = load(role, "meta", "argument_specs.yml")
    return found["argument_specs"]["main"]["options"]


def nested(options: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Options, and those that are in them as ``outer.inner``."""
    found = dict(options)
    for name, option in options.items():
        inner = nested(option.get("options", {}))
        found |= {f"{name}.{key}": value for key, value in inner.items()}
    return found


@functools.cache
def text_of(role: str, *kinds: str) -> str:
    """All text of some kinds of a role's files."""
    files = (path for kind in kinds for path in sorted((ROOT / "roles" / role / kind).rglob("*.*")))
    return "\n".join(path.read_text() for path in files)


def expression(value: object) -> bool:
    """Whether a default is evaluated only where it is used."""
    return isinstance(value, str) and "{{" in value


def mentioned(name: str, text: str) -> bool:
    """Whether a text holds a variable's whole name."""
    return bool(re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", text))


def flat(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tasks, and those of their blocks."""
    found: list[dict[str, Any]] = []
    waiting = list(tasks)
    while waiting:
        task = waiting.pop(0)
        found.append(task)
        for section in ("block", "rescue", "always"):
            waiting += task.get(section, [])
    return found


def tasks(role: str, file: str) -> list[dict[str, Any]]:
    """The tasks of a file, those of its blocks too."""
    return flat(list(load(role, "tasks", f"{file}.yml")))
