"""This checkout's own SSH identity, and the host keys it knows; people's ~/.ssh stays untouched."""

from pathlib import Path

from slipway import machine, state
from slipway.errors import Problem


def private_key() -> Path:
    """Return the path of the checkout's private key, made without a passphrase the first time.

    Its public half lies beside it, as `.pub`. Raises Problem where OpenSSH's client is missing
    and cannot be installed.
    """
    key = state.directory() / "id_ed25519"
    with state.locked("keys"):
        if not key.exists():
            packages = {"ssh": "openssh-client", "ssh-keygen": "openssh-client"}
            machine.ensure_commands(packages, "to reach test hosts")
            comment = f"slipway test hosts of {state.CHECKOUT}"
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(key)]
            done = machine.attempt(command)
            if done.returncode != 0:
                words = machine.last_lines(done.stderr or done.stdout)
                raise Problem(f"ssh-keygen could not make {key}: {words}")
    return key


def known_hosts() -> Path:
    """Return the path of the file that holds the test hosts' keys; ssh reads it, we write it."""
    return state.directory() / "known_hosts"


def trust(alias: str, host_key: str) -> None:
    """Make `host_key` (a line such as `ssh-ed25519 AAAA...`) the only one known for `alias`."""
    algorithm, blob, *_ = host_key.split()
    _replace(alias, [f"{alias} {algorithm} {blob}"])


def forget(alias: str) -> None:
    """Know no key for `alias` any longer."""
    _replace(alias, [])


def _replace(alias: str, lines: list[str]) -> None:
    path = known_hosts()
    with state.locked("keys"):
        old = path.read_text().splitlines() if path.exists() else []
        kept = [line for line in old if line.split(" ", 1)[0] != alias]
        # Renamed over it, for ssh reads it without the lock: half of it would lack the host.
        draft = path.with_suffix(".next")
        draft.write_text("".join(f"{line}\n" for line in [*kept, *lines]))
        draft.rename(path)
