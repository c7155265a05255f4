"""Commands side by side: each one's output is kept together, and whole where it failed."""

import re
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from slipway import tools
from slipway.console import say

AT_ONCE = 2
COLOUR = re.compile(r"\x1b\[[\d;]*m")
# Molecule draws one around what it runs.
FRAME = " │"
# The last line of a test runner, and those in which a test says a figure.
CLOSING = re.compile(r"^.*\b(?:\d+ (?:passed|failed)\b|measured: ).*$", re.MULTILINE)


@dataclass(frozen=True)
class Job:
    """A command and the name under which its end is told."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def failures(jobs: Sequence[Job], at_once: int = AT_ONCE) -> list[str]:
    """Run the jobs, `at_once` of them at a time, and return the names of those that failed."""
    with ThreadPoolExecutor(at_once) as pool:
        codes = list(pool.map(_run, jobs))
    return [job.name for job, code in zip(jobs, codes, strict=True) if code != 0]


def _run(job: Job) -> int:
    """Run a job from the checkout and tell its end in one piece; its exit code."""
    started = time.monotonic()
    done = tools.run(
        job.command,
        job.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        errors="replace",
    )
    end = f"exit status {done.returncode}" if done.returncode else "ok"
    title = f"{job.name}: {end} after {time.monotonic() - started:.0f} s"
    say("\n".join([*_body(job, done), title]))
    return done.returncode


def _body(job: Job, done: subprocess.CompletedProcess[str]) -> list[str]:
    """What is told of a job besides its end: all of it, or what it measured and how it closed."""
    if done.returncode:
        return [f"+ {shlex.join(job.command)}", done.stdout.rstrip()]
    return [line.strip(FRAME) for line in CLOSING.findall(COLOUR.sub("", done.stdout))]
