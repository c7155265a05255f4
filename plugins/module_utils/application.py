# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where in a release the application lies: the directory of manage.py, in which it runs.

Each release keeps it as a link, for a later one may have it elsewhere.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils.files import link, write
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

# The link in the release's own directory.
LINK = "app"
# What an inventory's own settings become, beside manage.py.
SETTINGS = "slipway_settings"
# How deep manage.py is looked for, to name its directory.
DEPTH = 3


def require(release: str, path: str) -> str:
    """The application's directory in a release, ``.`` for its own. Raises Failed."""
    inside = os.path.normpath((path or ".").replace("\0", "?"))
    whole = os.path.realpath(os.path.join(release, inside))
    if os.path.commonpath([whole, os.path.realpath(release)]) != os.path.realpath(release):
        raise Failed(
            f"django_app_path {path!r} leads out of the repository: name a directory in it."
        )
    if os.path.isfile(os.path.join(whole, "manage.py")):
        return inside
    others = holders(release)
    remedy = f"set django_app_path to {' or '.join(others)}" if others else "commit one"
    place = f"in {path}" if path else "at its root"
    raise Failed(f"The repository has no manage.py {place}: {remedy}.")


def require_link(path: str) -> None:
    """Make the link of a release that was made before releases had one: it lay at the root."""
    if not os.path.lexists(path):
        link("..", path)


def holders(release: str) -> list[str]:
    """The directories of a release that hold a manage.py."""
    found = []
    for directory, folders, files in os.walk(release):
        place = os.path.relpath(directory, release)
        if "manage.py" in files:
            found.append(place)
        deep = place.count(os.sep) + 2 > DEPTH
        folders[:] = [] if deep else sorted(name for name in folders if name[0] != ".")
    return found


@dataclass(frozen=True)
class Settings:
    """The application's own settings module, and the text of the one that takes its place."""

    module: str
    text: str = ""


def overridden(module: str, override: str) -> Settings:
    """The settings, with what an inventory says after them. Raises Failed if it is not Python."""
    if not override.strip():
        return Settings(module)
    text = f"import os\n\nfrom {module} import *  # noqa\n\n{override}"
    try:
        for source in (override, text):
            compile(source, "django_settings_override", "exec")
    except (SyntaxError, ValueError) as error:
        reason = getattr(error, "msg", error)
        raise Failed(f"django_settings_override is not Python: {reason}.", str(error)) from error
    return Settings(module, text)


def write_settings(directory: str, text: str) -> None:
    """Write that module beside manage.py. Raises Failed where it would hide a file."""
    path = os.path.join(directory, f"{SETTINGS}.py")
    if os.path.lexists(path):
        raise Failed(f"The repository holds {SETTINGS}.py, which is Slipway's: remove it there.")
    write(path, text)
