"""What people do with Slipway (`./inv --list`); each task says the command that it stands for."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

sys.path.insert(0, str(Path(__file__).parent / "collections"))
sys.path.insert(0, str(Path(__file__).parent / "src"))

from slipway import checks, env_tasks, playbook, sandbox, suite, wizard, words
from slipway.words import told

ENVIRONMENT = "one of the directories of inventories/"
CHECK = "change nothing, say what would change"
VERBOSE = "show Ansible's own stream"
WAIT = "seconds to wait for another run that changes the instance"

words.install()


def waiting(seconds: int) -> dict[str, str]:
    """The variable that lets a run wait for another one's lease."""
    return {"slipway_wait_seconds": str(seconds)} if seconds else {}


def play(environment: str, playbooks: Sequence[str], **options: Any) -> None:
    """Run playbooks; whatever Ansible's own exit code for a failure is, it becomes 1."""
    command = playbook.command(environment, playbooks, **options)
    if environment == "local":
        sandbox.require()
    if playbook.run(command) != 0:
        raise Exit(code=1)


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
        "check": CHECK,
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
    check: bool = False,
    verbose: bool = False,
) -> None:
    """Release the application (local: on a server made for it)."""
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
    play(environment, playbooks, extra=extra, check=check, verbose=verbose)


@task(help={"environment": ENVIRONMENT, "wait": WAIT, "check": CHECK, "verbose": VERBOSE})
@told
def provision(
    _c: Context, environment: str, wait: int = 0, check: bool = False, verbose: bool = False
) -> None:
    """Make servers as the inventory says, without a release."""
    if environment == "local" and not check:
        sandbox.up()
    play(environment, ["site"], extra=waiting(wait), check=check, verbose=verbose)


@task(
    help={
        "environment": ENVIRONMENT,
        "to": "the release to go back to, where it is not the previous one",
        "wait": WAIT,
        "check": CHECK,
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
    verbose: bool = False,
) -> None:
    """Go back to an earlier release, without a build."""
    extra = waiting(wait) | ({"slipway_release": to} if to else {})
    play(environment, ["rollback"], extra=extra, check=check, verbose=verbose)


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


@task
@told
def check(_c: Context) -> None:
    """Check inventories, playbooks, roles and code."""
    if checks.failures():
        raise Exit(code=1)


@task(help={"fast": "only what needs no test host"})
@told
def test(_c: Context, fast: bool = False) -> None:
    """Run every test, on test hosts of this machine."""
    if suite.failures(fast=fast):
        raise Exit(code=1)


@task(
    optional=["scenario"],
    help={
        "scenario": "a directory of molecule/, all if none is named",
        "distro": f"the distribution, {' and '.join(suite.DISTROS)} if none is named",
    },
)
@told
def molecule(_c: Context, scenario: str, distro: str = "") -> None:
    """Prove the roles, each alone, on test hosts of this machine."""
    if suite.molecule(scenario, [distro] if distro else suite.DISTROS):
        raise Exit(code=1)


@task(name="down")
@told
def sandbox_down(_c: Context) -> None:
    """Remove the server that `deploy local` made."""
    sandbox.down()


ns = Collection(init, deploy, provision, rollback, status, releases, logs, check, test, molecule)
ns.add_collection(Collection("sandbox", sandbox_down))
ns.add_collection(env_tasks.collection(told, play))
