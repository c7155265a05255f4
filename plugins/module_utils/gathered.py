# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is of what lines of hand-off notes speak of: packages, migrations, static files."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Optional
from urllib.parse import quote

from ansible_collections.slipway.django.plugins.module_utils.aging import listed
from ansible_collections.slipway.django.plugins.module_utils.asking import Question
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage
from ansible_collections.slipway.django.plugins.module_utils.promises import Facts, normal
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.telling import number


@dataclass(frozen=True)
class Served:
    """Where static files are asked for: by STATIC_URL, at the ``port`` of nginx on this host."""

    url: str
    question: Question
    port: int


def facts(
    manage: Manage,
    lack: Collection[str],
    kinds: Collection[str],
    served: Optional[Served] = None,
) -> Facts:
    """What lines of these kinds speak of, in the release of ``manage``.

    ``lack`` names variables without a value; one static file is asked for where it is ``served``.
    """
    instance, release = manage.instance, manage.release
    static = None
    if "collectstatic" in kinds:
        static = uncollected(instance, release) or (
            unserved(instance, release, served) if served else ""
        )
    return Facts(
        lack,
        packages(instance, release),
        applied=applied(manage) if "migrations" in kinds else None,
        static=static,
    )


def applied(manage: Manage) -> Optional[list[str]]:
    """The migrations that the database knows as applied; None where it does not answer."""
    try:
        found: list[str] = manage("plan")["recorded"]
    except Failed:
        # Who looks wants to see the rest.
        return None
    return found


def packages(instance: Instance, release: str) -> dict[str, str]:
    """The packages of a release with their versions, by normal name.

    Their metadata lies in directories ``<name>-<version>.dist-info`` (PyPA, recording installed
    projects), in which a name has no hyphen.
    """
    place = os.path.join(instance.release(release), ".venv", "lib*", "python*", "site-packages")
    found = {}
    for path in glob.glob(os.path.join(place, "*.dist-info")):
        name, _hyphen, version = os.path.basename(path)[: -len(".dist-info")].partition("-")
        found[normal(name)] = version
    return found


def static_files(instance: Instance, release: str) -> list[str]:
    """The static files that the pages of a release may name, relative to STATIC_ROOT."""
    names = listed(instance.record(release, "static.json"))
    return sorted(name for name in names if not name.endswith(".json"))


def uncollected(instance: Instance, release: str) -> str:
    """What of a release's static files is not there; empty if all is."""
    wanted = static_files(instance, release)
    missing = [n for n in wanted if not os.path.isfile(os.path.join(instance.static, n))]
    if not missing:
        return ""
    of_all = f"{len(missing)} of {number(len(wanted), 'static file')}"
    return f"{of_all} are not in {instance.static}, {missing[0]} for one"


def unserved(instance: Instance, release: str, served: Served) -> str:
    """What nginx says of one of a release's static files; empty if it gives it."""
    wanted = static_files(instance, release)
    if not wanted or not served.url.startswith("/"):
        return ""
    path = f"{served.url.rstrip('/')}/{quote(wanted[0])}"
    try:
        replace(served.question, path=path, status=200).ask_nginx(served.port)
    except Failed as failure:
        return str(failure)
    return ""
