"""`python -m benchmarks.run`: every contender in turn, round by round, then the table."""

import argparse
import datetime
import os
import subprocess
import sys
from collections.abc import Sequence

from benchmarks import fujin, table, tools
from benchmarks.contenders import SCRIPT, SLIPWAY, Contender, Race, all_of
from benchmarks.rig import Broken, Rig, up, write_inventory
from slipway import testhost
from slipway.console import say
from slipway.errors import Problem

ROUNDS = 7
IN_PLACE = ("pyinfra",)


def prepare(rig: Rig, projects: Sequence[str]) -> None:
    """Make every contender's instance."""
    for project in projects:
        write_inventory(rig, project)
        rig.prepare(project)
        if project in IN_PLACE:
            rig.root(tools.on_host("in_place.sh", project))
    fujin.prepare(rig)


def take_turn(race: Race, contender: Contender) -> None:
    """Run a contender once; one that fails is told of and the others go on."""
    series = contender.series
    try:
        race.run(contender)
    except (Broken, Problem, OSError, subprocess.TimeoutExpired) as error:
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
    parser.add_argument("--only", default="", help="run contenders whose name has this word")
    parser.add_argument("--down", action="store_true", help="remove the test host at the end")
    return parser.parse_args()


def main() -> int:
    """Run the rounds; 1 if a contender failed."""
    asked = options()
    rig = up()
    prepare(rig, [SCRIPT, SLIPWAY, fujin.PROJECT, *IN_PLACE])
    contenders = [each for each in all_of(rig) if asked.only in each.series.name]
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
    except (Problem, Broken) as problem:
        say(str(problem))
        sys.exit(1)
