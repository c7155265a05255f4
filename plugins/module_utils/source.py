# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The application's repository on the host: a bare mirror that releases are checked out of."""

from __future__ import annotations

import difflib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import migration_paths, remote
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.programs import acting_as, run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

SHOWN_BRANCHES = 5
COMMIT = re.compile(r"[0-9a-f]{7,40}")
# Nothing goes on behind our back, with the lock of the lease.
QUIETLY = ("-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false")
# What it says is read.
ENVIRONMENT = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Commit:
    """A commit that a branch, a tag or an abbreviated hash was resolved to."""

    hash: str
    subject: str
    author: str


@dataclass(frozen=True)
class Mirror:
    """A bare mirror of ``url`` at ``path``, kept by ``user``, who reaches it by ``access``."""

    path: str
    url: str
    user: str
    access: remote.Access = remote.UNAIDED
    note: str = ""

    @property
    def shown(self) -> str:
        """The address without the credentials that it may hold."""
        return remote.shown(self.url)

    @property
    def step(self) -> str:
        """What it is called to bring it up to date."""
        return "fetch"

    def lacks(self) -> Optional[list[str]]:
        """What it has, where somebody must bring it more; it fetches by itself."""
        return None

    def git(
        self, *words: str, problem: str, env: Optional[dict[str, str]] = None, **more: Any
    ) -> str:
        """Run git on the mirror; ``more`` is what ``run`` takes."""
        command = ["git", f"--git-dir={self.path}", *QUIETLY, *words]
        given = {**ENVIRONMENT, **(env or {})}
        return run(command, problem=problem, user=self.user, env=given, umask=0o027, **more)

    def init(self) -> None:
        """Make an empty one."""
        self.git("init", "--bare", "--quiet", problem="git cannot make the mirror.")

    def ensure(self) -> None:
        """Make it where it is not there yet."""
        if not os.path.isdir(os.path.join(self.path, "objects")):
            self.init()

    def fetch(self) -> None:
        """Bring the mirror up to date. Raises Failed when the repository does not answer."""
        self.ensure()
        # Not --tags, with which git keeps those that were deleted.
        wanted = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        words = ("fetch", "--quiet", "--prune", "--force", self.url, *wanted)
        problem = f"The repository {self.shown} cannot be read from this host:"
        with self.access.opened(self.url, self.user) as env:
            try:
                self.git(*words, problem=problem, env=env)
            except Failed as failure:
                said = "\n".join(failure.evidence)
                reason = self.access.reason(self.url, self.user, f"{failure}\n{said}")
                raise Failed(f"{problem} {reason}", said) from failure

    def resolve(self, version: str) -> Commit:
        """The commit of a branch, else of a tag, else of a hash. Raises Failed."""
        refs = self.refs()
        for kind in ("heads", "tags"):
            if version in refs[kind]:
                return self.describe(f"refs/{kind}/{version}")
        if COMMIT.fullmatch(version):
            try:
                return self.describe(version)
            except Failed:
                pass
        raise self.unknown(version, refs)

    @contextmanager
    def preview(self) -> Iterator[Mirror]:
        """A mirror of the same to be fetched instead, which is gone after the block.

        It borrows what this one has, so a fetch brings no more than it would bring this one.
        """
        # In /tmp, which may be in memory, a large repository has no room.
        make = ["mktemp", "--directory", "--tmpdir=/var/tmp", "slipway-XXXXXX"]
        path = run(make, problem="There is no room for the repository.", user=self.user)
        preview = replace(self, path=path.strip(), access=self.access.forgetting())
        try:
            preview.init()
            objects = os.path.join(self.path, "objects")
            if os.path.isdir(objects):
                with acting_as(self.user):
                    info = os.path.join(preview.path, "objects", "info")
                    write(os.path.join(info, "alternates"), f"{objects}\n")
            yield preview
        finally:
            shutil.rmtree(preview.path)

    def unknown(self, version: str, refs: dict[str, list[str]]) -> Failed:
        """The failure that says a version is not there, and which one may be meant."""
        names = refs["heads"] + refs["tags"]
        if not names:
            return Failed(f"{self.shown} is empty: commit to it and push first.")
        near = difflib.get_close_matches(version, names, n=1)
        several = ", ".join(refs["heads"][:SHOWN_BRANCHES])
        hint = f"Did you mean {near[0]}?" if near else f"Its branches: {several or 'none'}."
        return Failed(
            f"{version!r} is no branch, tag or commit of {self.shown}. {hint}",
            "It has: " + ", ".join(names[:20]),
        )

    def refs(self) -> dict[str, list[str]]:
        """Names of the branches (``heads``) and tags."""
        words = ("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags")
        listed = self.git(*words, problem="git cannot list the mirror.").split()
        return {
            kind: [ref.split("/", 2)[2] for ref in listed if ref.startswith(f"refs/{kind}/")]
            for kind in ("heads", "tags")
        }

    def describe(self, revision: str) -> Commit:
        """The commit that a revision stands for."""
        words = ("log", "-1", "--format=%H%x00%s%x00%an", f"{revision}^{{commit}}", "--")
        shown = self.git(*words, problem=f"{revision} is no commit of {self.shown}.")
        return Commit(*shown.strip().split("\0"))

    def migrations(self, commit: str) -> set[str]:
        """The migrations that a commit holds, as ``app.name``.

        By the directory of the app: a label of another name stands in its code alone.
        """
        return set(migration_paths.files(self.paths(commit)))

    def is_older(self, commit: str, live: str) -> bool:
        """Whether a commit is an ancestor of the live one; not if either was never fetched."""
        if commit == live:
            return False
        words = ("merge-base", commit, live)
        try:
            return self.git(*words, problem="They have no history in common.").strip() == commit
        except Failed:
            return False

    def check_out(self, commit: str, path: str) -> None:
        """Write the files of a commit below ``path``. Raises Failed for what would be left out."""
        index = {"GIT_INDEX_FILE": os.path.join(self.path, "slipway.index")}
        problem = f"git cannot check out {commit[:7]}."
        work_tree = f"--work-tree={path}"
        self.forget(index["GIT_INDEX_FILE"])  # that of a run that was killed
        try:
            self.git(work_tree, "read-tree", commit, problem=problem, env=index)
            listed = self.git(work_tree, "ls-files", "-s", problem=problem, env=index)
            if re.search(r"^160000 ", listed, re.MULTILINE):
                raise Failed(
                    f"Commit {commit[:7]} has git submodules, which Slipway does not deploy: "
                    "vendor their files into the repository or install them as packages."
                )
            self.git(work_tree, "checkout-index", "--all", "--quiet", problem=problem, env=index)
        finally:
            self.forget(index["GIT_INDEX_FILE"])

    def forget(self, index: str) -> None:
        """Remove an index of ours."""
        with acting_as(self.user):
            for path in filter(os.path.exists, (index, f"{index}.lock")):
                os.unlink(path)

    def paths(self, commit: str) -> list[str]:
        """The paths of all files of a commit."""
        words = ("ls-tree", "-r", "-z", "--name-only", commit)
        return self.git(*words, problem=f"git cannot list {commit[:7]}.").split("\0")
