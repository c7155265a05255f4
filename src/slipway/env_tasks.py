"""The tasks `env`, `env.set` and `env.diff`."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from slipway import guard, secrets
from slipway.plays import ENVIRONMENT, YES, play
from slipway.words import told


@task(help={"environment": ENVIRONMENT}, default=True)
@told
def show(_c: Context, environment: str) -> None:
    """List environment variables, their sources, whether they are set."""
    play(environment, ["env"])


@task(help={"environment": ENVIRONMENT})
@told
def diff(_c: Context, environment: str) -> None:
    """List which of them the next release adds, changes or misses."""
    play(environment, ["env"], extra={"slipway_show": "environment_changes"})


@task(
    name="set",
    help={
        "environment": ENVIRONMENT,
        "name": "the variable, whose value is asked for",
        "yes": YES,
    },
)
@told
def set_(_c: Context, environment: str, name: str, yes: bool = False) -> None:
    """Keep a secret, asked for or read from stdin, for the next deploy."""
    guard.admit("env.set", environment, yes=yes)
    secrets.put(environment, name)


ns = Collection("env", show, diff, set_)
