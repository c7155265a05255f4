# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Django's commands in a release, run as the application's user with the release's variables."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    aging,
    compressing,
    inside,
    needs,
    own_settings,
    releases,
    serving,
    snapshot,
)
from ansible_collections.slipway.django.plugins.module_utils.application import LINK
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.programs import start
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.module_utils.superuser import NONE, Superuser
from ansible_collections.slipway.django.plugins.module_utils.telling import Report, detail

PROBLEMS = {
    "check": "The release does not pass `manage.py check --deploy`.",
    "settings": "The settings of the release cannot be asked.",
    "plan": "The release cannot plan its migrations: does it reach the database?",
    "migrate": "A migration failed.",
    "collect": "The static files cannot be collected.",
}

LINKED = ("from __future__ ", "from ansible_collections.")
REMEDY = "django_settings_override sets what is not so, django_unchecked_settings lets it be so."


def program() -> str:
    """inside.py in one piece with what it imports of Slipway, for a release can import none."""
    sources = map(inspect.getsource, (aging, compressing, needs, own_settings, serving, inside))
    lines = [line for source in sources for line in source.splitlines()]
    kept = [line for line in lines if not line.startswith(LINKED)]
    return "\n".join(["from __future__ import annotations", *kept])


def report_of(told: str, step: str) -> Report:
    """What inside.py reports of a step; empty where the application only said something like it."""
    with suppress(ValueError, TypeError, AttributeError):
        report: Report = json.loads(told)
        if report.get("step") == step:
            return report
    return {}


def require_agreement(found: Report) -> None:
    """Raise Failed with the first mismatch; where it is not alone, with all below it."""
    if found.get("refusal"):
        raise Failed(found["refusal"])
    if mismatches := found.get("mismatches"):
        several = mismatches if len(mismatches) > 1 else []
        raise Failed(mismatches[0], "\n".join([*several, REMEDY]))


@dataclass(frozen=True)
class Manage:
    """The commands of one release, several of them in one process.

    ``timeout`` is how many seconds each may take; static files that no release has wanted for
    ``static_days`` are removed. ``served`` is what step ``settings`` compares.
    """

    instance: Instance
    release: str
    timeout: float
    static_days: float
    steps: Steps
    served: Optional[dict[str, Any]] = None
    superuser: Superuser = NONE

    def __call__(self, *names: str) -> Report:
        """Take steps of inside.py; what they report, in one. Raises Failed with what was said.

        After ``plan``, ``collect`` is left out where migrations or the like wait.
        """
        arguments = self.arguments()
        found: Report = {}
        said = []
        entry = self.steps.begin(names[0])
        left = list(names)
        process = self.boot([(name, arguments.get(name, {})) for name in names])
        for line in self.lines(process):
            # What the application said last need not end its line.
            words, _mark, told = line.partition(inside.MARK)
            report = report_of(told, left[0] if left else "")
            if not report:
                said.append(line)
                continue
            said.append(words)
            entry |= {"seconds": report["seconds"], "detail": detail(report, "".join(said))}
            found |= report
            said.clear()
            left = left[1:]
            if left and not inside.left_out(left[0], found):
                entry = self.steps.begin(left[0])
        if process.returncode != 0:
            raise Failed(PROBLEMS[(left or names)[0]] + self.late(process), "".join(said))
        require_agreement(found)
        self.keep(found)
        return found

    def boot(self, wanted: list[Any]) -> subprocess.Popen[str]:
        """Start the release's Python with inside.py."""
        python = os.path.join(self.instance.release(self.release), ".venv", "bin", "python")
        kept = snapshot.given(self.instance, self.release)
        own = self.superuser.variables(name for name, _arguments in wanted)
        command = [python, "-", json.dumps(wanted)]
        process = start(
            snapshot.around(self.instance, self.release, *command, own=own),
            user=self.instance.user,
            group=self.instance.web_group,
            cwd=self.instance.record(self.release, LINK),
            env={"PYTHONDONTWRITEBYTECODE": "1", **kept, **own},
            umask=0o027,
        )
        pipe: Any = process.stdin
        with suppress(BrokenPipeError):  # It died at once; why, it says.
            pipe.write(program())
            pipe.close()
        return process

    def lines(self, process: subprocess.Popen[str]) -> Iterator[str]:
        """What a process says, line by line; it is killed when a step of it takes too long."""
        pipe: Any = process.stdout
        timer = self.limit(process)
        try:
            for line in pipe:
                if inside.MARK in line:
                    timer.cancel()
                    timer = self.limit(process)
                yield line
            process.wait()
        finally:
            timer.cancel()

    def limit(self, process: subprocess.Popen[str]) -> threading.Timer:
        """Kill a process and what it started, unless cancelled in time."""
        timer = threading.Timer(self.timeout, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        return timer

    def late(self, process: subprocess.Popen[str]) -> str:
        """What is to be added for a process that was killed."""
        if process.returncode > 0:
            return ""
        return f" Signal {-process.returncode} ended it; a step may take {self.timeout:.0f} s."

    def arguments(self) -> dict[str, Any]:
        """The arguments of the steps that have some."""
        own = {"superuser": dict(self.superuser.fields)}
        return {"settings": self.served, "collect": self.collecting(), "plan": own, "migrate": own}

    def collecting(self) -> Report:
        """The arguments of step ``collect``."""
        names = [record["id"] for record in releases.listing(self.instance)]
        # One that failed before it had files would keep those of all others for ever.
        kept = [name for name in names if releases.proven(self.instance, name)]
        lists = [self.instance.record(name, "static.json") for name in kept if name != self.release]
        live = releases.live(self.instance)
        return {
            "root": self.instance.static,
            "kept": lists,
            "live": self.instance.record(live, "static.json") if live else "",
            "days": self.static_days,
        }

    def keep(self, found: Report) -> None:
        """Keep what the release knows and wants: for rollbacks, and while its files age.

        The manifest is kept too, since the next release's takes its place; the slot reads ours.
        """
        kept = {"migrations.json": found.get("known"), "static.json": found.get("files")}
        for name, names in kept.items():
            if names is not None:
                write(self.instance.record(self.release, name), json.dumps(names, indent=0))
        if found.get("manifest"):
            write(self.instance.record(self.release, inside.MANIFEST), found["manifest"])
