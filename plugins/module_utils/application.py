# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where in a release the application lies: the directory of manage.py, in which it runs.

Each release keeps it as a link, for a later one may have it elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

# The link in the release's own directory.
LINK = "app"
MODULE = "DJANGO_SETTINGS_MODULE"
# What an inventory's own settings become, beside manage.py.
SETTINGS = "slipway_settings"
# How deep manage.py is looked for, to name its directory.
DEPTH = 3


def require(release: str, path: str) -> str:
    """The application's directory in a release, ``.`` for its own. Raises Failed."""
    inside = os.path.normpath(path or ".")
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


def settings_text(environment: Mapping[str, object], override: str) -> str:
    """The module that takes the place of the settings; empty where nothing is overridden.

    Raises Failed where the override is not Python.
    """
    if not override.strip():
        return ""
    try:
        compile(override, "django_settings_override", "exec")
    except (SyntaxError, ValueError) as error:
        reason = getattr(error, "msg", error)
        raise Failed(f"django_settings_override is not Python: {reason}.", str(error)) from error
    return f"from {environment.get(MODULE, 'settings')} import *  # noqa\n\n{override}"


def naming(environment: Mapping[str, object], settings: str) -> Mapping[str, object]:
    """The variables with the module that was made, if one was."""
    return {**environment, MODULE: SETTINGS} if settings else environment


def write_settings(directory: str, text: str, named: str) -> None:
    """Write the module beside manage.py; ``named`` is the one that processes will use.

    Raises Failed where it would not be read, or hide a file.
    """
    path = os.path.join(directory, f"{SETTINGS}.py")
    if os.path.lexists(path):
        raise Failed(f"The repository holds {SETTINGS}.py, which is Slipway's: remove it there.")
    if named != SETTINGS:
        raise Failed(
            f"A secret sets {MODULE} to {named}, so django_settings_override would not be read: "
            "name the application's own module with django_settings_module instead."
        )
    write(path, text)
