"""What the variables of every role keep to: specs, defaults and use, read from the files."""

import re
from typing import Any

import pytest
import yaml
from ansible_collections.slipway.django.plugins.action.preflight import wrong

from tests.unit.roles.conftest import ROOT, Evaluate
from tests.unit.roles.files import (
    ROLES,
    SHARED,
    TASK_FILES,
    defaults,
    expression,
    internals,
    mentioned,
    nested,
    specification,
    tasks,
    text_of,
)

EVERY_NAME = re.compile(rf"\b(?:slipway|{'|'.join(ROLES)})_\w+")
SHARED_DEFAULT = re.compile(r"\b(slipway_\w+) \| default\(('[^']*'|\d+|\[\])")
# How the phases of a deploy hand on what they came to, from play to play.
PASSED_ON = {"__gunicorn_systemd_activation", "__gunicorn_systemd_answer"}

each_role = pytest.mark.parametrize("role", ROLES)


@each_role
def test_the_spec_holds_the_same_variables_as_the_defaults(role: str) -> None:
    assert list(specification(role)) == list(defaults(role))


@pytest.mark.parametrize("options", [SHARED, *map(specification, ROLES)], ids=["shared", *ROLES])
def test_every_variable_and_what_is_in_it_has_a_type_and_a_description(
    options: dict[str, dict[str, Any]],
) -> None:
    every = nested(options)
    assert [name for name, o in every.items() if not {"type", "description"} <= set(o)] == []
    lists = {name: option for name, option in every.items() if option["type"] == "list"}
    assert [name for name, option in lists.items() if "elements" not in option] == []
    secret = [name for name in every if re.search("password|secret", name)]
    assert [name for name in secret if "no_log" not in every[name]] == []


@each_role
def test_the_spec_says_the_literal_defaults_and_no_others(role: str) -> None:
    literal = {name: value for name, value in defaults(role).items() if not expression(value)}
    said = {n: o["default"] for n, o in specification(role).items() if "default" in o}
    assert said == literal


@each_role
def test_a_default_is_of_its_type(role: str) -> None:
    names = {"str": "str path", "int": "int float", "float": "float", "bool": "bool"}
    types = {kind: said.split() for kind, said in names.items()}
    options = {name: option for name, option in specification(role).items() if "default" in option}
    kinds = {name: type(option["default"]).__name__ for name, option in options.items()}
    strange = {n: k for n, k in kinds.items() if options[n]["type"] not in types.get(k, [k])}
    assert strange == {}


@each_role
def test_what_an_expression_comes_to_is_of_its_type(role: str, evaluate: Evaluate) -> None:
    options = specification(role)
    names = [n for n, v in defaults(role).items() if expression(v) and "undef(" not in v]
    values = {name: evaluate(role, name) for name in names}
    assert wrong(values, {name: options[name] for name in names}) == []


@each_role
def test_a_description_names_the_variables_that_a_value_is_made_of(role: str) -> None:
    options = specification(role)
    made_of = {n: EVERY_NAME.findall(str(v)) for n, v in defaults(role).items() if expression(v)}
    unsaid = {
        name: [read for read in sorted({*reads} - {name}) if read not in str(options[name])]
        for name, reads in made_of.items()
        if "undef(" not in defaults(role)[name]
    }
    assert {name: reads for name, reads in unsaid.items() if reads} == {}


def test_a_shared_variable_has_one_default_wherever_it_is_read() -> None:
    files = [*ROOT.glob("playbooks/*.yml"), *ROOT.glob("roles/*/*/*.*")]
    read = {found for file in files for found in SHARED_DEFAULT.findall(file.read_text())}
    said = {(name, yaml.safe_load(value)) for name, value in read if value not in ("''", "[]")}
    assert len(said) > 3, "is SHARED_DEFAULT right?"
    assert {(n, v) for n, v in said if SHARED[n].get("default") != v} == set()


@each_role
def test_a_variable_is_required_exactly_where_its_default_is_undefined(role: str) -> None:
    undefined = [name for name, value in defaults(role).items() if "undef(" in str(value)]
    required = [name for name, option in specification(role).items() if option.get("required")]
    assert required == undefined


@each_role
def test_every_variable_is_used(role: str) -> None:
    # What one role is told, the defaults of another may say to it too.
    used = "".join(str(defaults(other).values()) for other in ROLES)
    used += text_of(role, "tasks", "templates", "vars", "handlers")
    assert [name for name in defaults(role) if not mentioned(name, used)] == []


@each_role
def test_public_names_start_with_the_roles_and_internal_ones_with_two_underscores(
    role: str,
) -> None:
    assert [name for name in defaults(role) if not name.startswith(f"{role}_")] == []
    assert [name for name in internals(role) if not name.startswith(f"__{role}_")] == []


@pytest.mark.parametrize("file", TASK_FILES)
def test_what_a_task_registers_or_sets_is_internal(file: str) -> None:
    role, stem = file.split("/")
    names = [task["register"] for task in tasks(role, stem) if "register" in task]
    facts = [list(task.get("ansible.builtin.set_fact", {})) for task in tasks(role, stem)]
    names += [name for given in facts for name in given if not name.startswith("ansible_")]
    assert [name for name in names if not name.startswith(f"__{role}_")] == []


@each_role
def test_shared_variables_are_read_in_defaults_and_vars_only(role: str) -> None:
    text = text_of(role, "tasks", "templates", "handlers")
    assert [name for name in SHARED if mentioned(name, text)] == []


@each_role
def test_the_internals_of_another_role_are_not_read(role: str) -> None:
    text = text_of(role, "defaults", "tasks", "templates", "vars", "handlers")
    others = [other for other in ROLES if other != role]
    pattern = rf"\b__(?:{'|'.join(others)})_\w+"
    assert sorted(set(re.findall(pattern, text)) - PASSED_ON) == []


@each_role
def test_every_internal_variable_is_used(role: str) -> None:
    text = text_of(role, "tasks", "templates", "vars", "handlers")
    assert [name for name in internals(role) if text.count(name) < 2] == []


@pytest.mark.parametrize("name", SHARED)
def test_every_shared_variable_is_known_and_read(name: str) -> None:
    kinds = ("defaults", "tasks", "templates", "vars", "handlers")
    globs = ("playbooks/*.yml", "inventories/**/*.yml", "plugins/action/*.py")
    places = [path for pattern in globs for path in ROOT.glob(pattern)]
    text = "\n".join([text_of(role, *kinds) for role in ROLES] + [p.read_text() for p in places])
    assert {"type", "description"} <= set(SHARED[name])
    assert mentioned(name, text), f"{name} is read nowhere"


@each_role
def test_only_shared_variables_that_are_known_are_read(role: str) -> None:
    text = text_of(role, "defaults", "tasks", "templates", "vars", "handlers")
    assert sorted(set(re.findall(r"\bslipway_\w+", text)) - set(SHARED)) == []
