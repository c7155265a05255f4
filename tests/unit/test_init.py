"""`invoke init` as people call it: what stands there afterwards, and what never does."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from slipway import inventory, playbook, skeleton, state, tools, wizard
from slipway.errors import Problem
from tests.markdown import blocks
from tests.unit.calling import invoke

ANSWERS = {
    "project": "shop",
    "server": "shop.com",
    "hostnames": "shop.com",
    "repository": "git@github.com:me/shop.git",
}
PAGE = blocks(state.CHECKOUT / "docs" / "first-server.md")

Answers = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of inventories with the shipped examples, of somebody without a password."""
    place = tmp_path / "inventories"
    for name in skeleton.EXAMPLES:
        for file, text in skeleton.files(skeleton.example(name)).items():
            path = place / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(place))
    monkeypatch.setenv("SLIPWAY_STATE", str(tmp_path / "state"))
    for name in ("CI", "ANSIBLE_CONFIG", *(f"ANSIBLE_{option}" for option in inventory.PASSWORDS)):
        monkeypatch.delenv(name, raising=False)
    return place


def flags(**answers: str) -> list[str]:
    """The answers, as words after the task."""
    return [f"--{name}={value}" for name, value in (ANSWERS | answers).items()]


def made(environment: str, **answers: str) -> dict[str, str]:
    """What the wizard is given, in this process."""
    return {"environment": environment, "branch": "main"} | ANSWERS | answers


def tree(root: Path) -> dict[str, bytes]:
    """Every file of the inventories, and what is in it."""
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def opened(root: Path, environment: str, password: Path) -> dict[str, Any]:
    """The variables of the encrypted file of an environment."""
    words = ["ansible-vault", "view", "--vault-password-file", str(password)]
    file = root / environment / skeleton.VAULT
    done = tools.run([*words, str(file)], capture_output=True)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = yaml.safe_load(done.stdout)
    return loaded


@pytest.fixture
def ansible(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Ansible's commands, which do as they are told at once; their words."""
    called: list[list[str]] = []

    def run(command: Sequence[str], **options: Any) -> SimpleNamespace:
        called.append([*command])
        if "encrypt" in command:
            Path(command[command.index("--output") + 1]).write_text("$ANSIBLE_VAULT;1.1;AES256\n")
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setattr(tools, "run", run)
    return called


@pytest.mark.slow
def test_two_environments_are_made_that_every_command_can_open_and_no_key_is_seen(
    root: Path,
) -> None:
    first = invoke("init", "prod", *flags())
    assert first.returncode == 0, first.stderr
    second = invoke("init", "staging", *flags(hostnames="staging.shop.com"))
    assert second.returncode == 0, second.stderr
    password = root / ".vault-password"
    keys = [
        opened(root, name, password)["django_secrets"]["SECRET_KEY"] for name in ("prod", "staging")
    ]
    assert min(map(len, keys)) >= 50
    assert keys[0] != keys[1]
    seen = first.stdout + first.stderr + "".join(map(str, tree(root).values()))
    assert [secret for secret in keys if secret in seen] == []
    assert password.read_text().strip() not in first.stdout + first.stderr
    command = playbook.command("staging", ["preflight"])
    done = tools.run(command, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    values = ["ansible-inventory", *command[1:-1], "--host", "server"]
    said = json.loads(tools.run(values, capture_output=True).stdout)
    assert said["django_secrets"] == {"SECRET_KEY": keys[1]}
    assert (said["slipway_env"], said["slipway_server"]) == ("staging", "shop.com")


@pytest.mark.slow
def test_a_password_that_ansible_knows_already_is_taken(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = tmp_path / "ours"
    password.write_text("correct horse\n")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
    wizard.init(made("prod"))
    assert opened(root, "prod", password)["django_secrets"]
    assert not (root / ".vault-password").exists()


def test_a_vault_that_cannot_be_encrypted_is_told_and_nothing_is_written(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.CompletedProcess([], 1, "", "[WARNING]: of no matter\n[ERROR]: No space\n")
    monkeypatch.setattr(tools, "run", lambda *_words, **_options: done)
    before = tree(root)
    with pytest.raises(Problem) as refused:
        wizard.init(made("prod"))
    assert str(refused.value) == "ansible-vault cannot encrypt: No space"
    assert tree(root) == before


@pytest.mark.slow
def test_an_inventory_that_preflight_refuses_is_told_and_not_written(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, before = skeleton.files, tree(root)
    wrong = "\nnginx_port: eighty\n"
    monkeypatch.setattr(
        skeleton, "files", lambda values: {name: f"{t}{wrong}" for name, t in files(values).items()}
    )
    monkeypatch.setattr(skeleton, "is_example", lambda _place: True)
    with pytest.raises(Problem) as refused:
        wizard.init(made("prod"))
    assert str(refused.value) == "nginx_port must be of type int, not 'eighty'."
    assert tree(root) == before


@pytest.mark.slow
@pytest.mark.parametrize("task", ["init dev", "init"])
def test_the_first_page_shows_what_a_person_sees(root: Path, task: str) -> None:
    call = next(n for n, block in enumerate(PAGE) if block.text == "./inv init dev")
    shown = PAGE[call + 1].text.splitlines()
    asked = [line for line in shown if line.startswith(("Python", "Server", "Names", "Repository"))]
    lines = [line.partition(": ")[2] for line in asked]
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "invoke", *task.split()],
        cwd=state.CHECKOUT,
        stdin=theirs,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(mine, "".join(f"{line}\n" for line in ([""] * (task == "init") + lines)).encode())
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, said
    # The terminal shows what is typed; the pipe has the questions alone.
    for line, answer in zip(asked, lines, strict=True):
        question = line.removesuffix(answer).strip()
        said = said.replace(f"{question} ", f"{question} {answer}\n")
    said = said.replace("Environment (dev, staging, prod or another) [dev]: ", "")
    told = said.replace(str(root), "inventories").splitlines()
    assert [line.rstrip() for line in told] == [line.rstrip() for line in shown]


def test_no_secret_is_among_the_words_of_a_command_or_in_a_file(
    root: Path, ansible: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda length: f"planted{length}")
    wizard.init(made("prod"))
    assert len(ansible) == 2, ansible
    assert [word for words in ansible for word in words if "planted" in word] == []
    files = tree(root)
    assert files.pop(".vault-password") == b"planted32\n"
    assert [name for name, text in files.items() if b"planted" in text] == []


@pytest.mark.usefixtures("ansible")
def test_nobody_else_may_read_the_password(root: Path) -> None:
    wizard.init(made("prod"))
    assert (root / ".vault-password").stat().st_mode & 0o777 == 0o600


def test_a_second_call_changes_nothing(root: Path, ansible: list[list[str]]) -> None:
    wizard.init(made("prod"))
    before = tree(root)
    ansible.clear()
    with pytest.raises(Problem, match="prod is there already and stays as it is"):
        wizard.init(made("prod", server="other.com"))
    assert (tree(root), ansible) == (before, [])


def test_an_example_that_somebody_has_begun_to_fill_in_stays(
    root: Path, ansible: list[list[str]]
) -> None:
    main = root / "prod" / "group_vars" / "all" / "main.yml"
    main.write_text(main.read_text() + "base_first_user: ubuntu\n")
    before = tree(root)
    with pytest.raises(Problem, match="is there already"):
        wizard.init(made("prod"))
    assert (tree(root), ansible) == (before, [])


@pytest.mark.parametrize("moment", ["encrypt", "playbooks/preflight.yml"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left", "here")])
def test_whoever_gives_up_or_fails_leaves_nothing(
    root: Path,
    ansible: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    error: type[BaseException],
) -> None:
    before, run = tree(root), tools.run

    def stop(command: Sequence[str], **options: Any) -> Any:
        if moment in command:
            raise error
        return run(command, **options)

    monkeypatch.setattr(tools, "run", stop)
    with pytest.raises((KeyboardInterrupt, Problem)):
        wizard.init(made("prod"))
    assert tree(root) == before
    assert sorted(path.name for path in root.iterdir()) == sorted(skeleton.EXAMPLES)


@pytest.mark.usefixtures("ansible")
def test_the_example_and_no_password_are_there_where_the_last_step_fails(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rename = tree(root), Path.rename

    def full(path: Path, target: Path) -> Path:
        if path.parent.name.startswith(".init-") and path.name == "prod":
            raise OSError(28, "No space left on device", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(Problem, match="No space left on device"):
        wizard.init(made("prod"))
    assert {name: text for name, text in tree(root).items() if name != ".gitignore"} == before


@pytest.mark.usefixtures("ansible")
def test_inventories_of_one_s_own_begin_in_a_new_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(own))
    wizard.init(made("qa"))
    assert inventory.names() == ["qa"]
    subprocess.run(["git", "init", "--quiet", str(own)], check=True)
    untracked = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=own,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert sorted(untracked) == [".gitignore", *(f"qa/{name}" for name in sorted(FILES))]


FILES = (*skeleton.files(skeleton.example("dev")), skeleton.VAULT)


@pytest.mark.usefixtures("ansible")
def test_git_ignores_the_password_beside_what_it_ignored_before(root: Path) -> None:
    (root / ".gitignore").write_text("*.bak")
    wizard.init(made("prod"))
    assert (root / ".gitignore").read_text() == "*.bak\n/.vault-password\n"


@pytest.mark.usefixtures("ansible")
def test_a_directory_that_was_made_for_nothing_goes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path / "own"))
    monkeypatch.setattr(wizard, "_must_pass", lambda *_words: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        wizard.init(made("prod"))
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize(
    ("repository", "key"),
    [(ANSWERS["repository"], True), ("https://github.com/me/shop.git", False), ("/srv/x", False)],
)
@pytest.mark.usefixtures("ansible")
def test_a_repository_that_needs_no_key_gets_none(
    capsys: pytest.CaptureFixture[str], repository: str, key: bool
) -> None:
    wizard.init(made("prod", repository=repository))
    assert ("ssh deploy@shop.com cat .ssh/id_ed25519.pub" in capsys.readouterr().err) == key


def test_a_person_sees_one_sentence_for_a_wrong_flag_or_a_missing_one() -> None:
    done = invoke("init", "prod", *flags(server="root@shop.com"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert done.stderr.startswith("invoke: 'root@shop.com' is no server")


def test_hidden_directories_are_no_environments(root: Path) -> None:
    (root / ".git").mkdir()
    assert inventory.names() == sorted(skeleton.EXAMPLES)
