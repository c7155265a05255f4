"""`python -m benchmarks.run`: every contender in turn, round by round, then the table."""

import argparse
import datetime
import os
import subprocess
import sys
from collections.abc import Iterable

from benchmarks import fujin, table, tools
from benchmarks.contenders import Contender, Race, all_of
from benchmarks.rig import Broken, Rig, up, write_inventory
from slipway import testhost
from slipway.console import say
from slipway.errors import Problem

ROUNDS = 7
FAILURES = (Broken, Problem, OSError, subprocess.TimeoutExpired)


def prepare(rig: Rig, projects: Iterable[str]) -> set[str]:
    """Make the instances of contenders; those that stand, the others are told of."""
    able = set()
    for project in projects:
        try:
            prepare_one(rig, project)
            able.add(project)
        except FAILURES as error:
            say(f"{project} is left out, it cannot be prepared: {error}")
    return able


def prepare_one(rig: Rig, project: str) -> None:
    """Make the instance of a contender, and what its tool needs there."""
    write_inventory(rig, project)
    rig.prepare(project)
    if project in tools.VERSIONS:
        tools.install(rig, project)
    if project == tools.SCRIPT:
        tools.script(rig)  # makes the environment that all rounds share
    if project == tools.PYINFRA:
        rig.root(tools.on_host("in_place.sh", project))
    if project == fujin.PROJECT:
        fujin.prepare(rig)


def take_turn(race: Race, contender: Contender) -> None:
    """Run a contender once; one that fails is told of and the others go on."""
    series = contender.series
    try:
        race.run(contender)
    except FAILURES as error:
        series.failures.append(str(error))
        say(f"  {series.name:<40} FAILED: {error}")
    else:
        say(f"  {series.name:<40} {series.seconds[-1]:6.2f} s")


def report(race: Race) -> None:
    """Print the table and what belongs below it."""
    parts = ", ".join(f"{name} {value:.0f}" for name, value in table.medians(race.parts).items())
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    say(f"\n{datetime.datetime.now(datetime.UTC):%Y-%m-%d}; {tools.versions()}\n", result=True)
    say(table.render(race.series()), result=True)
    say(
        f"\nThe script's split in ms: {parts or '-'}. Load average at the end: {load}.", result=True
    )


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"{ROUNDS} if not given")
    words = "run contenders whose name has one of these words"
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD", help=words)
    parser.add_argument("--down", action="store_true", help="remove the test host at the end")
    return parser.parse_args()


def main() -> int:
    """Run the rounds; 1 if a contender failed."""
    asked = options()
    rig = up()
    contenders = [each for each in all_of() if any(word in each.series.name for word in asked.only)]
    able = prepare(rig, dict.fromkeys(each.project for each in contenders))
    contenders = [each for each in contenders if each.project in able]
    race = Race(rig, contenders)
    for number in range(1, asked.rounds + 1):
        say(f"Round {number} of {asked.rounds}")
        for contender in contenders:
            take_turn(race, contender)
    report(race)
    if asked.down:
        testhost.down(rig.host.name)
    return int(any(each.series.failures for each in contenders))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        say(str(problem))
        sys.exit(1)
