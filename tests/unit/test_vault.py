"""The encrypted file of an environment's secrets, by ansible-vault itself."""

import json
import subprocess
from pathlib import Path

import pytest

from slipway import inventory, tools, vault
from slipway.errors import Problem

TEXT = """\
---
# Of the shop
other: [1, 2]
django_secrets: # for nobody to read
  KEY: 'old' # from the provider
  TOKEN: !vault |
    $ANSIBLE_VAULT;1.1;AES256
    3030
"""
slow = pytest.mark.slow


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> vault.File:
    """The place of a vault that is not there yet, in an environment with a password."""
    (tmp_path / "password").write_text("open sesame")
    (tmp_path / "dev").mkdir()
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path))
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(tmp_path / "password"))
    return vault.File.of("dev")


def fill(file: vault.File, text: str, *words: str) -> None:
    """Let the vault hold a text."""
    file.path.parent.mkdir(parents=True, exist_ok=True)
    command = ["ansible-vault", "encrypt", *words, "--output", "-"]
    file.path.write_text(tools.run(command, input=text, capture_output=True).stdout)


def test_a_secret_is_added_and_all_else_stays() -> None:
    assert vault.with_secret(TEXT, "NEW", "v", "v.yml") == f'{TEXT}  NEW: "v"\n'
    # A comment stays in its column.
    assert vault.with_secret(TEXT, "KEY", "v", "v.yml") == TEXT.replace("'old' ", '"v"   ')


@pytest.mark.parametrize("text", [vault.NEW, "", "---\nother: 1\n", "django_secrets:\n"])
def test_the_dictionary_is_made_where_there_is_none(text: str) -> None:
    made = vault.with_secret(text, "NEW", "v", "v.yml")
    assert vault.loaded(made, "v.yml")["django_secrets"] == {"NEW": "v"}
    assert made.startswith(text.removesuffix("django_secrets:\n")), made


@pytest.mark.parametrize("text", ["- a\n", "a: {\n", "just text"])
def test_what_is_no_dictionary_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(Problem) as caught:
        vault.with_secret(text, "NEW", "v", "v.yml")
    assert str(caught.value) in (
        "v.yml is not YAML once it is decrypted.",
        "v.yml must hold names with their values, as `name: value`.",
    )


VALUES = ["plain", "{{ lookup('pipe', 'id') }}", "a\nb: 'c' \"d\"\n", "!x & *y # z", "\\ $HOME é"]


@slow
@pytest.mark.parametrize("value", VALUES)
def test_ansible_reads_back_what_was_set_and_takes_nothing_for_a_template(
    file: vault.File, value: str
) -> None:
    (file.path.parents[2] / "hosts.yml").write_text("all: {hosts: {server: }}\n")
    file.put("KEY", value)
    expression = "msg={{ django_secrets.KEY | to_json | b64encode }}"
    words = ["ansible", "server", "-i", str(file.path.parents[2]), "-c", "local"]
    done = tools.run(
        [*words, "-m", "ansible.builtin.debug", "-a", expression],
        {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_STDOUT_CALLBACK": "default"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    encoded = json.loads(done.stdout.partition("=> ")[2])["msg"]
    decoded = subprocess.run(
        ["base64", "-d"], input=encoded, capture_output=True, text=True, check=True
    )
    assert json.loads(decoded.stdout) == value


@slow
def test_the_file_is_encrypted_and_for_its_owner_alone(file: vault.File) -> None:
    file.put("KEY", "top secret")
    assert file.path.read_text().startswith("$ANSIBLE_VAULT;")
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.path.parent.iterdir()] == ["vault.yml"]
    assert 'KEY: "top secret"' in file.text()


@slow
def test_a_vault_keeps_its_identity(
    file: vault.File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE")
    password = tmp_path / "password"
    monkeypatch.setenv("ANSIBLE_VAULT_IDENTITY_LIST", f"dev@{password}, prod@{password}")
    fill(file, "a: 1\n", "--encrypt-vault-id", "prod")
    file.put("KEY", "v")
    assert file.path.read_text().partition("\n")[0] == "$ANSIBLE_VAULT;1.2;AES256;prod"


@slow
def test_a_vault_that_cannot_be_written_stays_as_it_was(
    file: vault.File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(file, TEXT)
    before = file.path.read_bytes()

    def fail(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vault.os, "fsync", fail)
    with pytest.raises(Problem, match="cannot be written: No space left on device"):
        file.put("KEY", "v")
    (tmp_path / "password").write_text("another")
    with pytest.raises(Problem, match=r"vault\.yml cannot be decrypted"):
        file.put("KEY", "v")
    assert file.path.read_bytes() == before
    assert [path.name for path in file.path.parent.iterdir()] == ["vault.yml"]


def test_without_a_password_there_is_a_sentence_how_to_get_one(
    file: vault.File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE")
    with pytest.raises(Problem, match="and let ANSIBLE_VAULT_PASSWORD_FILE name that file"):
        file.require({})


def test_a_file_that_is_not_encrypted_is_refused(file: vault.File) -> None:
    file.path.parent.mkdir(parents=True)
    file.path.write_text("django_secrets: {}\n")
    with pytest.raises(Problem, match=r"is not encrypted: `ansible-vault encrypt .*vault\.yml`"):
        file.require({})


@pytest.mark.parametrize("secrets", [{"KEY": "elsewhere"}, "{{ of_somebody_else }}"])
def test_secrets_that_stand_elsewhere_are_not_hidden_by_a_new_vault(
    file: vault.File, secrets: object
) -> None:
    with pytest.raises(Problem, match="django_secrets is set elsewhere in the inventory than in"):
        file.require(secrets)


def test_secrets_that_are_no_dictionary_are_refused_with_a_sentence(file: vault.File) -> None:
    with pytest.raises(Problem, match="django_secrets is set elsewhere in the inventory than in"):
        file.require([{"KEY": "1"}])


@slow
def test_of_two_passwords_the_one_that_is_named_is_taken(file: vault.File, tmp_path: Path) -> None:
    inventory.password().write_text("another")
    file.put("NEW", "v")
    named = ["--vault-password-file", str(tmp_path / "password")]
    shown = tools.run(["ansible-vault", "view", *named, str(file.path)], capture_output=True)
    assert "NEW" in shown.stdout, shown.stderr


@slow
def test_secrets_that_all_stand_in_the_vault_are_its_own(file: vault.File) -> None:
    fill(file, TEXT)
    file.require({"KEY": "old", "TOKEN": {"__ansible_vault": "x"}})
    with pytest.raises(Problem, match="elsewhere"):
        file.require({"KEY": "old"})
