"""What `invoke test` and `invoke molecule` run, and the removal of what a run made for itself."""

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from slipway import checks, engine, jobs, state, testhost
from slipway.console import say
from slipway.errors import unknown
from slipway.jobs import Job
from slipway.playbook import run
from slipway.testhost import image, saved

# Where every role is proven. CI proves the Ubuntus too, which not every machine has an image of.
DISTROS = ("debian13", "debian12")
# The end-to-end tests prove the roles on the newer one, all together and in a hundred ways.
ALONE_IN_TESTS = ("debian12",)
# Python keeps what it made of the code, even where it is told not to: that is a tenth of the time.
KEEPS_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}
# Neighbours stay together, for what a file makes once would else be made in each of the two.
UNIT = ["pytest", "-n2", "--dist=worksteal", "tests/unit"]
SLOW = (
    # A third fills the time in which the others wait for a server.
    ["pytest", "-n3", "--dist=loadfile", "--durations=10", "-m", "not alone", "tests/e2e"],
    ["pytest", "-m", "alone", "tests/e2e"],
)


@contextmanager
def clean_after() -> Iterator[None]:
    """Remove the hosts that the block made or saved, stop the engine if the block started it."""
    ran_before = engine.answering() is not None
    before = {host.name for host in testhost.listing()}
    try:
        yield
    finally:
        for host in testhost.listing():
            if host.name not in before:
                testhost.down(host.name)
        saved.forget_all()
        if not ran_before:
            engine.stop_if_ours()


def scenarios() -> list[str]:
    """Return the names of the Molecule scenarios."""
    found = (state.CHECKOUT / "molecule").glob("*/molecule.yml")
    return sorted(path.parent.name for path in found)


def molecule(scenario: str = "", distros: Sequence[str] = DISTROS) -> list[str]:
    """Run a Molecule scenario, or all, on each of the distributions; return what failed.

    Raises Problem where there is no such scenario or distribution.
    """
    known = scenarios()
    if scenario and scenario not in known:
        raise unknown(f"scenario {scenario!r} in molecule/", scenario, known)
    chosen = [scenario] if scenario else known
    images = [_image(distro) for distro in distros]
    # Begun with the last of them, the whole stack, for the longest is not to run alone in the end.
    tests = [_job(name, distro) for distro in distros for name in reversed(chosen)]
    with clean_after():
        engine.ensure()
        return jobs.failures([*images, *tests])


def failures(*, fast: bool) -> list[str]:
    """Run all tests, or the quick ones that need no host, and return the names of what failed."""
    unit = Job("unit tests", [*UNIT, *(["-m", "not slow"] if fast else [])], KEEPS_BYTECODE)
    first = [unit, *checks.all_jobs(fast=fast)]
    wrong = jobs.failures(first) if fast else _whole(first)
    say(f"Failed: {', '.join(wrong)}." if wrong else "All tests pass.")
    return wrong


def _whole(first: Sequence[Job]) -> list[str]:
    with clean_after():
        # One core would make them while the tests that need a host wait.
        images = [_image(distro) for distro in DISTROS]
        warm = _image(image.DEFAULT_DISTRO, SLIPWAY_WARM="1")
        wrong = jobs.failures([*first, *images, warm])
        wrong += [shlex.join(words) for words in SLOW if run(words, KEEPS_BYTECODE) != 0]
        return wrong + molecule(distros=ALONE_IN_TESTS)


def _image(distro: str, **environment: str) -> Job:
    """Make it beside what needs none, or another one."""
    image.tag(distro)  # a Problem, if there is none of it
    build = ["python", "-m", "slipway.testhost", "build", "--distro", distro]
    return Job(f"test host image of {distro}", build, {"PYTHONPATH": "src", **environment})


def _job(scenario: str, distro: str) -> Job:
    place = state.directory() / "molecule" / f"{scenario}-{distro}"
    return Job(
        f"molecule {scenario} on {distro}",
        ["molecule", "test", "-s", scenario],
        {
            **KEEPS_BYTECODE,
            "MOLECULE_GLOB": "molecule/*/molecule.yml",
            "MOLECULE_EPHEMERAL_DIRECTORY": os.fspath(place),
            "SLIPWAY_DISTRO": distro,
        },
    )
