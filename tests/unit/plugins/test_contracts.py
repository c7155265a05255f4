"""What every module and every file of Python keeps to (the house style), read from the files."""

import ast
import importlib
import re
from typing import Any

import pytest
import yaml

from tests.unit.plugins.conftest import ROOT
from tests.unit.roles.files import TASK_FILES, tasks

PLUGINS = "ansible_collections.slipway.django.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
FRAGMENTS = sorted(path.stem for path in (ROOT / "plugins" / "doc_fragments").glob("*.py"))
PYTHON = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "plugins").rglob("*.py"))

each_module = pytest.mark.parametrize("module", MODULES)


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its arguments and its docstring."""
    first = function.body[1 if ast.get_docstring(function) and function.body[1:] else 0]
    return (function.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("file", PYTHON)
def test_no_python_is_longer_than_the_style_allows(file: str) -> None:
    text = (ROOT / file).read_text()
    functions = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {node.name: body_length(node) for node in functions}
    assert {name: length for name, length in lengths.items() if length > 25} == {}
    assert len(text.splitlines()) <= 200


def documented(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a DOCUMENTATION, as an argument spec says them."""
    found: dict[str, Any] = {}
    for name, option in options.items():
        kept = {key: value for key, value in option.items() if key not in ("description",)}
        if "suboptions" in kept:
            kept["options"] = documented(kept.pop("suboptions"))
        found[name] = kept
    return found


def taken(options: dict[str, Any]) -> dict[str, Any]:
    """An argument spec without what a DOCUMENTATION does not say."""
    found: dict[str, Any] = {}
    for name, option in options.items():
        kept = {key: value for key, value in option.items() if key != "no_log"}
        if "options" in kept:
            kept["options"] = taken(kept["options"])
        found[name] = kept
    return found


def imported(module: str) -> Any:
    """A module of the collection."""
    return importlib.import_module(f"{PLUGINS}.modules.{module}")


def documentation_of(found: Any) -> dict[str, Any]:
    """A module's DOCUMENTATION with the options of the fragments that it extends."""
    documentation: dict[str, Any] = yaml.safe_load(found.DOCUMENTATION)
    named = documentation.get("extends_documentation_fragment", [])
    options: dict[str, Any] = {}
    for name in [named] if isinstance(named, str) else named:
        fragment = importlib.import_module(f"{PLUGINS}.doc_fragments.{name.rpartition('.')[2]}")
        shared = yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]
        assert not set(shared) & set(options), f"two fragments have options of {name}"
        options |= shared
    own = documentation.get("options", {})
    assert not set(own) & set(options), "an option of a fragment is documented again"
    return {**documentation, "options": options | own}


@each_module
def test_a_module_takes_the_options_that_it_documents(module: str) -> None:
    found = imported(module)
    documentation = documentation_of(found)
    options = getattr(found, "OPTIONS", {})
    assert documented(documentation.get("options", {})) == taken(options)


@each_module
def test_a_module_documents_itself_as_ansible_wants_it(module: str) -> None:
    found = imported(module)
    documentation = documentation_of(found)
    assert documentation["module"] == module
    examples = [
        task for task in yaml.safe_load(found.EXAMPLES) if f"slipway.django.{module}" in task
    ]
    assert examples, "no example calls the module"
    options = documentation.get("options", {})
    given = {name for task in examples for name in task[f"slipway.django.{module}"] or {}}
    required = {name for name, option in options.items() if option.get("required")}
    assert given <= set(options)
    assert required <= given


@each_module
def test_secrets_of_a_module_are_not_logged(module: str) -> None:
    options = getattr(imported(module), "OPTIONS", {})
    secret = [name for name in options if re.search("password|secret|token|key", name)]
    assert [name for name in secret if "no_log" not in options[name]] == []


def action_of(module: str) -> str:
    """The action that a module goes through, by the link of its name; none where Ansible's own."""
    path = ROOT / "plugins" / "action" / f"{module}.py"
    return path.readlink().stem if path.is_symlink() else ""


@each_module
def test_a_module_says_whose_run_it_is_exactly_where_it_takes_a_lease(module: str) -> None:
    options = getattr(imported(module), "OPTIONS", {})
    assert (action_of(module) in ("leased", "pushing")) is ("lease" in options)


@each_module
def test_a_module_that_works_on_a_host_runs_from_the_library(module: str) -> None:
    assert bool(action_of(module)) is hasattr(imported(module), "perform")


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_every_fragment_of_documentation_is_extended(fragment: str) -> None:
    texts = [imported(module).DOCUMENTATION for module in MODULES]
    extended = [text for text in texts if re.search(rf"slipway\.django\.{fragment}\b", text)]
    assert extended, "no module extends it"


@each_module
def test_a_role_gives_a_module_only_what_it_takes(module: str) -> None:
    options = set(getattr(imported(module), "OPTIONS", {}))
    calls = [
        set(task[f"slipway.django.{module}"] or {})
        for file in TASK_FILES
        for task in tasks(*file.split("/"))
        if f"slipway.django.{module}" in task
    ]
    assert [call - options for call in calls if call - options] == []
    assert calls or module == "preflight", "no role calls the module"
