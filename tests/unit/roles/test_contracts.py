"""What every role and playbook keeps to (the house style), read from the files."""

import re
from pathlib import Path

import pytest
import yaml

from tests.unit.roles.conftest import ROOT
from tests.unit.roles.files import (
    ROLES,
    SHARED,
    TASK_FILES,
    TEMPLATES,
    flat,
    load,
    tasks,
    text_of,
)

# A phase of a run is one task, which bears the phase's name.
PHASES = {
    *("take_lease", "build", "agree", "migrate", "static", "activate", "go_back"),
    *("give_back_lease", "stop", "report", "health", "status", "read_logs"),
    *("environment", "secret", "verify", "observe", "answer", "maintenance"),
}
# What playbook status shows, of which one is chosen.
CHOSEN = {f"{choice}.j2" for choice in SHARED["slipway_show"]["choices"]}
PARTS = {
    *("entries.j2", "answers.conf.j2", "answers_http.conf.j2", "redirects.j2", "tls.j2"),
    *("maps.conf.j2", "media.conf.j2", "proxy.conf.j2", "static.conf.j2"),
}
# What visitors read, whom it does not concern.
PAGES = {"page.html.j2"}
LONGEST = {"tasks": 100, "defaults": 120, "templates": 100}

each_role = pytest.mark.parametrize("role", ROLES)


@each_role
def test_the_main_tasks_are_a_table_of_contents(role: str) -> None:
    path = ROOT / "roles" / role / "tasks" / "main.yml"
    assert len(path.read_text().splitlines()) <= 40
    allowed = {"name", "ansible.builtin.import_tasks", "tags", "when"}
    found = [set(task) for task in load(role, "tasks", "main.yml")]
    needed = {"name", "ansible.builtin.import_tasks"}
    assert [keys for keys in found if not needed <= keys <= allowed] == []


@each_role
def test_no_file_is_longer_than_the_style_allows(role: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines()) - limit
        for kind, limit in LONGEST.items()
        for path in (ROOT / "roles" / role / kind).rglob("*.*")
    }
    assert {path: over for path, over in lengths.items() if over > 0} == {}


@pytest.mark.parametrize("file", [file for file in TASK_FILES if not file.endswith("/main")])
def test_a_task_says_its_file_and_a_phase_is_its_own_name(file: str) -> None:
    role, stem = file.split("/")
    names = [str(task.get("name", "")) for task in tasks(role, stem)]
    start = "" if stem in PHASES else f"{stem} | "
    assert [name for name in names if not re.match(re.escape(start) + "[A-Z]", name)] == []


@pytest.mark.parametrize("file", TASK_FILES)
def test_modules_are_called_by_their_full_names(file: str) -> None:
    words = {
        "name when tags register loop loop_control vars notify listen become become_user",
        "changed_when failed_when check_mode run_once delegate_to no_log ignore_unreachable",
        "ignore_errors any_errors_fatal block rescue always environment until retries delay args",
        "throttle",
    }
    keywords = set(" ".join(words).split())
    actions = [set(task) - keywords for task in tasks(*file.split("/"))]
    assert [action for action in actions if any(name.count(".") < 2 for name in action)] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_file_on_a_server_says_that_it_is_managed(template: str) -> None:
    role, name = template.split("/")
    text = (ROOT / "roles" / role / "templates" / name).read_text()
    # What people read on their screens is no file, nor is what such a template takes from another.
    shown = f"lookup('ansible.builtin.template', '{name}')" in text_of(role, "tasks")
    managed = text.removeprefix("#!/bin/sh\n").startswith("{{ ansible_managed | comment }}\n")
    assert shown or name in {*CHOSEN, *PARTS, *PAGES} or managed


@each_role
def test_every_template_is_used(role: str) -> None:
    text = text_of(role, "defaults", "tasks", "vars", "templates")
    templates = [path.name for path in (ROOT / "roles" / role / "templates").glob("*")]
    assert [name for name in templates if name not in text and name not in CHOSEN] == []


@each_role
def test_every_handler_is_notified(role: str) -> None:
    handlers = load(role, "handlers", "main.yml") or []
    notified = str([task.get("notify") for file in TASK_FILES for task in tasks(*file.split("/"))])
    answers_to = [handler.get("listen", handler["name"]) for handler in handlers]
    names = [
        name for entry in answers_to for name in ([entry] if isinstance(entry, str) else entry)
    ]
    assert [name for name in names if name not in notified] == []


@pytest.mark.parametrize(
    "playbook", sorted(path.name for path in (ROOT / "playbooks").glob("*.yml"))
)
def test_a_playbook_holds_roles_only(playbook: str) -> None:
    plays = yaml.safe_load((ROOT / "playbooks" / playbook).read_text())
    steps = [step for play in plays for step in flat(play.get("tasks", []))]
    allowed = {"ansible.builtin.import_role", "slipway.django.preflight"}
    assert [step for step in steps if not (allowed | {"block"}) & set(step)] == []


def test_a_collection_is_released_without_the_link_to_itself() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    assert "collections" in galaxy["build_ignore"]
    link = ROOT / "collections/ansible_collections/slipway/django"
    assert Path(link).resolve() == ROOT
