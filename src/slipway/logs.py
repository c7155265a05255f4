"""`invoke logs`: what the hosts of an environment say, merged by time, and what they say next."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.log_reading import UNITS
from ansible_collections.slipway.django.plugins.module_utils.logged import LEVELS
from ansible_collections.slipway.django.plugins.plugin_utils import outcome
from invoke.exceptions import Exit

from slipway.console import say
from slipway.entries import Entry, by_time, tell
from slipway.errors import Problem
from slipway.following import Screen, commands, keep_showing
from slipway.plays import asked

LINES = 50
# Where it is said which ones are wanted: more of them are seldom read.
MOST_LINES = 5000
VARIABLE = "gunicorn_systemd_log_"


@dataclass(frozen=True)
class Wanted:
    """What is asked for; 0 and empty words where nothing was said."""

    lines: int = 0
    since: str = ""
    units: Sequence[str] = ()
    level: str = ""
    request: str = ""

    @property
    def most(self) -> int:
        """How many lines of a host at most."""
        return self.lines or (MOST_LINES if self.since or self.request else LINES)

    def variables(self) -> dict[str, Any]:
        """Return what the playbook is told. Raises Problem."""
        for option, words, known in (
            ("--unit", self.units, UNITS),
            ("--level", [self.level or LEVELS[0]], LEVELS),
        ):
            wrong = [word for word in words if word not in known]
            if wrong:
                raise Problem(f"{option} takes {', '.join(known)}, not {wrong[0]!r}.")
        if self.request and len(self.request.split()) != 1:
            raise Problem("--request takes the id of one request, as X-Request-ID has it.")
        given = {
            "lines": self.most,
            "since": self.since,
            "units": list(self.units),
            "level": self.level,
            "request": self.request,
        }
        return {VARIABLE + name: value for name, value in given.items() if value}


def show(environment: str, wanted: Wanted, *, follow: bool) -> None:
    """Show the newest lines of all hosts by time, and with `follow` those that come, to Ctrl-C."""
    found = asked(environment, ["logs"], extra=wanted.variables())
    answers = {host: said for host, said in found.items() if answered(host, said)}
    for host, said in answers.items():
        for remark in said["remarks"]:
            say(f"{host}: {remark}" if len(found) > 1 else remark)
    try:
        if follow:
            keep_showing(commands(answers), Screen(sorted(answers), wanted.most))
        else:
            tell(merged(answers, wanted.most), sorted(found))
    except BrokenPipeError:
        # `| head` has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if len(answers) < len(found):
        raise Exit(code=1)


def answered(host: str, said: Mapping[str, Any]) -> bool:
    """Return whether a host said what its logs have; say of one that did not why."""
    if said.get("unreachable"):
        say(f"{host} cannot be reached.")
    elif said.get("failed"):
        say(f"{host} cannot be read: {outcome.sentence(dict(said))}")
        for line in outcome.evidence(dict(said)):
            say(f"    {line}")
    else:
        return True
    return False


def merged(answers: Mapping[str, Any], most: int) -> list[Entry]:
    """Return the newest entries of all hosts by time; for equal times as each host has them."""
    every = [{**one, "host": host} for host, said in answers.items() for one in said["entries"]]
    return by_time(every)[-most:]
