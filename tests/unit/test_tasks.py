"""The tasks people call, as far as they go without a host."""

from collections.abc import Callable
from pathlib import Path

import pytest
from invoke.collection import Collection
from invoke.program import Program

from slipway import demo, inventory, playbook, suite
from slipway.errors import Problem
from tests.unit.calling import invoke, tasks


def test_the_list_of_tasks_reads_like_a_table_of_contents() -> None:
    listed = invoke("--list").stdout
    title, *entries = listed.strip().splitlines()
    assert title == "Available tasks:"
    # A line that is indented deeper goes on with the one above.
    named = [entry for entry in entries if entry and not entry.startswith("   ")]
    assert [entry.split()[0] for entry in named] == [
        *("check", "deploy", "init", "logs", "maintenance", "molecule", "provision"),
        *("releases", "rollback", "status", "test", "env.diff", "env.set", "env.show"),
        *("handoff.draft", "handoff.report", "handoff.show", "sandbox.down"),
    ], listed


def test_an_inventory_that_is_there_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dev").mkdir()
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path))
    assert inventory.directory("dev") == tmp_path / "dev"
    with pytest.raises(Problem, match="There is dev"):
        inventory.directory("production")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """The command that a task comes to."""
    commands: list[list[str]] = []
    monkeypatch.delenv("SLIPWAY_INVENTORIES", raising=False)
    monkeypatch.setattr(playbook, "run", lambda command: commands.append(command) or 0)

    def ask(*words: str) -> list[str]:
        program = Program(namespace=Collection.from_module(tasks()))
        program.run(["invoke", *words], exit=False)
        return commands[-1]

    return ask


@pytest.mark.parametrize(
    ("words", "playbooks", "variables"),
    [
        ("deploy dev", "deploy", ""),
        ("deploy dev --branch v1 --force", "deploy", "django_branch=v1 django_force=true"),
        ("deploy dev --allow-older", "deploy", "django_allow_older=true"),
        ("deploy dev --wait 120", "deploy", "slipway_wait_seconds=120"),
        ("provision dev --wait 5", "site", "slipway_wait_seconds=5"),
        ("rollback dev", "rollback", ""),
        (
            "rollback dev --to 20261121T101500Z-3f2a1c9 --wait 9",
            "rollback",
            "slipway_wait_seconds=9 slipway_release=20261121T101500Z-3f2a1c9",
        ),
        ("maintenance dev", "maintenance", ""),
        ("maintenance dev on", "maintenance", "slipway_maintenance=on"),
        ("maintenance dev off --yes", "maintenance", "slipway_maintenance=off"),
        ("status dev", "status", ""),
        ("releases dev", "status", "slipway_show=releases"),
        ("env dev", "env", ""),
        ("env.diff dev", "env", "slipway_show=environment_changes"),
    ],
)
def test_an_option_of_a_task_is_a_variable_of_the_playbook(
    asked: Callable[..., list[str]], words: str, playbooks: str, variables: str
) -> None:
    given = [word for variable in variables.split() for word in ("-e", variable)]
    command = ["ansible-playbook", "-i", "inventories/dev", f"playbooks/{playbooks}.yml", *given]
    assert asked(*words.split()) == command


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("molecule", ("", suite.DISTROS)),
        ("molecule nginx", ("nginx", suite.DISTROS)),
        ("molecule nginx --distro debian12", ("nginx", ["debian12"])),
        ("molecule --distro debian12", ("", ["debian12"])),
    ],
)
def test_a_scenario_may_be_named_and_its_distribution(
    monkeypatch: pytest.MonkeyPatch, words: str, given: tuple[object, ...]
) -> None:
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(suite, "molecule", lambda *words: calls.append(words))
    Program(namespace=Collection.from_module(tasks())).run(f"invoke {words}", exit=False)
    assert calls == [given]


@pytest.mark.parametrize(
    "words", ["deploy --help", "rollback -h", "molecule --help", "init -h", "-h deploy"]
)
def test_help_is_given_for_a_task_before_and_after_its_name(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    program = Program(namespace=Collection.from_module(tasks()), binary="inv[oke]")
    with pytest.raises(SystemExit) as ended:
        program.run(f"invoke {words}")
    out, err = capsys.readouterr()
    assert (ended.value.code or 0, err) == (0, "")
    assert out.startswith("Usage: inv[oke] [--core-opts] "), out


def test_the_command_of_a_task_is_what_a_person_would_type() -> None:
    words = playbook.command("dev", ["deploy"], extra={"django_branch": "v1"}, check=True)
    assert words == [
        *("ansible-playbook", "-i", "inventories/dev", "playbooks/deploy.yml"),
        *("-e", "django_branch=v1", "--check", "--diff"),
    ]


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A source tree with what must not be released."""
    source = tmp_path / "source"
    for name in (
        "app/views.py",
        "app/__pycache__/views.pyc",
        "staticfiles/a.css",
        ".env",
        "uv.lock",
    ):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return source


def test_the_demo_s_repository_holds_its_source_and_nothing_generated(
    application: Path, tmp_path: Path
) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "gone.py").write_text("was deleted in the source")
    demo.copy(application, repository)
    found = {str(path.relative_to(repository)) for path in repository.rglob("*") if path.is_file()}
    assert found == {"app/views.py", "uv.lock"}


def test_the_demo_is_committed_once_for_the_same_source(application: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    demo.git(repository, "init", "--quiet", "--initial-branch", "main")
    (application / "pyproject.toml").write_text("[project]\nname='a'\nversion='1'\n")
    demo.copy(application, repository)
    demo.git(repository, "add", "--all")
    demo.git(repository, "commit", "--quiet", "--message", "first")
    first = demo.git(repository, "rev-parse", "HEAD")
    assert demo.update_repository(repository, application) == first
    (application / "app" / "views.py").write_text("changed")
    assert demo.update_repository(repository, application) != first


def test_a_failing_git_is_told_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"git log failed in .*not a git repository"):
        demo.git(tmp_path, "log")
