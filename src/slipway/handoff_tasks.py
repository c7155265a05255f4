"""The tasks `handoff`, `handoff.draft` and `handoff.report`."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from slipway import handoff
from slipway.plays import ENVIRONMENT
from slipway.words import told

CHECKOUT = "the application's checkout, where django_checkout of the inventory names none"


@task(help={"environment": ENVIRONMENT, "json": "for programs, on standard output"}, default=True)
@told
def show(_c: Context, environment: str, json: bool = False) -> None:
    """Show the hand-off notes that an environment has not had, and what of them is so."""
    handoff.show(environment, as_json=json)


@task(help={"environment": ENVIRONMENT, "checkout": CHECKOUT})
@told
def draft(_c: Context, environment: str, checkout: str = "") -> None:
    """Write the note of what the next deploy needs, from git."""
    handoff.draft(environment, checkout)


@task(help={"environment": ENVIRONMENT, "checkout": CHECKOUT})
@told
def report(_c: Context, environment: str, checkout: str = "") -> None:
    """Write the note of what the servers have to say."""
    handoff.report(environment, checkout)


ns = Collection("handoff", show, draft, report)
