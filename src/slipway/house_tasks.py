"""The tasks that need no server of yours: `check`, `test`, `molecule` and `sandbox.down`."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from slipway import checks, sandbox, suite
from slipway.words import told


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


TASKS = (check, test, molecule)
sandbox_ns = Collection("sandbox", sandbox_down)
