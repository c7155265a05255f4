# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a repository has migrations."""

from __future__ import annotations

import re
from collections.abc import Iterable

PATH = re.compile(r"(?P<package>(?:.+/)?(?P<app>[^/]+)/migrations/)(?P<name>[^_~/][^/]*)\.py")


def files(paths: Iterable[str]) -> dict[str, str]:
    """The migrations among the files of a commit: their paths, by ``app.name``.

    By the directory of the app: a label of another name stands in its code alone.
    """
    known = set(paths)
    found = [match for match in map(PATH.fullmatch, sorted(known)) if match]
    # Django looks for migrations in packages alone.
    packages = [match for match in found if f"{match['package']}__init__.py" in known]
    return {f"{match['app']}.{match['name']}": match[0] for match in packages}
