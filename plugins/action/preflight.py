# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action preflight: every check of an inventory before a host is touched."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.action import ActionBase
from ansible_collections.slipway.django.plugins.module_utils.instance import (
    BadInstance,
    instance,
)
from ansible_collections.slipway.django.plugins.plugin_utils import certified, sources
from ansible_collections.slipway.django.plugins.plugin_utils.variables import value

COLLECTION = Path(__file__).resolve().parents[2]
# The roles that a host of a group gets from playbook site.
ROLES = {
    "app": ("base", "django", "gunicorn_systemd", "nginx"),
    "db": ("base", "postgres"),
    "web": ("base", "nginx"),
}
# How alike a name must be to one of ours to be taken for it: with our prefix, and without.
ALIKE, SAME = 0.6, 0.9

NOBODY = "The inventory has no host in its group app: name one in its hosts.yml."
LOCKED = (
    "is encrypted, and no password that opens it is given: "
    "let ANSIBLE_VAULT_PASSWORD_FILE name the file that holds it."
)

MISSING = re.compile(r"missing required arguments: (.*)")
MISTYPED = re.compile(
    r"(?:argument|(Elements value) for option) '(\w+)' is of type .* unable to convert to (\w+):"
)
STRANGE = re.compile(r"value of (\w+) must be one or more of: (.*)\. Got no match for: (.*)")

Options = dict[str, dict[str, Any]]


def specifications() -> dict[str, Options]:
    """Every variable that Slipway knows: by role, the shared ones under ``slipway``."""
    found = {"slipway": load(COLLECTION / "meta" / "shared_variables.yml")}
    for path in sorted(COLLECTION.glob("roles/*/meta/argument_specs.yml")):
        found[path.parents[1].name] = load(path)["argument_specs"]["main"]["options"]
    return found


def load(path: Path) -> dict[str, Any]:
    """A file of YAML."""
    with path.open(encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml_load(file)
    return loaded


def unknown(names: list[str], specs: Mapping[str, Options]) -> list[str]:
    """A sentence for each name that only looks like one of Slipway's variables."""
    known = [name for options in specs.values() for name in options]
    # Up to the first underscore: gunicorn_workers is meant for role gunicorn_systemd.
    prefixes = tuple(f"{role.partition('_')[0]}_" for role in specs)
    sentences = []
    for name in set(names).difference(known):
        ours = name.startswith(prefixes)
        # djagno_branch is one of ours too; my_nginx_port is somebody's own.
        near = difflib.get_close_matches(name, known, n=1, cutoff=ALIKE if ours else SAME)
        if ours or near:
            hint = f": did you mean {near[0]}?" if near else ", and none is spelt nearly so."
            sentences.append(f"{name} is no variable of Slipway{hint}")
    return sorted(sentences)


def wrong(values: Mapping[str, Any], options: Options) -> list[str]:
    """A sentence for each value that is missing or of the wrong type."""
    given = {name: values[name] for name in options if name in values}
    empty = [f"{name} has no value." for name, value in given.items() if value is None]
    # A default is the role's business; here only what the inventory says is looked at.
    spec = {
        name: {key: value for key, value in option.items() if key != "default"}
        for name, option in options.items()
    }
    errors = ArgumentSpecValidator(spec).validate(given).errors.errors
    return empty + [plain(error.msg, given, options) for error in errors]


def plain(message: str, given: Mapping[str, Any], options: Options) -> str:
    """Ansible's message about an argument, as one of a variable; a secret's value is not shown."""
    if missing := MISSING.fullmatch(message):
        return f"{missing[1]} must be set."
    if mistyped := MISTYPED.match(message):
        elements, name, kind = mistyped.groups()
        shown = "" if options[name].get("no_log") else f", not {given[name]!r}"
        return f"{name} must be {'a list of' if elements else 'of type'} {kind}{shown}."
    if strange := STRANGE.match(message):
        name, known, others = strange.groups()
        return " ".join(stray(name, other, known.split(", ")) for other in others.split(", "))
    return f"{message[0].upper()}{message[1:].rstrip('.')}."


def stray(name: str, value: str, known: list[str]) -> str:
    """The sentence about a value of a list that is none of those it may have."""
    near = difflib.get_close_matches(value.upper(), known, n=1, cutoff=ALIKE)
    hint = f": did you mean {near[0]}?" if near else f", which is none of {', '.join(known)}."
    return f"{name} has {value}{hint}"


def refusal(sentences: list[str], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The result that fails with these sentences and names the inventory."""
    where = ", ".join(variables.get("ansible_inventory_sources") or ["none"])
    return {"failed": True, "msg": f"{' '.join(sentences)} (Inventory: {where})"}


class ActionModule(ActionBase):
    """The action of the same name."""

    _requires_connection = False

    def run(
        self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None
    ) -> dict[str, Any]:
        """Check the host's variables; one sentence for each that is wrong."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        if variables["inventory_hostname"] not in variables["groups"]["all"]:
            return self.somebody(variables)
        specs = specifications()
        roles = {role for group in variables["group_names"] for role in ROLES.get(group, ())}
        sentences = unknown(sorted(variables), specs)
        for role in ["slipway", *sorted(roles)]:
            sentences += self.wrong(variables, specs[role])
        if not sentences:
            sentences = self.names(variables)
        if not sentences and "nginx" in roles:
            sentences = certified.objections(self.given(variables, certified.VARIABLES))
        if not sentences and "app" in variables["group_names"]:
            sentences = self.secrets(variables)
            sentences += sources.objections(self.given(variables, sources.VARIABLES))
        if not sentences:
            return {"changed": False}
        return refusal(sentences, variables)

    def somebody(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Whether the inventory has an application host, asked on the controller."""
        if variables["groups"].get("app"):
            return {"changed": False}
        return refusal([NOBODY], variables)

    def wrong(self, variables: Mapping[str, Any], options: Options) -> list[str]:
        """The sentences about one role's variables."""
        values = {}
        for name in options:
            if name in variables:
                try:
                    values[name] = self._templar.template(variables[name])
                except AnsibleError as error:
                    if "decrypt" in error.message:
                        return [f"{name} {LOCKED}"]
                    return [f"{name} cannot be evaluated: {error.message}"]
        return wrong(values, options)

    def secrets(self, variables: Mapping[str, Any]) -> list[str]:
        """The sentence about secrets that each of several hosts would make for itself."""
        if len(variables["groups"]["app"]) == 1:
            return []
        given = set(value(self._templar, variables, "django_environment", {}))
        given |= set(value(self._templar, variables, "django_secrets", {}))
        wanted = value(self._templar, variables, "django_generated_secrets", ["SECRET_KEY"])
        missing = [name for name in wanted if name not in given]
        if not missing:
            return []
        return [
            f"Several application hosts must share {' and '.join(missing)}: set it in "
            "django_secrets, in a file that ansible-vault encrypts, or leave it out of "
            "django_generated_secrets where Doppler has it."
        ]

    def given(self, variables: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
        """What the inventory says of some variables."""
        return {
            name: value(self._templar, variables, name, default)
            for name, default in defaults.items()
        }

    def names(self, variables: Mapping[str, Any]) -> list[str]:
        """The sentence about a project or environment that cannot name an instance."""
        shared = ("slipway_project", "slipway_env", "slipway_root")
        values = [self._templar.template(variables[name]) for name in shared if name in variables]
        try:
            instance(*values)
        except BadInstance as error:
            return [str(error)]
        return []
