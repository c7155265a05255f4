"""What `invoke check` runs: everything that needs no host."""

import shlex

from slipway import inventory, jobs, state
from slipway.console import say
from slipway.jobs import Job
from slipway.playbook import command

QUICK = (
    ["mypy"],
    ["yamllint", "--strict", "."],
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
)
# They fail where the checkout is read-only, unless told to keep theirs elsewhere.
CACHES = ("MYPY_CACHE_DIR", "RUFF_CACHE_DIR")
# About half a minute each; ansible-lint checks the syntax of every playbook too.
THOROUGH = (
    Job("ansible-test sanity", ["python", "-m", "slipway.sanity"], {"PYTHONPATH": "src"}),
    Job("ansible-lint", ["ansible-lint", "--offline", "--strict"]),
)


def all_jobs(*, fast: bool) -> list[Job]:
    """Return the checks, the longest first; `fast` leaves out those that take their time."""
    preflights = [shlex.join(command(name, ["preflight"])) for name in inventory.names()]
    words = ["python", "-m", "slipway.preflights", *preflights]
    caches = {name: str(state.directory() / "cache") for name in CACHES}
    quick = [
        Job("preflight of every inventory", words, {"PYTHONPATH": "src"}),
        *(Job(shlex.join(words), words, caches) for words in QUICK),
    ]
    return quick if fast else [*THOROUGH, *quick]


def failures() -> list[str]:
    """Run every check, and return the names of those that failed."""
    wrong = jobs.failures(all_jobs(fast=False))
    say("Everything passes." if not wrong else f"Failed: {', '.join(wrong)}.")
    return wrong
