"""The task that closes a site to visitors and opens it: `maintenance`."""

from invoke.context import Context
from invoke.tasks import task

from slipway import guard
from slipway.errors import Problem
from slipway.plays import CHECK, ENVIRONMENT, VERBOSE, YES, play
from slipway.words import told


@task(
    optional=["state"],
    help={
        "environment": ENVIRONMENT,
        "state": "on or off; it is only told what is so where neither is said",
        "check": CHECK,
        "yes": YES,
        "verbose": VERBOSE,
    },
)
@told
def maintenance(
    _c: Context,
    environment: str,
    state: str,
    check: bool = False,
    yes: bool = False,
    verbose: bool = False,
) -> None:
    """Close the site to visitors but not to staff (on), or open it (off)."""
    if state not in ("on", "off", ""):
        raise Problem(f"Maintenance is switched on or off, not {state!r}.")
    if state:
        guard.admit("maintenance", environment, yes=yes, check=check)
    extra = {"slipway_maintenance": state} if state else {}
    play(environment, ["maintenance"], extra=extra, check=check, verbose=verbose)


TASKS = (maintenance,)
