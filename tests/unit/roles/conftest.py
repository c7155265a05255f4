"""The roles' variables and templates, evaluated as Ansible does and without a host."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROOT = Path(__file__).parents[3]
# What every inventory says.
INVENTORY: dict[str, Any] = {
    "slipway_project": "shop",
    "slipway_env": "dev",
    "slipway_hostnames": ["dev.example.com", "shop.example.com"],
    "django_repository": "git@example.com:shop.git",
    "inventory_hostname": "server",
    "group_names": ["app", "db", "web"],
    "ansible_check_mode": False,
    "ansible_managed": "Ansible managed",
}
# How the module template renders (ansible.builtin.template, its defaults).
JINJA = {"trim_blocks": True, "lstrip_blocks": False}

Evaluate = Callable[..., Any]
Render = Callable[..., str]


@functools.cache
def file_of(role: str, kind: str) -> dict[str, Any]:
    """The variables of a role's defaults or vars, one file or several in directory main."""
    found: dict[str, Any] = {}
    for path in (ROOT / "roles" / role / kind).rglob("*.yml"):
        found |= DataLoader().load_from_file(str(path), trusted_as_template=True)
    return found


def templar(role: str, given: dict[str, object]) -> Templar:
    """What evaluates in a role, for an inventory that says more."""
    variables = {**file_of(role, "defaults"), **INVENTORY, **given, **file_of(role, "vars")}
    return Templar(loader=DataLoader(), variables=variables)


@pytest.fixture(scope="session")
def evaluate() -> Evaluate:
    """Evaluate an expression in a role, for an inventory that says more."""

    def evaluate(role: str, expression: str, **given: object) -> Any:
        return templar(role, given).template(trust_as_template("{{ " + expression + " }}"))

    return evaluate


@pytest.fixture(scope="session")
def render() -> Render:
    """Render a template of a role, for an inventory that says more."""

    def render(role: str, template: str, **given: object) -> str:
        place = ROOT / "roles" / role / "templates"
        found = templar(role, given).copy_with_new_env(searchpath=[str(place)])
        text = trust_as_template((place / template).read_text())
        rendered = found.template(text, escape_backslashes=False, overrides=JINJA)
        return str(rendered)

    return render
