"""Test hosts as they once stood, saved as images that new ones begin from."""

from slipway import engine, state
from slipway.console import step
from slipway.testhost.host import TestHost


def save(host: TestHost, name: str) -> None:
    """Save what is on the disk of the host as `name`, in place of what was saved as that.

    What runs there is not saved: a host begun from it boots.
    """
    with step(f"Saving the test host {host.name} as {name}"):
        engine.ensure().run("commit", host.container, tag(name))


def exists(name: str) -> bool:
    """Return whether a host was saved as `name`."""
    return engine.ensure().attempt("image", "inspect", tag(name)).returncode == 0


def forget(name: str) -> None:
    """Remove what was saved as `name`, if anything was."""
    engine.ensure().attempt("image", "rm", tag(name))


def forget_all() -> None:
    """Remove everything that this checkout saved; hosts begun from it stay as they are."""
    docker = engine.answering()
    if docker is None:
        return
    mine = docker.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", tag("")[:-1])
    for image in mine.split():
        docker.attempt("image", "rm", image)


def tag(name: str) -> str:
    """Return the tag of what is saved as `name`; another clone's differs."""
    return f"slipway-saved-{state.checkout_id()}:{name}"
