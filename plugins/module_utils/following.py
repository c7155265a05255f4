# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commit that the next deploy would release, looked at without a deploy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.pushed import mirror_of
from ansible_collections.slipway.django.plugins.module_utils.source import Commit, Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed


@contextmanager
def following(instance: Instance, params: dict[str, Any]) -> Iterator[tuple[Mirror, Commit]]:
    """The commit that would be released, and a mirror that has it. Raises Failed."""
    if params["source"] == "push":
        mirror = Mirror(instance.repo, params["checkout"], params["builder"])
        try:
            commit = mirror.describe("HEAD")
        except Failed as failure:
            raise Failed(
                f"Nothing was pushed to {instance.name} yet: `invoke deploy {instance.env} "
                "--check` says what it needs."
            ) from failure
        yield mirror, commit
        return
    with mirror_of(instance, params).preview() as mirror:
        mirror.fetch()
        yield mirror, mirror.resolve(params["version"])
