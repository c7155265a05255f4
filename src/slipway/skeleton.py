"""The files of a new environment's inventory, rendered from templates/inventory/."""

from collections.abc import Mapping
from pathlib import Path

import jinja2
import yaml

from slipway import state

TEMPLATES = state.CHECKOUT / "templates" / "inventory"
VAULT = "group_vars/all/vault.yml"
# The environments that the collection ships, filled in with names that belong to nobody.
EXAMPLES = ("dev", "staging", "prod")


def files(values: Mapping[str, str]) -> dict[str, str]:
    """Return the files that are not encrypted: their paths in the inventory, and texts."""
    return {name: _render(name, values) for name in ("hosts.yml", "group_vars/all/main.yml")}


def vault(secret_key: str) -> str:
    """Return the text of the file that is to be encrypted."""
    return _render(VAULT, {"secret_key": secret_key})


def is_example(place: Path) -> bool:
    """Whether an inventory is a shipped example that nobody has touched."""
    if place.name not in EXAMPLES or place.is_symlink():
        return False
    found = {str(path.relative_to(place)): path for path in place.rglob("*") if not path.is_dir()}
    wanted = files(example(place.name))
    return set(found) == set(wanted) and all(
        path.read_bytes() == wanted[name].encode() for name, path in found.items()
    )


def example(environment: str) -> dict[str, str]:
    """Return what the shipped example of an environment is filled in with."""
    server = "example.com" if environment == "prod" else f"{environment}.example.com"
    return {
        "environment": environment,
        "project": "shop",
        "server": server,
        "hostnames": server,
        "repository": "git@github.com:you/shop.git",
        "branch": "main",
    }


def _render(name: str, values: Mapping[str, str]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it is YAML; the filter quotes what YAML would misread
    )
    environment.filters["yaml"] = _yaml
    return environment.get_template(f"{name}.j2").render(values)


def _yaml(value: object) -> str:
    """Return a value in one line of YAML, quoted where it would be read as something else."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=float("inf"))
    return text.removesuffix("...\n").rstrip("\n")
