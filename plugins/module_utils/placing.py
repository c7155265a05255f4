# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A directory, a file or a symbolic link as it should be on a host."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils.files import link, write
from ansible_collections.slipway.django.plugins.module_utils.programs import acting_as, run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

Kind = tuple[str, Callable[[int], bool], str]
DIRECTORY: Kind = ("directory", stat.S_ISDIR, "0755")
FILE: Kind = ("file", stat.S_ISREG, "0644")
LINK: Kind = ("symbolic link", stat.S_ISLNK, "")


def name_of(found: os.stat_result) -> str:
    """Owner and group of what was found, as numbers where they have no name."""
    try:
        owner = pwd.getpwuid(found.st_uid).pw_name
        return f"{owner}:{grp.getgrgid(found.st_gid).gr_name}"
    except KeyError:
        return f"{found.st_uid}:{found.st_gid}"


def own(path: str, owner: tuple[int, int], bits: int) -> None:
    """Give what is there to a user and a group, with a mode."""
    os.chown(path, *owner)
    os.chmod(path, bits)


@dataclass
class Wanted:
    """What should be at a path: a file where there is ``content``, a link where there is ``link``,
    else a directory. ``once`` leaves the text of a file that is there; ``validate`` is a command
    with %s in the place of the file's path. ``as_owner`` is for a place that its owner may change
    meanwhile: nothing is done there that the owner could not do.
    """

    path: str
    owner: str = "root"
    group: str = "root"
    mode: Optional[str] = None
    content: Optional[str] = None
    once: bool = False
    validate: Optional[str] = None
    link: Optional[str] = None
    as_owner: bool = False

    @property
    def kind(self) -> Kind:
        """What it should be: its word, what tells it from others, and its mode if none is said."""
        if self.link is not None:
            return LINK
        return DIRECTORY if self.content is None else FILE

    def rights(self) -> AbstractContextManager[None]:
        """With whose rights it is looked at and made; a dry run may meet an owner who is not."""
        try:
            pwd.getpwnam(self.owner)
        except KeyError:
            return nullcontext()
        return acting_as(self.owner) if self.as_owner else nullcontext()

    @property
    def bits(self) -> int:
        """Its mode as a number."""
        return int(self.mode or self.kind[2] or "0", 8)

    def found(self) -> Optional[os.stat_result]:
        """What is there. Raises Failed where that is of another kind: nothing is replaced."""
        word, is_kind, _mode = self.kind
        if not os.path.lexists(self.path):
            return None
        # Where a directory or file should be, a link that leads to one was somebody's decision.
        there = os.lstat(self.path)
        if word != LINK[0] and stat.S_ISLNK(there.st_mode) and os.path.exists(self.path):
            there = os.stat(self.path)
        if not is_kind(there.st_mode):
            raise Failed(f"{self.path} should be a {word} and is something else: move it away.")
        return there

    def text(self) -> str:
        """The text of the file that is there, empty where there is none."""
        if not os.path.isfile(self.path):
            return ""
        # As it is: Python would take the carriage returns out.
        with open(self.path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()

    def writes(self) -> bool:
        """Whether a file's text is not there as it should be."""
        if not os.path.exists(self.path):
            return True
        return not self.once and self.text() != self.content

    def ids(self) -> tuple[int, int]:
        """Numbers of its owner and group. Raises KeyError where there is no such."""
        return pwd.getpwnam(self.owner).pw_uid, grp.getgrnam(self.group).gr_gid

    def is_right(self) -> bool:
        """Whether it is there as it should be. Raises Failed where something else is."""
        found = self.found()
        if found is None:
            return False
        if self.link is not None:
            return os.readlink(self.path) == self.link
        try:
            owner = self.ids()
        except KeyError:  # a user whom this run would make, in check mode
            return False
        as_wanted = (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (*owner, self.bits)
        return as_wanted and (self.content is None or not self.writes())

    def diff(self) -> dict[str, str]:
        """What Ansible shows of the change: two texts, or whose it is and was."""
        if self.content is not None and self.writes():
            before, after = self.text(), self.content
        else:
            before, after = self.access(), f"{self.owner}:{self.group} {self.bits:04o}\n"
            if self.link is not None:
                after = f"to {self.link}\n"
        headers = {"before_header": self.path, "after_header": self.path}
        return {"before": before, "after": after, **headers}

    def access(self) -> str:
        """Whose the thing is that is there, or where it leads to; empty where there is none."""
        found = self.found()
        if found is None:
            return ""
        if self.link is not None:
            return f"to {os.readlink(self.path)}\n"
        return f"{name_of(found)} {stat.S_IMODE(found.st_mode):04o}\n"

    def make(self) -> None:
        """Make it, or put it right. Raises Failed."""
        try:
            if self.link is not None:
                link(self.link, self.path)
                return
            if self.content is None:
                os.makedirs(self.path, mode=0o700, exist_ok=True)
            elif self.writes():
                self.check()
                write(os.path.realpath(self.path), self.content, self.bits, self.ids())
            own(self.path, self.ids(), self.bits)
        except (OSError, KeyError) as error:
            raise Failed(f"{self.path} cannot be made: {error}.") from error

    def way_back(self) -> Callable[[], None]:
        """What puts back the file or the link that is there now, or removes a new one; a directory
        stays. Raises Failed where something else is there."""
        there, path = self.found(), self.path
        if self.kind is DIRECTORY:
            return lambda: None
        if there is None:
            return lambda: os.unlink(path)
        if self.link is not None:
            return partial(link, os.readlink(path), path)
        owner, bits = (there.st_uid, there.st_gid), stat.S_IMODE(there.st_mode)
        if not self.writes():
            return partial(own, path, owner, bits)
        return partial(write, os.path.realpath(path), self.text(), bits, owner)

    def check(self) -> None:
        """Ask the validating command about the text. Raises Failed with what it says."""
        if self.validate is None:
            return
        with tempfile.TemporaryDirectory(prefix="slipway-") as scratch:
            copy = os.path.join(scratch, os.path.basename(self.path))
            write(copy, self.content or "", 0o600)
            command = [word.replace("%s", copy) for word in shlex.split(self.validate)]
            run(command, problem=f"{self.path} would not be right, so it stays as it is.")
