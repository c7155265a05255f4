# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an inventory says of where the code comes from, held against itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import remote

# What preflight reads of an inventory, and what it is where that says nothing.
VARIABLES: dict[str, Any] = {
    "django_source": "git",
    "django_repository": "",
    "django_repository_host_keys": [],
    "django_repository_token": "",
    "django_deploy_key": "",
    "django_checkout": "",
}


def objections(given: Mapping[str, Any]) -> list[str]:
    """A sentence for each thing that is missing or contradicts another."""
    checkout = str(given["django_checkout"])
    if given["django_source"] == "push":
        return [] if is_place(checkout) else [bad_place(checkout)]
    if checkout:
        return [
            "django_checkout is for django_source: push, and this server fetches from "
            "django_repository by itself: set that, or remove django_checkout."
        ]
    if not given["django_repository"]:
        return ["django_repository must be set: git on the server fetches the application from it."]
    access = {
        "token": given["django_repository_token"],
        "key": given["django_deploy_key"],
        "host_keys": given["django_repository_host_keys"],
    }
    return remote.objections(str(given["django_repository"]), access)


def is_place(path: str) -> bool:
    """Whether a path is one wherever it is read."""
    return os.path.isabs(os.path.expanduser(path))


def bad_place(path: str) -> str:
    """The sentence about a checkout that nobody can find."""
    return (
        f"django_checkout is {path!r}: with django_source: push it must be the absolute path of a "
        "checkout on the machine that runs Ansible."
    )
