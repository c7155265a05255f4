"""The tasks that look at servers: `status`, `releases` and `logs`."""

from invoke.context import Context
from invoke.tasks import task

from slipway.plays import ENVIRONMENT, VERBOSE, play
from slipway.words import told


@task(help={"environment": ENVIRONMENT, "verbose": VERBOSE})
@told
def status(_c: Context, environment: str, verbose: bool = False) -> None:
    """Show whether the site is well, what runs and the last deploys."""
    play(environment, ["status"], verbose=verbose)


@task(help={"environment": ENVIRONMENT, "verbose": VERBOSE})
@told
def releases(_c: Context, environment: str, verbose: bool = False) -> None:
    """List the releases: live, previous, failed, by whom, how large."""
    play(environment, ["status"], extra={"slipway_show": "releases"}, verbose=verbose)


@task(help={"environment": ENVIRONMENT, "lines": "how many lines"})
@told
def logs(_c: Context, environment: str, lines: int = 50) -> None:
    """Show the newest lines of the application's log."""
    play(environment, ["status"], extra={"django_log_lines": str(lines)})


TASKS = (status, releases, logs)
