# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stops a deploy before anything is built: an older commit, what a person has to do first."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import releases, required_names
from ansible_collections.slipway.django.plugins.module_utils.building import Build
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.handed import Pending
from ansible_collections.slipway.django.plugins.module_utils.required_names import Wanted
from ansible_collections.slipway.django.plugins.module_utils.source import Commit
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.telling import number

# Each sandbox is new, so all that was ever asked for would be asked for.
LOCAL = "local"


@dataclass(frozen=True)
class Gate:
    """Before the build of a commit, while another release is ``live``, or none."""

    build: Build
    commit: Commit
    live: Optional[releases.Record]

    @property
    def live_commit(self) -> str:
        """The commit of the live release; empty where there is none."""
        return self.live["commit"] if self.live else ""

    @cached_property
    def pending(self) -> Pending:
        """The hand-off that the environment has not had."""
        build = self.build
        place, env = build.recipe.path, build.instance.env
        return Pending(build.mirror, self.live_commit, self.commit.hash, env, place)

    def require(self, params: Mapping[str, Any], dry: bool) -> None:
        """Raise Failed with the first thing that is not as it should be."""
        if not params["allow_older"]:
            self.require_newer()
        self.require_names()
        self.require_steps(params["acknowledge"], params["acknowledged"], dry)
        self.require_space(params["disk_reserve"])

    def require_newer(self) -> None:
        """Raise Failed where the live release has a commit that came after this one."""
        older = self.commit.hash[:7]
        if self.live and self.build.mirror.is_older(self.commit.hash, self.live_commit):
            raise Failed(
                f"{older} ({self.build.version}) is older than {self.live_commit[:7]}, which is "
                "live: deploy that or a newer one, go back with `invoke rollback`, or insist with "
                "--allow-older (django_allow_older)."
            )

    def require_names(self) -> None:
        """Raise Failed where a variable that the commit needs would have no value."""
        build = self.build
        with build.steps.step("variables") as step:
            variables = build.snapshot.held()
            wanted = Wanted(build.settings, build.instance.env, self.live_commit)
            code = Committed(build.mirror, self.commit.hash, build.recipe.path)
            needed = required_names.needs(code, wanted)
            lacking = required_names.missing(needed, variables, build.optional)
            required_names.require(lacking, build.instance.env)
            step["detail"] = f"{len(needed)} required"

    def require_steps(self, everything: bool, acknowledged: Collection[str], dry: bool) -> None:
        """Raise Failed, which ``asks`` for them, where a person has steps to take first.

        Somebody has seen to those that are ``acknowledged``, or to ``everything``. A dry run tells.
        """
        lines = [line.words for line in self.pending.open_lines("manual")]
        if not lines or self.build.instance.env == LOCAL:
            return
        left = [] if everything else [line for line in lines if line not in acknowledged]
        with self.build.steps.step("hand-off") as step:
            told = f"{number(len(left), 'manual step')} to see to" if left else "acknowledged"
            step["detail"] = told if left else f"{number(len(lines), 'manual step')} {told}"
            if left and not dry:
                env = self.build.instance.env
                raise Failed(
                    f"The hand-off notes have {number(len(left), 'manual step')} that {env} has "
                    f"not had: see to each (`invoke handoff {env}` tells all of the notes), then "
                    "deploy with --ack (django_acknowledge).",
                    "\n".join(left),
                    asks=left,
                )

    def require_space(self, megabytes: int) -> None:
        """Raise Failed where less is free than a release should find."""
        place = self.build.instance.releases
        free = shutil.disk_usage(place).free // 2**20
        if free < megabytes:
            raise Failed(
                f"Only {free} MB are free on {place}: remove something, or set "
                f"django_disk_reserve_mb, which asks for {megabytes}."
            )
