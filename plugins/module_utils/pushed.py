# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mirror that does not fetch: the controller brings what it lacks, in one pack."""

from __future__ import annotations

import base64
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from glob import glob
from typing import IO, Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import remote
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.programs import acting_as
from ansible_collections.slipway.django.plugins.module_utils.source import Commit, Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

# Instead of a pack: it follows the arguments on standard input.
FOLLOWS = "-"
BROKEN = "What the controller pushed is not whole: deploy again."


@dataclass(frozen=True)
class Pushed(Mirror):
    """A mirror that gets ``commit`` under the name ``ref``; ``pack`` holds what it lacks of it.

    An empty ``ref`` is a commit that was named by its hash, or is just what was checked out.
    ``note`` is what there is to say of the checkout.
    """

    commit: str = ""
    ref: str = ""
    pack: str = ""
    note: str = ""

    @property
    def step(self) -> str:
        """What it is called to bring it up to date."""
        return "push"

    def lacks(self) -> Optional[list[str]]:
        """Objects with all that they need that it has, where it lacks the commit and gets none."""
        if self.pack or self.has():
            return None
        try:
            words = ("show-ref", "--head", "--hash")
            return sorted(set(self.git(*words, problem="It is empty.").split()))
        except Failed:
            return []

    def has(self) -> bool:
        """Whether the commit is there."""
        with suppress(Failed):
            self.git("cat-file", "-e", f"{self.commit}^{{commit}}", problem="It is not there.")
            return True
        return False

    def fetch(self) -> None:
        """Take the pack in, and give the commit its name. Raises Failed for half a history."""
        self.ensure()
        if self.pack:
            self.take_in()
        history = ("rev-list", "--objects", "--quiet", self.commit)
        self.git(*history, "--not", "--all", "--alternate-refs", problem=BROKEN)
        if self.ref:
            self.make_way()
            self.git("update-ref", self.ref, self.commit, problem=f"git cannot set {self.ref}.")
        # Whatever else it is called, it is not to be taken for garbage.
        words = ("update-ref", "--no-deref", "HEAD", self.commit)
        self.git(*words, problem="git cannot set HEAD.")
        self.git("gc", "--auto", "--quiet", problem="git cannot tidy the mirror up.")

    def take_in(self) -> None:
        """Add the pack; of half a one, now or by a run that was killed, nothing remains."""
        try:
            with self.opened() as pack:
                words = ("index-pack", "--stdin", "--fix-thin")
                self.git(*words, problem=BROKEN, stdin=pack)
        finally:
            with acting_as(self.user):
                for left in glob(os.path.join(self.path, "objects", "pack", "tmp_*")):
                    os.unlink(left)

    def opened(self) -> IO[bytes]:
        """The pack in a file without a name, which goes with us whatever happens."""
        file = tempfile.TemporaryFile(dir="/var/tmp")  # noqa: SIM115 - who asked closes it
        if self.pack == FOLLOWS:
            shutil.copyfileobj(sys.stdin.buffer, file)
        else:
            file.write(base64.b64decode(self.pack))
        file.seek(0)
        return file

    def make_way(self) -> None:
        """Remove names that are in the way: a/b and a cannot both be branches."""
        kind = "/".join(self.ref.split("/")[:2])
        names = [f"{kind}/{name}" for name in self.refs()[kind.rpartition("/")[2]]]
        for name in names:
            if name.startswith(f"{self.ref}/") or self.ref.startswith(f"{name}/"):
                self.git("update-ref", "-d", name, problem=f"git cannot remove {name}.")

    def resolve(self, version: str) -> Commit:
        """The commit that was pushed: the controller has looked up what it is called."""
        return self.describe(self.commit)


def mirror_of(instance: Instance, params: dict[str, Any]) -> Mirror:
    """The mirror of an instance, as it gets its commits. Raises Failed for what cannot be."""
    builder = params["builder"]
    if params["source"] == "push":
        pushed = params["pushed"]
        if not pushed:
            raise Failed("Only the controller can push: run module build as a task of its own.")
        return Pushed(instance.repo, params["checkout"], builder, **pushed)
    if not params["repository"]:
        raise Failed("django_repository must be set, or django_source be push.")
    given = {
        "token": params["repository_token"],
        "key": params["deploy_key"],
        "host_keys": params["repository_host_keys"],
    }
    for sentence in remote.objections(params["repository"], given):
        raise Failed(sentence)
    access = remote.Access(name=params["repository_user"], **given)
    return Mirror(instance.repo, params["repository"], builder, access)
