"""What `invoke env.set` refuses, where it asks, and where it puts a secret."""

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from slipway import playbook, secrets, tools, vault
from slipway.errors import Problem
from tests.unit.calling import said

Written = Callable[..., None]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Write environment dev with these variables."""
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path))
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    monkeypatch.setattr(secrets.sys, "stdin", io.StringIO("the value\n"))

    def write(**variables: object) -> None:
        place = tmp_path / "dev" / "group_vars" / "all"
        place.mkdir(parents=True)
        (tmp_path / "dev/hosts.yml").write_text("all: {children: {app: {hosts: {server: }}}}\n")
        (place / "main.yml").write_text(yaml.safe_dump({"slipway_env": "dev", **variables}))

    return write


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("1ST", "'1ST' cannot be the name of an environment variable"),
        ("A-B", "'A-B' cannot be the name of an environment variable"),
        ("ALLOWED_HOSTS", "ALLOWED_HOSTS is no secret, and Slipway sets it: override it in"),
        ("SLIPWAY_RELEASE", "Slipway itself sets SLIPWAY_RELEASE, in each release anew."),
        ("EMAIL_HOST", "EMAIL_HOST stands in django_environment of dev: change it there, or"),
    ],
)
def test_a_name_that_cannot_be_a_secret_is_refused_with_a_sentence(
    name: str, sentence: str
) -> None:
    with pytest.raises(Problem) as caught:
        secrets.require_free("dev", name, {"django_environment": {"EMAIL_HOST": "a"}})
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("name", ["STRIPE_KEY", "DATABASE_URL", "SECRET_KEY", "_x1"])
def test_any_other_name_may_be_one(name: str) -> None:
    secrets.require_free("dev", name, {"django_environment": "{{ templated }}"})


@pytest.mark.parametrize(
    ("text", "value"), [("a\n", "a"), ("a\nb\n\n", "a\nb\n"), ("a", "a"), (" a \r\n", " a \r")]
)
def test_one_newline_at_the_end_of_standard_input_is_not_the_value_s(
    monkeypatch: pytest.MonkeyPatch, text: str, value: str
) -> None:
    monkeypatch.setattr(secrets.sys, "stdin", io.StringIO(text))
    assert secrets.asked("dev", "KEY") == value


@pytest.mark.parametrize("text", ["", "\n", "a\0b"])
def test_a_value_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(secrets.sys, "stdin", io.StringIO(text))
    with pytest.raises(Problem, match="KEY"):
        secrets.asked("dev", "KEY")


def test_a_value_that_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # As Python reads other bytes where the locale is C.
    monkeypatch.setattr(secrets.sys, "stdin", io.StringIO("caf\udce9"))
    with pytest.raises(Problem, match="The value of KEY is no text in UTF-8"):
        secrets.asked("dev", "KEY")


def test_on_a_terminal_it_is_typed_without_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(secrets.sys, "stdin", terminal)
    monkeypatch.setattr(secrets.getpass, "getpass", lambda prompt: f"typed at {prompt}")
    assert secrets.asked("dev", "KEY") == "typed at KEY for dev: "


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"django_secrets_backend": "doppler"},
            "Doppler keeps the secrets of dev: set it there (`doppler secrets set KEY`), then "
            "deploy.",
        ),
        ({"django_secrets_backend": "paper"}, "django_secrets_backend is 'paper', but must be"),
        ({}, "/vault.yml needs a password to be encrypted with: write one into a file that"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(
    written: Written,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, object],
    sentence: str,
) -> None:
    written(**variables)
    assert sentence in said(capsys, "env.set dev KEY")


@pytest.mark.slow
def test_a_secret_for_the_server_s_file_is_in_no_argument(
    written: Written, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(playbook, "run", lambda *words: calls.append(words) or 0)
    written(django_secrets_backend="env_file")
    secrets.put("dev", "KEY")
    ((command, given),) = calls
    assert command[-3:] == ["playbooks/secret.yml", "-e", "slipway_variable=KEY"]
    assert given == {"SLIPWAY_SECRET": "the value"}
    assert "the value" not in json.dumps(command)
    told = capsys.readouterr().err
    assert told.endswith("the next `invoke deploy dev` brings it live.\n")


@pytest.mark.slow
def test_a_secret_for_the_vault_is_put_there(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written()
    (tmp_path / "password").write_text("open sesame")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(tmp_path / "password"))
    secrets.put("dev", "KEY")
    assert 'KEY: "the value"' in vault.File.of("dev").text()


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        ("[WARNING]: of no matter\n[ERROR]: No such password\n\n", "No such password"),
        ("ERROR! No such password", "No such password"),
        ("\n", "it says nothing"),
    ],
)
def test_an_inventory_that_ansible_cannot_read_is_told_in_its_last_words(
    written: Written, monkeypatch: pytest.MonkeyPatch, stderr: str, words: str
) -> None:
    done = subprocess.CompletedProcess([], 1, "", stderr)
    monkeypatch.setattr(tools, "run", lambda *_words, **_options: done)
    written()
    with pytest.raises(Problem, match=rf"^Ansible cannot read .*/dev: {words}$"):
        secrets.variables("dev")
