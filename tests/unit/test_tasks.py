"""The tasks people call, as far as they go without a host."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway import demo, inventory, playbook, state
from slipway.errors import Problem


def invoke(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run invoke in the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "invoke", *words],
        cwd=state.CHECKOUT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_list_of_tasks_reads_like_a_table_of_contents() -> None:
    listed = invoke("--list").stdout
    title, *entries = listed.strip().splitlines()
    assert title == "Available tasks:"
    assert [entry.split()[0] for entry in entries if entry] == [
        *("check", "deploy", "logs", "molecule", "provision", "releases", "rollback", "status"),
        *("test", "sandbox.down"),
    ], listed


@pytest.mark.parametrize("task", ["deploy", "provision", "rollback", "releases", "status", "logs"])
def test_an_unknown_environment_gets_one_sentence_that_names_the_nearest(task: str) -> None:
    done = invoke(task, "prdo")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "There is no environment 'prdo' in" in done.stderr
    assert "Did you mean prod?" in done.stderr


def test_inventories_elsewhere_are_named_by_a_variable(tmp_path: Path) -> None:
    done = invoke("deploy", "dev", SLIPWAY_INVENTORIES=str(tmp_path / "none"))
    assert done.returncode == 1
    assert f"There is no directory {tmp_path}/none: SLIPWAY_INVENTORIES names" in done.stderr


def test_an_inventory_that_is_there_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dev").mkdir()
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path))
    assert inventory.directory("dev") == tmp_path / "dev"
    with pytest.raises(Problem, match="It has dev"):
        inventory.directory("production")


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
