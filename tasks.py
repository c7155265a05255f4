"""What people do with Slipway (`./inv --list`); each task says the command that it stands for."""

import sys
from pathlib import Path

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

sys.path.insert(0, str(Path(__file__).parent / "collections"))
sys.path.insert(0, str(Path(__file__).parent / "src"))

from slipway import (
    env_tasks,
    guard,
    handoff_tasks,
    house_tasks,
    look_tasks,
    maintenance_tasks,
    sandbox,
    wizard,
    words,
)
from slipway.plays import CHECK, ENVIRONMENT, VERBOSE, WAIT, YES, play, waiting
from slipway.words import told

words.install()


@task(optional=["environment"], auto_shortflags=False, help=wizard.FLAGS)
@told
def init(
    _c: Context,
    environment: str,
    project: str = "",
    server: str = "",
    hostnames: str = "",
    repository: str = "",
    branch: str = "main",
) -> None:
    """Write a new environment's inventory (five questions)."""
    wizard.init(locals())


@task(
    help={
        "environment": ENVIRONMENT,
        "branch": "the branch, tag or commit to release, where it is not the inventory's",
        "force": "redo every step, even if nothing changed",
        "wait": WAIT,
        "allow_older": "release a commit even if the live one came after it",
        "ack": "the manual steps of the hand-off notes are done",
        "check": CHECK,
        "yes": YES,
        "verbose": VERBOSE,
    },
)
@told
def deploy(
    _c: Context,
    environment: str,
    branch: str = "",
    force: bool = False,
    wait: int = 0,
    allow_older: bool = False,
    ack: bool = False,
    check: bool = False,
    yes: bool = False,
    verbose: bool = False,
) -> None:
    """Release the application (local: on a server made for it)."""
    guard.admit("deploy", environment, yes=yes, check=check)
    playbooks = ["deploy"]
    if environment == "local" and not check:
        sandbox.up()
        playbooks = ["site", "deploy"]
    extra = waiting(wait)
    if branch:
        extra["django_branch"] = branch
    if force:
        extra["django_force"] = "true"
    if allow_older:
        extra["django_allow_older"] = "true"
    if ack:
        extra["django_acknowledge"] = "true"
    play(environment, playbooks, extra=extra, check=check, verbose=verbose)


@task(
    help={
        "environment": ENVIRONMENT,
        "wait": WAIT,
        "check": CHECK,
        "yes": YES,
        "verbose": VERBOSE,
    }
)
@told
def provision(
    _c: Context,
    environment: str,
    wait: int = 0,
    check: bool = False,
    yes: bool = False,
    verbose: bool = False,
) -> None:
    """Make servers as the inventory says, without a release."""
    guard.admit("provision", environment, yes=yes, check=check)
    if environment == "local" and not check:
        sandbox.up()
    play(environment, ["site"], extra=waiting(wait), check=check, verbose=verbose)


@task(
    help={
        "environment": ENVIRONMENT,
        "to": "the release to go back to, where it is not the previous one",
        "wait": WAIT,
        "check": CHECK,
        "yes": YES,
        "verbose": VERBOSE,
    }
)
@told
def rollback(
    _c: Context,
    environment: str,
    to: str = "",
    wait: int = 0,
    check: bool = False,
    yes: bool = False,
    verbose: bool = False,
) -> None:
    """Go back to an earlier release, without a build."""
    guard.admit("rollback", environment, yes=yes, check=check)
    extra = waiting(wait) | ({"slipway_release": to} if to else {})
    play(environment, ["rollback"], extra=extra, check=check, verbose=verbose)


ROOMS = (maintenance_tasks, look_tasks, house_tasks)
ns = Collection(init, deploy, provision, rollback, *(one for room in ROOMS for one in room.TASKS))
ns.add_collection(house_tasks.sandbox_ns)
ns.add_collection(env_tasks.ns)
ns.add_collection(handoff_tasks.ns)
