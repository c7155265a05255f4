"""The environments: directories of inventories/, or of $SLIPWAY_INVENTORIES."""

import os
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import yaml

from slipway import state
from slipway.errors import Problem, unknown

# The endings that Ansible's own plugins for YAML take; variables need none.
YAML_FILES = (".yml", ".yaml", ".json")
VARIABLES = ("group_vars", "host_vars")
VAULT = b"$ANSIBLE_VAULT;"
# By these Ansible learns a password, from the environment or in lower case from ansible.cfg.
PASSWORDS = ("VAULT_PASSWORD_FILE", "VAULT_IDENTITY_LIST", "ASK_VAULT_PASS")


def root() -> Path:
    """Return the directory whose directories are the environments."""
    return Path(os.environ.get("SLIPWAY_INVENTORIES") or state.CHECKOUT / "inventories").absolute()


def names() -> list[str]:
    """Return the environments that there are."""
    if not root().is_dir():
        raise Problem(f"There is no directory {root()}: SLIPWAY_INVENTORIES names the inventories.")
    places = (path for path in root().iterdir() if path.is_dir())
    return sorted(path.name for path in places if not path.name.startswith("."))


def directory(environment: str) -> Path:
    """Return the inventory of `environment`. Raises Problem, naming the nearest that exists."""
    known = names()
    if environment in known:
        return root() / environment
    raise unknown(f"environment {environment!r} in {root()}", environment, known)


def readable(environment: str) -> Path:
    """Return the inventory of `environment`, whose files Ansible can read.

    Raises Problem for the first that it cannot: Ansible itself tries each of its plugins, says
    what each makes of the file, and goes on without it.
    """
    found = directory(environment)
    if not any(path.is_file() for path in found.iterdir()):
        raise Problem(f"{state.shown(found)} names no host: write a hosts.yml into it.")
    for path in _files(found):
        _must_be_readable(path)
    return found


def password() -> Path:
    """Return the file of the vault's password that `invoke init` makes; it may not be there."""
    return root() / ".vault-password"


def password_options() -> list[str]:
    """Return what tells Ansible's commands of that file, if it is there and nothing else does.

    With two passwords Ansible would not know which of them to encrypt with.
    """
    if password_is_named() or not password().is_file():
        return []
    return ["--vault-password-file", state.shown(password())]


def password_is_named() -> bool:
    """Whether Ansible's own settings say where a vault's password is.

    Raises Problem where they name a file that is not there.
    """
    config = ConfigParser(interpolation=None, strict=False)
    config.read(os.environ.get("ANSIBLE_CONFIG") or state.CHECKOUT / "ansible.cfg")
    given = [os.environ.get(f"ANSIBLE_{option}") for option in PASSWORDS]
    given += [config.get("defaults", option.lower(), fallback="") for option in PASSWORDS]
    file = os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
    if file and not Path(file).expanduser().exists():
        raise Problem(f"ANSIBLE_VAULT_PASSWORD_FILE names {file}, which is not there.")
    return any(given)


def _files(place: Path) -> Iterator[Path]:
    for path in sorted(place.rglob("*")):
        of_variables = not path.suffix and set(VARIABLES) & set(path.relative_to(place).parts)
        if path.is_file() and (path.suffix in YAML_FILES or of_variables):
            yield path


def _must_be_readable(path: Path) -> None:
    name = state.shown(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Problem(f"{name} cannot be read: {error.strerror}.") from error
    if content.startswith(VAULT):
        _must_have_password(name)
        return
    try:
        tree = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise Problem(f"{name} is not YAML: {_reason(error)}.") from error
    if not isinstance(tree, yaml.MappingNode | None):
        raise Problem(f"{name} must hold names with their values, as `name: value`.")


def _reason(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return "it holds more than text"


def _must_have_password(name: str) -> None:
    if not password_is_named() and not password().is_file():
        raise Problem(
            f"{name} is encrypted, and nothing says where its password is: put it into "
            f"{state.shown(password())}, or let ANSIBLE_VAULT_PASSWORD_FILE name the file."
        )
