# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be done that a host's people are those whom its instances list."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Collection
from functools import partial

from ansible_collections.slipway.django.plugins.module_utils import accounts, logged_in, session
from ansible_collections.slipway.django.plugins.module_utils.people import (
    Person,
    Register,
    deploy_keys,
    key_file,
    merged,
    sudoers,
)
from ansible_collections.slipway.django.plugins.module_utils.placing import Wanted
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

SUDOERS = "/etc/sudoers.d/60-slipway-people"
# sshd reads it beside the first, which is the inventory's own or the first login's.
DEPLOY_KEYS = ".ssh/authorized_keys2"

Deed = tuple[str, Callable[[], None]]


class People:
    """The people of a host, when an instance lists ``own`` and bars those named ``absent``."""

    def __init__(self, register: Register, own: list[Person], absent: Collection[str]) -> None:
        self.register = register
        self.before = register.lists()
        # Who is to be gone is so for every instance.
        self.lists = {
            instance: [person for person in people if person.name not in absent]
            for instance, people in {**self.before, register.instance: own}.items()
        }
        self.all = [person for people in self.lists.values() for person in people]
        self.wanted = merged(self.all)
        self.made = register.made()
        self.absent = absent

    @property
    def leaving(self) -> list[str]:
        """Those whom Slipway made and nobody lists any more."""
        return [name for name in self.made if name not in self.wanted]

    def require(self) -> None:
        """Raise Failed where somebody of others, or this run itself, would be touched."""
        for name in (*self.wanted, *self.absent):
            if name not in self.made and accounts.exists(name):
                raise Failed(
                    f"base_users: there is a user {name} whom Slipway did not make, so it is left "
                    "alone: take another name, or remove that one by hand."
                )
        here = session.current()
        if here and here.login in self.leaving:
            raise Failed(f"base_users: {here.login} runs this, and cannot be removed by it.")
        before = [person for people in self.before.values() for person in people]
        had = {person.name for person in before if person.sudo}
        if here and here.login in had and not self.wanted[here.login].sudo:
            raise Failed(f"base_users: {here.login} runs this, and needs sudo to end it.")
        gone = self.gone_keys()
        if gone and logged_in.is_ours(gone):
            raise Failed("base_users: this run came in by a key that it would take away.")

    def gone_keys(self) -> list[str]:
        """The keys that let somebody in and will not any more."""
        kept = {key for person in self.all for key in person.keys}
        before = [person for people in self.before.values() for person in people]
        return [key for person in before for key in person.keys if key not in kept]

    def deeds(self) -> list[Deed]:
        """What is to be done, in words and as functions, in this order."""
        made = [*self.made, *(name for name in self.wanted if name not in self.made)]
        # Who is made and not written down would be a stranger to the next run.
        noted = [("register", partial(self.register.keep, self.register.made_file, made))]
        return [
            *(noted if made != self.made else []),
            *self.rights(),
            *((f"{name} removed", partial(accounts.remove, name)) for name in self.leaving),
            *(deed for person in self.wanted.values() for deed in self.admitted(person)),
            *self.ends(),
            *self.notes([name for name in made if name in self.wanted], made),
        ]

    def admitted(self, person: Person) -> list[Deed]:
        """What makes a person's login."""
        text, name = key_file(person.keys), person.name
        keys = (f"keys of {name}", partial(accounts.write_keys, name, text))
        if not accounts.exists(name):
            return [(f"{name} made", partial(accounts.make, name)), keys]
        return [keys] if accounts.keys_of(name) != text else []

    def rights(self) -> list[Deed]:
        """What writes who becomes root, and who comes in as a deploy user."""
        check = "/usr/sbin/visudo -cf %s"
        text = sudoers(self.wanted.values())
        files = {"who becomes root": Wanted(SUDOERS, mode="0440", content=text, validate=check)}
        before = [person for people in self.before.values() for person in people]
        for user in sorted({person.deploy for person in (*self.all, *before)} - {""}):
            text = key_file(deploy_keys(self.all, user))
            # In a dry run it may not be made yet.
            home = pwd.getpwnam(user).pw_dir if accounts.exists(user) else f"/home/{user}"
            path = os.path.join(home, DEPLOY_KEYS)
            keys = Wanted(path, user, user, "0600", content=text, as_owner=True)
            files[f"keys of {user}"] = keys
        untouched = not self.made and not self.wanted
        return [
            (words, partial(place, file))
            for words, file in files.items()
            if not untouched and not is_right(file)
        ]

    def ends(self) -> list[Deed]:
        """What ends sessions by keys that are gone."""
        gone = self.gone_keys()
        return [("sessions by keys that are gone", partial(logged_in.end, gone))] if gone else []

    def notes(self, made: list[str], before: list[str]) -> list[Deed]:
        """What writes it all down."""
        keep = self.register.keep
        found: list[Deed] = [
            (
                f"list of {instance}",
                partial(
                    keep, self.register.path_of(instance), [person.plain() for person in people]
                ),
            )
            for instance, people in self.lists.items()
            if people != self.before.get(instance, [])
        ]
        if made != before:
            found.append(("register", partial(keep, self.register.made_file, made)))
        return found


def is_right(wanted: Wanted) -> bool:
    """Whether a file is there as it should be."""
    with wanted.rights():
        return wanted.is_right()


def place(wanted: Wanted) -> None:
    """Write a file. Raises Failed."""
    with wanted.rights():
        wanted.make()
