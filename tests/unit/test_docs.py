"""What the Markdown pages say is held against the code that they speak of."""

import importlib.util
import re
import shutil
from pathlib import Path

import pytest

from slipway import docs, state
from tests.markdown import CALL, FENCE, INLINE

ROOT = state.CHECKOUT
PLACES = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
PAGES = sorted(
    [*ROOT.glob("*.md")]
    + [page for place in PLACES if place.name != "collections" for page in place.rglob("*.md")]
)
SOURCES = [
    path
    for place in ("inventories", "playbooks", "plugins", "roles", "src", "tasks.py")
    for path in [ROOT / place, *(ROOT / place).rglob("*")]
    if path.suffix in (".py", ".yml", ".j2")
]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
SPECS = [docs.role_spec(ROOT / "roles" / role)["options"] for role in ROLES]
VARIABLES = {name for options in SPECS for name in options} | {
    *docs.load(ROOT / "meta" / "shared_variables.yml")
}
MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}

LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGE_NAME = re.compile(r"\bdocs/[\w/-]+\.md\b")
VARIABLE = re.compile(rf"(?<![\w/.-])(?:slipway|{'|'.join(ROLES)})_[a-z0-9]\w*")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def tasks() -> dict[str, set[str]]:
    """The tasks of tasks.py with their options."""
    spec = importlib.util.spec_from_file_location("tasks", ROOT / "tasks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    contexts = module.ns.to_contexts()
    return {name: set(one.flags) for one in contexts for name in (one.name, *one.aliases)}


TASKS = tasks()


def code(page: Path) -> str:
    """The code of a page, its blocks and what stands in a line."""
    text = page.read_text()
    return "\n".join(FENCE.findall(text) + INLINE.findall(FENCE.sub("", text)))


def unknown(call: str) -> list[str]:
    """The words of a call of invoke that tasks.py does not know."""
    tool, task, *words = call.split()
    if tool == "ansible-playbook" or task.startswith("-"):
        return []
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    known = TASKS.get(task)
    return [task] if known is None else [f"{task} {o}" for o in options if o not in known]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose specs and pages may be changed."""
    for name in ("docs", "meta", "roles"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.setattr(state, "CHECKOUT", tmp_path)
    return tmp_path


def test_every_table_of_variables_is_current() -> None:
    due = [str(path.relative_to(ROOT)) for path in docs.stale(ROOT)]
    assert not due, f"renew {due} with `{docs.RENEW}`"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_a_page_with_an_example_and_a_row_for_each_variable(role: str) -> None:
    text = (ROOT / "roles" / role / "README.md").read_text()
    options = docs.role_spec(ROOT / "roles" / role)["options"]
    assert f"- slipway.django.{role}\n" in text
    assert [name for name in options if f"| `{name}` |" not in text] == []


def test_a_changed_spec_makes_the_check_fail_and_name_its_pages(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert docs.main(["--check"]) == 0
    spec = copy / "roles" / "nginx" / "meta" / "argument_specs.yml"
    spec.write_text(spec.read_text().replace("default: 20m", "default: 21m"))
    capsys.readouterr()
    assert docs.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "roles/nginx/README.md, docs/variables.md" in said
    assert docs.RENEW in said
    assert said.count("\n") == 1, said


def test_writing_puts_a_changed_spec_into_the_table_and_keeps_the_rest(copy: Path) -> None:
    spec = copy / "roles" / "nginx" / "meta" / "argument_specs.yml"
    page = copy / "roles" / "nginx" / "README.md"
    before = page.read_text()
    spec.write_text(spec.read_text().replace("default: 20m", "default: 21m"))
    assert docs.main([]) == 0
    assert page.read_text() == before.replace("`20m`", "`21m`")
    assert docs.main(["--check"]) == 0


def test_a_page_without_its_markers_is_named(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = copy / "roles" / "base" / "README.md"
    page.write_text("# slipway.django.base\n")
    assert docs.main(["--check"]) == 1
    assert f"{page} must hold the lines {docs.OPENING}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        (None, ""),
        ("", '`""`'),
        ("auto", "`auto`"),
        (False, "`false`"),
        (5, "`5`"),
        ([], "`[]`"),
        (["a", "b"], "`[a, b]`"),
        ({"A-B": "c"}, "`{A-B: c}`"),
        ("{{ slipway_project }}.settings", "`{{ slipway_project }}.settings`"),
        (f"{{{{ {'x' * 40} | {'y' * 40} }}}}", f"`{{{{ {'x' * 40} | …`"),
    ],
)
def test_a_default_is_shown_in_one_cell_and_a_long_expression_in_short(
    default: object, expected: str
) -> None:
    assert docs.shown(default) == expected


def test_a_row_tells_elements_choices_code_and_whether_a_value_is_needed() -> None:
    option = {
        "type": "list",
        "elements": "str",
        "required": True,
        "choices": ["a", "b"],
        "description": "Either, as C(x|y) takes it.",
    }
    assert docs.row("base_x", option, "{{ undef() }}") == [
        *("`base_x`", "list of str", "", "yes"),
        r"Either, as `x\|y` takes it. One of `a`, `b`.",
    ]


@each_page
def test_links_point_to_files_that_exist(page: Path) -> None:
    targets = [link.partition("#")[0] for link in LINK.findall(FENCE.sub("", page.read_text()))]
    relative = [target for target in targets if target and "://" not in target]
    broken = [target for target in relative if not (page.parent / target).exists()]
    assert not broken, f"{page} links to {broken}"


def test_code_points_to_pages_that_exist() -> None:
    named = {name for path in SOURCES for name in PAGE_NAME.findall(path.read_text())}
    assert named, "no source names a page: is SOURCES right?"
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@each_page
def test_tasks_and_their_options_exist(page: Path) -> None:
    wrong = [word for call in CALL.findall(code(page)) for word in unknown(call)]
    assert not wrong, f"{page} speaks of {wrong}, which tasks.py does not have"


@each_page
def test_variables_exist(page: Path) -> None:
    named = set(VARIABLE.findall(page.read_text()))
    wrong = sorted(named - VARIABLES - MODULES)
    assert not wrong, f"{page} speaks of {wrong}, which no spec has"


def test_calls_with_a_wrong_task_or_option_would_be_noticed() -> None:
    calls = CALL.findall("`./inv depoly dev` `invoke deploy dev --brnach x` `./inv --list`")
    assert [unknown(call) for call in calls] == [["depoly"], ["deploy --brnach"], []]
