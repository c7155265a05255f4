# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The people of a host: whom its instances list, whom Slipway made, and what is to be done."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import logged_in
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

HEAD = "# Written by Slipway, from base_users.\n"
NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
SUDO = "ALL=(ALL:ALL) NOPASSWD: ALL"


@dataclass(frozen=True)
class Person:
    """A person whom an instance lists; ``deploy`` is the user whom the keys let in as too."""

    name: str
    keys: tuple[str, ...]
    sudo: bool = False
    deploy: str = ""

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return {"name": self.name, "keys": self.keys, "sudo": self.sudo, "deploy": self.deploy}


def person_of(entry: Mapping[str, Any]) -> Person:
    """A person as kept, or given with the deploy user's name. Raises Failed."""
    name, keys = entry["name"], tuple(key.strip() for key in entry["keys"])
    if not NAME.fullmatch(name):
        raise Failed(f"base_users: {name!r} is no name for a login.")
    if not keys:
        raise Failed(f"base_users: {name} has no key to come in by: list one, or state: absent.")
    wrong = [key for key in keys if "\n" in key or not logged_in.fingerprint(key)]
    if wrong:
        raise Failed(f"base_users: {name} has a key that is no line of a public key: {wrong[0]}")
    return Person(name, keys, entry["sudo"], entry["deploy"])


def merged(people: Iterable[Person]) -> dict[str, Person]:
    """The people by name; who is listed twice has the keys and rights of both."""
    found: dict[str, Person] = {}
    for person in people:
        known = found.get(person.name, Person(person.name, ()))
        keys = tuple(dict.fromkeys((*known.keys, *person.keys)))
        found[person.name] = Person(person.name, keys, known.sudo or person.sudo)
    return found


def key_file(keys: Iterable[str]) -> str:
    """The text of a file of keys."""
    return HEAD + "".join(f"{key}\n" for key in dict.fromkeys(keys))


def sudoers(people: Iterable[Person]) -> str:
    """The text of the file that says who becomes root."""
    return HEAD + "".join(f"{person.name} {SUDO}\n" for person in people if person.sudo)


def deploy_keys(people: Collection[Person], user: str) -> list[str]:
    """The keys that let in as a deploy user."""
    return [key for person in people if person.deploy == user for key in person.keys]


@dataclass(frozen=True)
class Register:
    """Where a host's people are written down; ``directory`` is Slipway's own below /etc."""

    directory: str
    instance: str

    @property
    def listed(self) -> str:
        """The directory of those that instances list."""
        return os.path.join(self.directory, "people.d")

    @property
    def made_file(self) -> str:
        """The names of those whom Slipway made."""
        return os.path.join(self.directory, "people.json")

    def read(self, path: str) -> Any:
        """What a file holds, nothing where there is none. Raises Failed."""
        if not os.path.exists(path):
            return []
        try:
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError) as error:
            raise Failed(f"{path} cannot be read ({error}): mend or remove it.") from error

    def made(self) -> list[str]:
        """The names of those whom Slipway made. Raises Failed."""
        return list(self.read(self.made_file))

    def path_of(self, instance: str) -> str:
        """Where those are whom an instance lists."""
        return os.path.join(self.listed, f"{instance}.json")

    def lists(self) -> dict[str, list[Person]]:
        """Whom the instances listed, by their names. Raises Failed."""
        names = sorted(os.listdir(self.listed)) if os.path.isdir(self.listed) else []
        instances = [name[:-5] for name in names if name.endswith(".json")]
        return {
            each: [person_of(entry) for entry in self.read(self.path_of(each))]
            for each in instances
        }

    def keep(self, path: str, value: Any) -> None:
        """Write a file of it."""
        os.makedirs(self.listed, mode=0o755, exist_ok=True)
        write(path, json.dumps(value, indent=2) + "\n")
