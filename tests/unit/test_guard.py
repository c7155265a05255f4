"""Who may change a server: assistants hand off, people confirm."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from invoke.collection import Collection
from invoke.program import Program

from slipway import guard, playbook, sandbox, secrets
from tests.unit.calling import said, tasks

CHANGING = ("deploy {}", "provision {}", "rollback {}", "env.set {} MAIL_KEY", "maintenance {} on")
READING = (
    "status {}",
    "releases {}",
    "logs {}",
    "env {}",
    "env.diff {}",
    "handoff {}",
    "maintenance {}",
)


class Terminal(io.StringIO):
    """Standard input of somebody who sits at a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """What a task comes to, with environments of all tiers."""
    for name in ("local", "dev", "prod"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hosts.yml").write_text("app: {hosts: {server: }}\n")
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path))
    found: list[str] = []

    def run(command: list[str], **_options: object) -> int:
        found.append(command[-1])
        answer = command[-1].removeprefix("slipway_answer=")
        if answer != command[-1]:
            Path(answer).write_text("{}")
        return 0

    monkeypatch.setattr(playbook, "run", run)
    monkeypatch.setattr(secrets, "put", lambda *words: found.append(" ".join(words)))
    monkeypatch.setattr(sandbox, "up", lambda: None)
    monkeypatch.setattr(sandbox, "require", lambda: None)

    def do(words: str) -> list[str]:
        Program(namespace=Collection.from_module(tasks())).run(f"invoke {words}", exit=False)
        return found

    return do


@pytest.mark.parametrize("words", CHANGING)
@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("variable", guard.ASSISTANTS)
@pytest.mark.usefixtures("done")
def test_an_assistant_changes_no_server_and_is_told_what_to_do_instead(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    environment: str,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, "1")
    task = words.partition(" ")[0]
    (line,) = said(capsys, words.format(environment)).splitlines()
    assert line.startswith(f"invoke: {variable} is set, so an assistant runs this"), line
    assert "hand off" in line
    assert "claude/DEV_HANDOFF.md" in line
    assert f"`invoke {task} {environment}`" in line


@pytest.mark.parametrize("option", ["--yes", "--check"])
@pytest.mark.usefixtures("done")
def test_no_option_lets_an_assistant_through(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    monkeypatch.setenv("CLAUDECODE", "1")
    assert "an assistant runs this" in said(capsys, f"deploy dev {option}")


@pytest.mark.parametrize("words", READING)
def test_an_assistant_may_read(
    monkeypatch: pytest.MonkeyPatch, done: Callable[[str], list[str]], words: str
) -> None:
    monkeypatch.setenv("CLAUDECODE", "1")
    assert done(words.format("prod"))


@pytest.mark.parametrize("words", ["deploy local", "provision local", "rollback local"])
def test_an_assistant_may_do_everything_on_the_own_machine(
    monkeypatch: pytest.MonkeyPatch, done: Callable[[str], list[str]], words: str
) -> None:
    monkeypatch.setenv("CLAUDECODE", "1")
    assert done(words)


@pytest.mark.parametrize("value", ["", "0"])
def test_a_variable_that_says_no_tells_of_nobody(
    monkeypatch: pytest.MonkeyPatch, done: Callable[[str], list[str]], value: str
) -> None:
    monkeypatch.setenv("CLAUDECODE", value)
    assert done("deploy dev")


def test_the_variables_are_a_setting(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    done: Callable[[str], list[str]],
) -> None:
    monkeypatch.setenv("SLIPWAY_ASSISTANTS", "ROBOT, CLAUDECODE")
    monkeypatch.setenv("ROBOT", "yes")
    assert "ROBOT is set" in said(capsys, "deploy dev")
    monkeypatch.setenv("SLIPWAY_ASSISTANTS", "OTHER")
    assert done("deploy dev")


@pytest.mark.parametrize("words", CHANGING)
def test_who_changes_prod_types_its_name(
    monkeypatch: pytest.MonkeyPatch, done: Callable[[str], list[str]], words: str
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("prod\n"))
    assert done(words.format("prod"))


@pytest.mark.parametrize("typed", ["y\n", "dev\n", "\n", ""])
def test_another_answer_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    done: Callable[[str], list[str]],
    typed: str,
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert f"{typed.strip()!r} is not 'prod', so nothing was changed." in said(
        capsys, "deploy prod"
    )
    assert done("status dev") == [str(playbook.command("dev", ["status"])[-1])]


@pytest.mark.usefixtures("done")
def test_where_there_is_no_terminal_prod_asks_for_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("prod\n"))
    assert "add --yes where nobody is to be asked, as in CI" in said(capsys, "rollback prod")


@pytest.mark.parametrize(
    "words", ["deploy prod --yes", "deploy prod --check", "deploy dev", "env.set prod X --yes"]
)
def test_nobody_is_asked_where_it_was_said_or_nothing_is_changed(
    monkeypatch: pytest.MonkeyPatch, done: Callable[[str], list[str]], words: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert done(words)


@pytest.mark.usefixtures("done")
def test_a_name_that_is_no_environment_is_told_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "Did you mean prod?" in said(capsys, "deploy prodd")
