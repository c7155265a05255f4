"""The file of an environment's secrets, encrypted by ansible-vault: no plaintext is on disk."""

import io
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, TaggedScalar
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from slipway import inventory, skeleton, state, tools
from slipway.errors import Problem

DICTIONARY = "django_secrets"
HEADER = "$ANSIBLE_VAULT;"
NEW = "---\n# Secrets: `ansible-vault edit` shows them, `invoke env.set` adds one.\n"
# An identity stands in the fourth field of the first line, if it has one.
IDENTITY = 3


@dataclass(frozen=True)
class File:
    """The vault at `path`, which need not be there yet."""

    path: Path

    @classmethod
    def of(cls, environment: str) -> "File":
        """Return the file where an environment's secrets are by convention."""
        return cls((inventory.directory(environment) / skeleton.VAULT).resolve())

    @property
    def shown(self) -> str:
        """The path as a person types it."""
        return state.shown(self.path)

    def require(self, secrets: object) -> None:
        """Raise Problem unless it can be written, and holds what the inventory has as secrets."""
        if not inventory.password_is_named() and not inventory.password().is_file():
            raise Problem(
                f"{self.shown} needs a password to be encrypted with: write one into a file that "
                "only you can read (`openssl rand -base64 32`), and let "
                "ANSIBLE_VAULT_PASSWORD_FILE name that file."
            )
        if self.path.exists() and not self.path.read_text(errors="replace").startswith(HEADER):
            raise Problem(f"{self.shown} is not encrypted: `ansible-vault encrypt {self.shown}`.")
        own = loaded(self.text(), self.shown).get(DICTIONARY) or {}
        given = secrets or {}
        if not (isinstance(own, Mapping) and isinstance(given, Mapping) and set(own) == set(given)):
            raise Problem(
                f"{DICTIONARY} is set elsewhere in the inventory than in {self.shown}: change it "
                "there, or move the dictionary into that file."
            )

    def text(self) -> str:
        """Return what it holds, or how it begins. Raises Problem."""
        if not self.path.exists():
            return NEW
        return run(["decrypt", "--output", "-", self.shown], f"{self.shown} cannot be decrypted")

    def put(self, name: str, value: str) -> None:
        """Add or replace a secret; all else stays as it is. Raises Problem."""
        content = encrypted(with_secret(self.text(), name, value, self.shown), self.identity())
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=self.path.parent, prefix=".vault-")
            try:
                with os.fdopen(descriptor, "w") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(draft).replace(self.path)
            finally:
                Path(draft).unlink(missing_ok=True)
        except OSError as error:
            raise Problem(f"{self.shown} cannot be written: {error.strerror}.") from error

    def identity(self) -> list[str]:
        """Return what tells ansible-vault to encrypt it as it was."""
        if not self.path.exists():
            return []
        fields = self.path.read_text().partition("\n")[0].strip().split(";")
        return ["--encrypt-vault-id", fields[IDENTITY]] if fields[IDENTITY:] else []


def editor() -> YAML:
    """Return what reads and writes YAML with its comments and quotes."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    return yaml


def loaded(text: str, shown: str) -> Any:
    """Return the dictionary of a vault's text. Raises Problem."""
    try:
        tree = editor().load(text)
    except YAMLError as error:
        # Its own words would show what stands there.
        raise Problem(f"{shown} is not YAML once it is decrypted.") from error
    if not isinstance(tree, Mapping | None):
        raise Problem(f"{shown} must hold names with their values, as `name: value`.")
    return CommentedMap() if tree is None else tree


def with_secret(text: str, name: str, value: str, shown: str) -> str:
    """Return the vault's text with a secret, and with its comments."""
    tree = loaded(text, shown)
    if not tree.get(DICTIONARY):
        tree[DICTIONARY] = CommentedMap()
    # Ansible would take what looks like a template for one.
    template = any(mark in value for mark in ("{{", "{%", "{#"))
    tree[DICTIONARY][name] = (
        TaggedScalar(value, style='"', tag="!unsafe")
        if template
        else DoubleQuotedScalarString(value)
    )
    written = io.StringIO()
    writer = editor()
    writer.explicit_start = text.startswith("---") and bool(editor().load(text))
    writer.dump(tree, written)
    # With nothing but comments there is no dictionary that they could belong to.
    return (text if not editor().load(text) else "") + written.getvalue()


def encrypted(text: str, identity: list[str]) -> str:
    """Return a text as ansible-vault encrypts it. Raises Problem."""
    return run(["encrypt", *identity, "--output", "-"], "The vault cannot be encrypted", text)


def run(
    words: list[str], problem: str, text: str | None = None, options: Sequence[str] = ()
) -> str:
    """Return what ansible-vault answers; `options` name a password that is not in its place yet.

    Raises Problem with its last words.
    """
    command = ["ansible-vault", words[0], *(options or inventory.password_options()), *words[1:]]
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
    done = tools.run(command, capture_output=True, **given)
    if done.returncode != 0:
        raise Problem(f"{problem}: {tools.last_words(done)}")
    return done.stdout
