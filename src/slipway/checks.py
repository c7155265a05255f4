"""What `invoke check` runs: everything that needs no host."""

import shlex

from slipway import inventory, state
from slipway.console import say
from slipway.playbook import command, run

LINTERS = (
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["mypy"],
    ["yamllint", "--strict", "."],
    ["ansible-lint", "--offline", "--strict"],
)


def playbooks() -> list[str]:
    """Return the names of the collection's playbooks."""
    return sorted(path.stem for path in (state.CHECKOUT / "playbooks").glob("*.yml"))


def failures() -> list[str]:
    """Run every check and return the names of those that failed."""
    wrong = []
    for environment in inventory.names():
        check = command(environment, ["preflight"])
        syntax = command(environment, playbooks())
        syntax.insert(1, "--syntax-check")
        failed = [words for words in (check, syntax) if run(words) != 0]
        wrong += [f"{shlex.join(words[:2])} of {environment}" for words in failed]
    wrong += [shlex.join(words) for words in LINTERS if run(words) != 0]
    say("Everything passes." if not wrong else f"Failed: {', '.join(wrong)}.")
    return wrong
