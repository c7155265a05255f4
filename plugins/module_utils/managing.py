# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""manage.py of a release, run as the application's user with the release's own variables."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils import snapshot
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
    run,
    write,
)

APPLIED = re.compile(r"^\s*Applying (\S+?)\.\.\.", re.MULTILINE)
COPIED = re.compile(r"^(\d+) static files? copied", re.MULTILINE)
MANIFEST = "staticfiles.json"
SHOWN = 4


def planned(output: str) -> list[str]:
    """The migrations that ``migrate --plan`` names; for people to read, not to decide by."""
    lines = output.partition("Planned operations:\n")[2].splitlines()
    return [line.strip() for line in lines if line and not line[0].isspace()]


def summary(migrations: list[str]) -> str:
    """A few names, or how many there are and the last ones."""
    if len(migrations) <= SHOWN:
        return ", ".join(migrations)
    return f"{len(migrations)} migrations, up to {', '.join(migrations[-2:])}"


@dataclass(frozen=True)
class Manage:
    """The commands of one release."""

    instance: Instance
    release: str
    timeout: float
    steps: Steps

    def __call__(self, *words: str, problem: str) -> str:
        """Run ``manage.py words`` and return its output. Raises Failed with what it said."""
        path = self.instance.release(self.release)
        return run(
            [os.path.join(path, ".venv", "bin", "python"), "manage.py", *words],
            problem=problem,
            user=self.instance.user,
            group=self.instance.web_group,
            cwd=path,
            env={"PYTHONDONTWRITEBYTECODE": "1"} | snapshot.of_release(self.instance, self.release),
            umask=0o027,
            timeout=self.timeout,
        )

    def prove(self) -> list[str]:
        """Django's own checks, then the migrations that wait, as ``app.name``."""
        with self.steps.step("check"):
            self(
                *["check", "--deploy", "--fail-level", "ERROR"],
                problem="The release does not pass `manage.py check --deploy`.",
            )
        with self.steps.step("plan") as step:
            plan = self(
                *["migrate", "--plan", "--no-color"],
                problem="The release cannot plan its migrations: does it reach the database?",
            )
            waiting = planned(plan)
            step["detail"] = summary(waiting) or "no migration waits"
        return waiting

    def migrate(self) -> list[str]:
        """Apply the migrations that wait; the names of those that were."""
        with self.steps.step("migrate") as step:
            output = self("migrate", "--no-input", "--no-color", problem="A migration failed.")
            applied = APPLIED.findall(output)
            step["detail"] = summary(applied) or "nothing to apply"
        return applied

    def collect_static(self) -> int:
        """Collect static files and keep the release's manifest; the number of files copied."""
        with self.steps.step("collect") as step:
            output = self(
                *["collectstatic", "--no-input", "--no-color"],
                problem="The static files cannot be collected.",
            )
            copied = sum(int(count) for count in COPIED.findall(output))
            step["detail"] = f"{copied} files copied"
        self.keep_manifest()
        return copied

    def keep_manifest(self) -> None:
        """Keep a copy of the manifest, which the next release overwrites, for the slot to read."""
        manifest = os.path.join(self.instance.static, MANIFEST)
        if os.path.isfile(manifest):
            # Read as the application's user: the directory is its own, so this may be any link.
            user, group = self.instance.user, self.instance.web_group
            problem = f"{manifest} cannot be read."
            text = run(["cat", manifest], problem=problem, user=user, group=group)
            write(self.instance.record(self.release, MANIFEST), text)


def require_built(instance: Instance, record: object) -> None:
    """Raise Failed when a release has no record: it was never built to its end."""
    if record is None:
        raise Failed(f"There is no such release of {instance.name}: `invoke status` lists them.")
