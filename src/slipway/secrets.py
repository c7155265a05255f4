"""Keeping a secret where an environment's backend keeps them."""

import getpass
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.environment import NAME
from invoke.exceptions import Exit

from slipway import inventory, playbook, sandbox, state, tools, vault
from slipway.console import say
from slipway.errors import Problem

# What Slipway sets and is no secret. DATABASE_URL and SECRET_KEY may be.
OWN = {"ALLOWED_HOSTS", "DJANGO_SETTINGS_MODULE", "MEDIA_ROOT", "PGHOST", "STATIC_ROOT"}
BACKENDS = ("vault", "env_file", "doppler")


def put(environment: str, name: str) -> None:
    """Keep a secret for the next deploy. Raises Problem."""
    inventory.directory(environment)
    if environment == "local":
        sandbox.require()
    given = variables(environment)
    require_free(environment, name, given)
    backend = given.get("django_secrets_backend", "vault")
    if backend == "doppler":
        raise Problem(
            f"Doppler keeps the secrets of {environment}: set it there (`doppler secrets set "
            f"{name}`), then deploy."
        )
    if backend not in BACKENDS:
        raise Problem(f"django_secrets_backend is {backend!r}, but must be one of {BACKENDS}.")
    place = vault.File.of(environment)
    if backend == "vault":
        place.require(given.get("django_secrets", {}))
    value = asked(environment, name)
    if backend == "vault":
        place.put(name, value)
        kept = state.shown(place.path)
    else:
        write_on_hosts(environment, name, value)
        kept = "`.keys` on the server"
    say(f"{name} is kept in {kept}; the next `invoke deploy {environment}` brings it live.")


def variables(environment: str) -> dict[str, Any]:
    """Return what the inventory says of the first application host, templates as they stand."""
    found = state.shown(inventory.readable(environment))
    words = ["ansible-inventory", "-i", found, *inventory.password_options(), "--list"]
    done = tools.run(words, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        raise Problem(f"Ansible cannot read {found}: {tools.last_words(done)}")
    tree: dict[str, Any] = json.loads(done.stdout)
    hosts = tree.get("app", {}).get("hosts", [])
    if not hosts:
        raise Problem(f"{found} has no host in its group app: name one in its hosts.yml.")
    given: dict[str, Any] = tree["_meta"]["hostvars"].get(hosts[0], {})
    return given


def require_free(environment: str, name: str, given: Mapping[str, Any]) -> None:
    """Raise Problem where a name is none, or stands where everybody reads it."""
    if not NAME.fullmatch(name):
        raise Problem(
            f"{name!r} cannot be the name of an environment variable: letters, digits and "
            "underscores make one, and no digit begins it."
        )
    if name in OWN:
        raise Problem(
            f"{name} is no secret, and Slipway sets it: override it in django_environment."
        )
    if name.startswith("SLIPWAY_"):
        raise Problem(f"Slipway itself sets {name}, in each release anew.")
    plain = given.get("django_environment", {})
    if isinstance(plain, Mapping) and name in plain:
        raise Problem(
            f"{name} stands in django_environment of {environment}: change it there, or take it "
            "out there first."
        )


def asked(environment: str, name: str) -> str:
    """Return the value that is typed without an echo, or that standard input brings."""
    if sys.stdin.isatty():
        value = getpass.getpass(f"{name} for {environment}: ")
    else:
        try:
            value = sys.stdin.read()
            value.encode()
        except UnicodeError as error:
            raise Problem(f"The value of {name} is no text in UTF-8.") from error
        value = value.removesuffix("\n")
    if not value.strip():
        raise Problem(f"There is no value for {name}: type it, or bring it on standard input.")
    if "\0" in value:
        raise Problem(f"The value of {name} holds a zero byte; no process can get that.")
    return value


def write_on_hosts(environment: str, name: str, value: str) -> None:
    """Write a secret into the file that people keep on the server."""
    command = playbook.command(environment, ["secret"], extra={"slipway_variable": name})
    if playbook.run(command, {"SLIPWAY_SECRET": value}) != 0:
        raise Exit(code=1)
