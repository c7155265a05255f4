"""What the other environments say, from which a new one's answers can be guessed."""

from collections.abc import Iterator
from typing import Any

import yaml

from slipway import inventory, skeleton

MAIN = "group_vars/all/main.yml"


def all_but(environment: str) -> dict[str, dict[str, Any]]:
    """Return the variables of each environment that somebody filled in, `prod` first."""
    names = sorted(_filled_in(), key=lambda name: (name != "prod", name))
    return {name: _variables(name) for name in names if name != environment}


def said(environment: str, variable: str) -> str:
    """Return what the first of the others has as `variable`, or an empty string."""
    for variables in all_but(environment).values():
        if isinstance(variables.get(variable), str):
            return str(variables[variable])
    return ""


def hostnames(variables: dict[str, Any]) -> list[str]:
    """Return the names of a site, if they are written as a plain list."""
    names = variables.get("slipway_hostnames")
    return [str(name) for name in names] if isinstance(names, list) else []


def domain(environment: str, server: str) -> str:
    """Return the name of the site as the others would have it: `dev.shop.com` beside `shop.com`."""
    for name, variables in all_but(environment).items():
        first = next(iter(hostnames(variables)), "").removeprefix("www.")
        bare = first.removeprefix(f"{name}.")
        guess = bare if environment == "prod" else f"{environment}.{bare}"
        is_domain = "." in bare and not bare.replace(".", "").isdecimal()
        if is_domain and not taken(environment, server, [guess]):
            return guess
    return ""


def taken(environment: str, server: str, names: list[str]) -> tuple[str, str] | None:
    """Return the first of `names` that another environment has on that server, and which."""
    for other, variables in all_but(environment).items():
        if variables.get("slipway_server") == server:
            for name in names:
                if name in hostnames(variables):
                    return name, other
    return None


def _filled_in() -> Iterator[str]:
    if not inventory.root().is_dir():
        return
    for name in inventory.names():
        if name != "local" and not skeleton.is_example(inventory.root() / name):
            yield name


def _variables(environment: str) -> dict[str, Any]:
    """Return what can be read without Ansible; a guess may fail, a check says what is wrong."""
    try:
        loaded = yaml.safe_load((inventory.root() / environment / MAIN).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
