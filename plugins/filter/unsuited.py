# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter that tells why a host cannot be managed, before anything on it changes."""

from __future__ import annotations

import re
from collections.abc import Callable

from ansible.module_utils import basic
from ansible.release import __version__ as ansible_version

DOCUMENTATION = r"""
name: unsuited
short_description: Why a host is too old to be managed, or another system; empty where it suits
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Judges what a host said of itself before a module can run on it, and gives one sentence with
    the way out.
  - The oldest Python is that of Slipway's modules or of this controller's ansible-core, whichever
    is newer. A host without Python suits, for it is given one.
positional: database
options:
  _input:
    description:
      - The host's C(/etc/os-release), with two lines more, C(PYTHON=3.11) and
        C(POSTGRESQL=13 15), the versions of the servers that are installed.
    type: str
    required: true
  database:
    description: Whether the host is to have the database.
    type: bool
    default: true
"""

EXAMPLES = r"""
why: "{{ 'ID=debian\nVERSION_ID=13\nPYTHON=3.13' | slipway.django.unsuited(database=true) }}"
"""

RETURN = r"""
_value:
  description: A sentence, or nothing.
  type: str
"""

Version = tuple[int, ...]

# The oldest releases, and how one comes there.
OLDEST: dict[str, tuple[Version, str, str]] = {
    "debian": ((12,), "Debian 12", "one release at a time with apt full-upgrade"),
    "ubuntu": ((22, 4), "Ubuntu 22.04", "with do-release-upgrade"),
}
# The PostgreSQL of those that are older.
BROUGHT = {
    **{("debian", "10"): 11, ("debian", "11"): 13},
    **{("ubuntu", "18.04"): 10, ("ubuntu", "20.04"): 12},
}
MODULES_PYTHON: Version = (3, 9)
OLDEST_POSTGRESQL = 14


def version(text: str) -> Version:
    """A version to compare, of what digits a text begins with; empty where there are none."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def oldest_python() -> Version:
    """The oldest Python of a host that our modules and this controller's ansible-core take."""
    return max(MODULES_PYTHON, tuple(getattr(basic, "_PY_MIN", MODULES_PYTHON)))


def fields(said: str) -> dict[str, str]:
    """The assignments of a shell's file."""
    pairs = (line.strip().partition("=") for line in said.splitlines())
    return {name: value.strip("\"'") for name, is_one, value in pairs if is_one}


def system(host: dict[str, str]) -> str:
    """Why the distribution does not do."""
    name = host.get("PRETTY_NAME") or host.get("ID") or "an unknown system"
    oldest = OLDEST.get(host.get("ID", ""))
    if not oldest:
        choice = " or ".join(title for _version, title, _way in OLDEST.values())
        return f"This server runs {name}, and Slipway needs {choice}, or newer: take one with that."
    least, title, way = oldest
    # Debian's unstable has no number.
    if version(host.get("VERSION_ID", "")) >= least or "VERSION_ID" not in host:
        return ""
    postgresql = BROUGHT.get((host["ID"], host["VERSION_ID"]))
    has = [f"Python {host['PYTHON']}"] if host.get("PYTHON") else []
    has += [f"PostgreSQL {postgresql}"] if postgresql else []
    old = f"{name} with its {' and '.join(has)} is" if has else f"{name} is"
    return f"{old} too old: upgrade it to {title} or newer {way}, or take a new server."


def python(host: dict[str, str]) -> str:
    """Why the host's own Python does not do."""
    found, least = version(host.get("PYTHON", "")), oldest_python()
    if not found or found >= least:
        return ""
    needed = ".".join(map(str, least))
    return (
        f"/usr/bin/python3 is {host['PYTHON']} here, and ansible-core {ansible_version} with "
        f"Slipway needs {needed} or newer: upgrade the distribution, or take a new server."
    )


def postgresql(host: dict[str, str]) -> str:
    """Why the newest PostgreSQL that is installed does not do."""
    newest = max(host.get("POSTGRESQL", "").split(), key=version, default="")
    if not newest or version(newest) >= (OLDEST_POSTGRESQL,):
        return ""
    return (
        f"PostgreSQL {newest} is installed here, and Slipway needs {OLDEST_POSTGRESQL} or newer: "
        "install the distribution's package postgresql and move the data with `pg_upgradecluster "
        f"{newest} main`, or keep the database on another host (group db, slipway_database_host)."
    )


def unsuited(said: str, database: bool = True) -> str:
    """Why a host cannot be managed, in one sentence; empty where it can."""
    host = fields(said)
    return system(host) or python(host) or (postgresql(host) if database else "")


class FilterModule:
    """The collection's filter of the same name."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"unsuited": unsuited}
