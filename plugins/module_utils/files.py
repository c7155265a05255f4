# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Links and files that change at once: whoever looks sees the old or the new one."""

from __future__ import annotations

import os


def link(target: str, path: str) -> None:
    """Make ``path`` a symbolic link to ``target``; whoever looks sees the old or the new one."""
    temporary = f"{path}.next"
    if os.path.lexists(temporary):
        os.unlink(temporary)
    os.symlink(target, temporary)
    os.replace(temporary, path)


def write(path: str, text: str, mode: int = 0o644, owner: tuple[int, int] | None = None) -> None:
    """Write a whole file so that a reader sees the old or the new text and never more access."""
    temporary = f"{path}.next"
    if os.path.lexists(temporary):
        os.unlink(temporary)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode(errors="surrogateescape"))
        file.flush()
        os.fsync(file.fileno())
    if owner:
        os.chown(temporary, *owner)
    os.chmod(temporary, mode)
    os.replace(temporary, path)
