# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that a repository keeps elsewhere (git LFS): a checkout has only pointers to them."""

from __future__ import annotations

import os

# As every pointer begins, by the specification of git LFS.
POINTER = b"version https://git-lfs.github.com/spec/"
# None is as large.
POINTER_BYTES = 1024


def pointers(directory: str) -> list[str]:
    """The files below a directory that are pointers, by name."""
    found = []
    for place, _folders, names in os.walk(directory):
        paths = [os.path.join(place, name) for name in names]
        found += [os.path.relpath(path, directory) for path in paths if is_pointer(path)]
    return sorted(found)


def is_pointer(path: str) -> bool:
    """Whether a file is one."""
    if os.path.islink(path) or os.path.getsize(path) > POINTER_BYTES:
        return False
    with open(path, "rb") as file:
        return file.read(len(POINTER)) == POINTER
