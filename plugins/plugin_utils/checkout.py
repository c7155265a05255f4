# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A checkout of the application on the controller, and what a host lacks of its commits."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils.source import (
    ENVIRONMENT,
    Commit,
    Mirror,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.telling import number

HEAD = "HEAD"
# By these a hook of git is told of its own repository.
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


@dataclass(frozen=True)
class Checkout(Mirror):
    """A checkout, which git reads as the person who runs Ansible, with that person's settings."""

    def git(
        self, *words: str, problem: str, env: Optional[dict[str, str]] = None, **more: Any
    ) -> str:
        """Run git in it."""
        return self.output(*words, problem=problem).decode(errors="replace")

    def output(self, *words: str, problem: str, feed: str = "") -> bytes:
        """What git prints in it, given ``feed``."""
        ours = {name: text for name, text in os.environ.items() if name not in ELSEWHERE}
        try:
            done = subprocess.run(
                ["git", "-C", self.path, *words],
                input=feed.encode(),
                capture_output=True,
                env={**ours, **ENVIRONMENT, "GIT_OPTIONAL_LOCKS": "0"},
                check=False,
            )
        except OSError as error:
            raise Failed(f"git does not start on this machine: {error.strerror}.") from error
        if done.returncode != 0:
            raise Failed(problem, done.stderr.decode(errors="replace"))
        return done.stdout

    def require(self) -> None:
        """Raise Failed where it is no checkout, or one without its history."""
        problem = f"django_checkout is {self.path}, which is no checkout that git can read here."
        if self.git("rev-parse", "--is-shallow-repository", problem=problem).strip() == "true":
            raise Failed(
                f"{self.path} is a shallow clone, which lacks its history: complete it with "
                "`git fetch --unshallow`, or let the pipeline clone all of it (fetch-depth: 0)."
            )

    def resolve(self, version: str) -> Commit:
        """The commit of a branch, else of a tag, else of a hash; HEAD is what is checked out."""
        if version == HEAD:
            return self.describe(HEAD)
        return super().resolve(version)

    def unknown(self, version: str, refs: dict[str, list[str]]) -> Failed:
        """The failure that says a version is not there, and which one may be meant."""
        failed = super().unknown(version, refs)
        said = f"{failed} What is checked out is called HEAD (django_branch)."
        return Failed(said, "\n".join(failed.evidence))

    def has(self, commit: str) -> bool:
        """Whether a commit was ever fetched into it."""
        try:
            self.git("cat-file", "-e", f"{commit}^{{commit}}", problem="It lacks the commit.")
        except Failed:
            return False
        return True

    def ref(self, version: str) -> str:
        """The full name of a branch or tag; empty for a commit."""
        names = [f"refs/{kind}/{version}" for kind, has in self.refs().items() if version in has]
        return names[0] if names else ""

    def uncommitted(self, commit: str) -> str:
        """What of it is not in a commit that is checked out."""
        if commit != self.describe(HEAD).hash:
            return ""
        changed = self.git("status", "--porcelain", problem="git cannot compare the checkout.")
        count = len(changed.splitlines())
        return f"without {number(count, 'uncommitted change')}" if count else ""

    def pack(self, commit: str, had: Sequence[str]) -> bytes:
        """What somebody lacks of a commit who has others, with all that those need."""
        problem = f"git cannot pack {commit[:7]} of {self.path}."
        asked = "".join(f"{name}\n" for name in had)
        known = self.output("cat-file", "--batch-check", problem=problem, feed=asked).decode()
        names = [line.split()[0] for line in known.splitlines() if not line.endswith(" missing")]
        revisions = "".join(f"{name}\n" for name in (commit, *(f"^{name}" for name in names)))
        words = ("pack-objects", "--quiet", "--revs", "--thin", "--stdout", "--delta-base-offset")
        return self.output(*words, problem=problem, feed=revisions)
