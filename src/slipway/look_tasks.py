"""The tasks that look at servers: `status`, `releases` and `logs`."""

from collections.abc import Sequence

from invoke.context import Context
from invoke.tasks import task

from slipway import logs as reading
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


@task(
    iterable=["unit"],
    help={
        "environment": ENVIRONMENT,
        "lines": "how many lines at most (50, with --since or --request 5000)",
        "since": "when to begin: 1h, '10 min ago', today, '2026-11-21 10:15'",
        "unit": "only the lines of web, worker, nginx or postgres; may be said again",
        "level": "how bad lines must be: warning, error; debug has checks of the health too",
        "request": "only lines about the request with this id",
        "follow": "show what comes, too, until Ctrl-C",
    },
)
@told
def logs(
    _c: Context,
    environment: str,
    lines: int = 0,
    since: str = "",
    unit: Sequence[str] | None = None,
    level: str = "",
    request: str = "",
    follow: bool = False,
) -> None:
    """Show the logs of all hosts, merged by time."""
    wanted = reading.Wanted(lines, since, unit or (), level, request)
    reading.show(environment, wanted, follow=follow)


TASKS = (status, releases, logs)
