"""The tasks `env`, `env.set` and `env.diff`, as tasks.py offers them."""

from collections.abc import Callable

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from slipway import secrets

ENVIRONMENT = "one of the directories of inventories/"
Body = Callable[..., None]


def collection(told: Callable[[Body], Body], play: Callable[..., None]) -> Collection:
    """Return the tasks; `told` tells their Problems, and `play` runs their playbooks."""

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
        help={"environment": ENVIRONMENT, "name": "the variable, whose value is asked for"},
    )
    @told
    def set_(_c: Context, environment: str, name: str) -> None:
        """Keep a secret, asked for or read from stdin, for the next deploy."""
        secrets.put(environment, name)

    return Collection("env", show, diff, set_)
