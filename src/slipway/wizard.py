"""`invoke init`: asks what an environment needs and writes its inventory, whole or not at all."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway import inventory, machine, questions, skeleton, state, tools, vault
from slipway.console import say
from slipway.errors import Problem

# Bytes of randomness; base64 makes a third more characters of them.
SECRET_KEY_BYTES, PASSWORD_BYTES = 50, 32
FLAGS = {
    "environment": "its name: dev, staging, prod or another",
    "project": "the Python package that holds settings.py",
    "server": "its name or address",
    "hostnames": "the names that visitors type, with commas between",
    "repository": "where git on the server fetches the application from",
    "branch": "the branch, tag or commit to release",
}


def init(given: Mapping[str, Any]) -> None:
    """Make the environment that the answers describe, by their FLAGS, and say what is next.

    Raises Problem, with nothing written, where an answer is wrong or the inventory would be.
    """
    branch = questions.branch(given["branch"], given)
    values = questions.answers(given) | {"branch": branch}
    with state.locked("init"), _clear_errors(), _root() as root:
        write(root, values)
    tell(values)


def write(root: Path, values: Mapping[str, str]) -> None:
    """Write the inventory beside its place, check it, and move it there."""
    with tempfile.TemporaryDirectory(prefix=".init-", dir=root) as place:
        new = Path(place) / values["environment"]
        password = _password(Path(place))
        own = ["--vault-password-file", str(password)] if password else []
        for name, text in skeleton.files(values).items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        _encrypt(skeleton.vault(secrets.token_urlsafe(SECRET_KEY_BYTES)), new, own)
        _must_pass(new, own)
        with _published(password):
            _move(new, root / new.name)


@contextlib.contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Problem(f"{error.filename} cannot be written: {error.strerror}.") from error


@contextlib.contextmanager
def _root() -> Iterator[Path]:
    """Give the directory of inventories, which goes again if the block fails and it is new."""
    root = inventory.root()
    missing = not root.exists()
    root.mkdir(exist_ok=True)
    try:
        yield root
    except BaseException:
        if missing:
            root.rmdir()
        raise


def _password(place: Path) -> Path | None:
    """Return the file that holds the vault's password; None where Ansible knows by itself."""
    if inventory.password_is_named():
        return None
    if inventory.password().is_file():
        return inventory.password()
    path = place / "password"
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(PASSWORD_BYTES) + "\n")
    return path


def _encrypt(text: str, new: Path, options: Sequence[str]) -> None:
    """Write the encrypted file; its text reaches ansible-vault by a pipe and no disk."""
    words = ["encrypt", "--output", str(new / skeleton.VAULT), "-"]
    vault.run(words, "ansible-vault cannot encrypt", text, options)


def _must_pass(new: Path, options: Sequence[str]) -> None:
    """Check the inventory as `invoke check` does."""
    words = ["ansible-playbook", "-i", str(new), *options, "playbooks/preflight.yml"]
    done = tools.run(words, capture_output=True)
    if done.returncode != 0:
        found = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
        sentence = found[0].partition(": ")[2].partition(" (Inventory: ")[0] if found else ""
        raise Problem(sentence or machine.last_lines(done.stderr + done.stdout))


@contextlib.contextmanager
def _published(password: Path | None) -> Iterator[None]:
    """Put a new password where later commands find it, unless the block fails."""
    own = inventory.password()
    if password in (None, own):
        yield
        return
    _ignore(own)
    os.link(password, own)
    try:
        yield
    except BaseException:
        own.unlink()
        raise


def _ignore(path: Path) -> None:
    """Let git never see a file."""
    file, line = path.with_name(".gitignore"), f"/{path.name}"
    text = file.read_text() if file.exists() else ""
    if line not in text.splitlines():
        file.write_text(f"{text.rstrip()}\n{line}\n".lstrip())


def _move(new: Path, target: Path) -> None:
    """Move the inventory to its place, in which an untouched example may stand."""
    example = new.with_name("example")
    if skeleton.is_example(target):
        target.rename(example)
    try:
        new.rename(target)
    except BaseException:
        if example.exists():
            example.rename(target)
        raise


def tell(values: Mapping[str, str]) -> None:
    """Say what was written, where the password is, and what comes next."""
    place = state.shown(inventory.root() / values["environment"])
    say(f"{place} is written and passes the check; its SECRET_KEY is in {skeleton.VAULT}.")
    if not inventory.password_is_named():
        where = state.shown(inventory.password())
        say(f"Its password is in {where}, which git ignores: keep a copy in a password manager.")
    environment, server = values["environment"], values["server"]
    say("Next:")
    say(f"  ./inv provision {environment}")
    if not values["repository"].startswith(("/", "http", "file:", "git:")):
        say(f"  ssh deploy@{server} cat .ssh/id_ed25519.pub")
        say("  (add that to the repository, as a read-only deploy key)")
    say(f"  ./inv deploy {environment}")
