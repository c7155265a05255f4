# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a release is made; the module slipway.django.build calls it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    application,
    dependencies,
    locks,
    release_code,
    releases,
    source,
)
from ansible_collections.slipway.django.plugins.module_utils.files import link, write
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.interpreters import Interpreters
from ansible_collections.slipway.django.plugins.module_utils.programs import acting_as
from ansible_collections.slipway.django.plugins.module_utils.recipe import Recipe
from ansible_collections.slipway.django.plugins.module_utils.snapshot import Snapshot
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.module_utils.telling import summary


@dataclass(frozen=True)
class Build:
    """One build: what ``who`` wants and the tools that make it. ``builder`` owns the code."""

    instance: Instance
    version: str
    builder: str
    mirror: source.Mirror
    interpreters: Interpreters
    recipe: Recipe
    snapshot: Snapshot
    who: str
    steps: Steps
    settings: str = ""
    optional: tuple[str, ...] = ()

    @contextmanager
    def rehearsed(self, dry: bool) -> Iterator[Build]:
        """This build; a dry run's has a mirror that goes again."""
        if not dry:
            yield self
            return
        with self.mirror.preview() as mirror:
            yield replace(self, mirror=mirror)

    def commit(self) -> source.Commit:
        """The commit to release."""
        with self.steps.step(self.mirror.step) as step:
            self.mirror.fetch()
            found = self.mirror.resolve(self.version)
            note = f" ({self.mirror.note})" if self.mirror.note else ""
            step["detail"] = f"{found.hash[:7]} {found.subject}".strip() + note
        return found

    def expected(self, commit: source.Commit, live: Optional[releases.Record]) -> list[str]:
        """The migrations that will wait, as far as the code tells before it runs."""
        with self.steps.step("plan") as step:
            new = self.mirror.migrations(commit.hash)
            if live:
                with suppress(Failed):  # A push by force may have taken it away.
                    new -= self.mirror.migrations(live["commit"])
            # A first release has those of Django itself too.
            unknown = [] if live else ["those of its packages"]
            told = filter(None, [summary(sorted(new)), *unknown])
            step["detail"] = ", ".join(told) or "no migration waits"
        return sorted(new) + unknown

    def is_current(self, live: Optional[releases.Record], commit: source.Commit) -> bool:
        """Whether the live release is settled and what this build would make."""
        return (
            live is not None
            and live["commit"] == commit.hash
            and live["recipe"] == self.recipe.plain()
            and self.snapshot.equals(live["id"])
            and releases.settled(self.instance)
        )

    def record(self, release: str, commit: source.Commit) -> releases.Record:
        """What is kept about a release."""
        return {
            "id": release,
            "commit": commit.hash,
            "subject": commit.subject,
            "author": commit.author,
            "version": self.version,
            "recipe": self.recipe.plain(),
            "who": self.who,
        }

    def make(self, commit: source.Commit, fresh: bool) -> releases.Record:
        """Make a release; on failure nothing of it remains. ``fresh`` keeps no environment."""
        release = releases.release_id(releases.now(), commit.hash)
        path = self.instance.release(release)
        if os.path.lexists(path):
            raise Failed(f"Release {release} was made this very second: deploy again.")
        self.steps.release = release
        try:
            with self.steps.step("check out"):
                inside = self.check_out(commit, path)
            venv = self.give_packages(path, fresh)
            self.run_commands(path)
            with self.steps.step("compile") as step:
                step["detail"] = release_code.compile_all(path, self.builder)
            release_code.seal(path)
            link(os.path.join("..", inside), self.instance.record(release, application.LINK))
            self.snapshot.write(release)
            record = {**self.record(release, commit), "venv": venv, "built": releases.now()}
            write(self.instance.record(release, "release.json"), json.dumps(record, indent=2))
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        return record

    def check_out(self, commit: source.Commit, path: str) -> str:
        """Make the release's directory with its files, the builder's; where in it manage.py is."""
        release_code.give(path, self.builder)
        self.mirror.check_out(commit.hash, path)
        release_code.require_deployable(path, commit.hash)
        inside = application.require(path, self.recipe.path)
        if self.recipe.settings:
            with acting_as(self.builder):
                application.write_settings(os.path.join(path, inside), self.recipe.settings)
        return inside

    def give_packages(self, path: str, fresh: bool) -> str:
        """Link the release to the environment of its lock, made if it is not there; its key."""
        with self.steps.step("packages") as step:
            python = self.interpreters.find(self.recipe.python)
            # Links of the repository lead where the builder may look.
            with acting_as(self.builder):
                lock = self.recipe.lock(path)
                key = dependencies.key(path, lock, python.identity, self.recipe)
                tied = locks.tied(path, lock)
            newest = dependencies.newest(self.instance.venvs, key)
            # Environments are never changed: a fresh one of the same key gets a later name. One
            # that holds packages of the repository itself is this release's alone.
            own = fresh or self.recipe.project or tied
            key = f"{key}-{os.path.basename(path)}" if own else newest
            venv = os.path.join(self.instance.venvs, key)
            which = "environment stands"
            if not dependencies.complete(venv):
                uv, made = self.interpreters.uv, {"release": path, "python": python.path}
                which = dependencies.make(uv, venv, lock=lock, recipe=self.recipe, **made)
            link(os.path.join("..", "..", "venvs", key), os.path.join(path, ".venv"))
            step["detail"] = f"{lock.name}, {which}, {python}"
        return key

    def run_commands(self, path: str) -> None:
        """Run the build commands, with the variables that people may read and no secrets."""
        for command in self.recipe.commands:
            with self.steps.step("build") as step:
                step["detail"] = command
                variables = self.snapshot.readable
                who = self.builder, self.instance.group
                release_code.build(path, self.recipe.path, command, who, variables)
