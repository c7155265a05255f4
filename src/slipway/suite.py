"""What `invoke test` runs, and the removal of what a run started for itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from slipway import checks, engine, state, testhost
from slipway.console import say
from slipway.playbook import run


@contextmanager
def clean_after() -> Iterator[None]:
    """Remove the hosts that the block made, and stop the engine if the block started it."""
    ran_before = engine.answering() is not None
    before = {host.name for host in testhost.listing()}
    try:
        yield
    finally:
        for host in testhost.listing():
            if host.name not in before:
                testhost.down(host.name)
        if not ran_before:
            engine.stop_if_ours()


def scenarios() -> list[str]:
    """Return the names of the Molecule scenarios."""
    found = (state.CHECKOUT / "molecule").glob("*/molecule.yml")
    return sorted(path.parent.name for path in found)


def molecule(scenario: str = "") -> int:
    """Run one Molecule scenario, or all; return 0 when each passed."""
    os.environ["MOLECULE_GLOB"] = "molecule/*/molecule.yml"
    with clean_after():
        chosen = [scenario] if scenario else scenarios()
        return max(run(["molecule", "test", "-s", name]) for name in chosen)


def failures(*, fast: bool) -> list[str]:
    """Run all tests, or those that need no host, and return the names of what failed."""
    wrong = checks.failures()
    with clean_after():
        for folder in ["tests/unit"] if fast else ["tests/unit", "tests/e2e"]:
            if run(["pytest", folder]) != 0:
                wrong.append(folder)
        if not fast and molecule() != 0:
            wrong.append("molecule")
    say(f"Failed: {', '.join(wrong)}." if wrong else "All tests pass.")
    return wrong
