# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compressed copies of static files, which nginx sends; inside.py takes this file along."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from collections.abc import Iterable

# The manifest storage's names: what a file holds never changes, and neither does its copy.
HASHED = re.compile(r"\.[0-9a-f]{12}\.(css|html|js|json|map|mjs|otf|svg|ttf|txt|wasm|xml)$")
# Below it there is nothing to be saved (gzip_min_length of nginx.conf).
SMALLEST_BYTES = 256
# Slower ones save a hundredth more.
QUALITY = 9


def compress(root: str, names: Iterable[str]) -> None:
    """Lay compressed copies beside those files whose names hold a hash, if they have none yet.

    By gzip, and by Brotli where the host has the command. Raises OSError and CalledProcessError.
    """
    paths = [os.path.join(root, name) for name in sorted(names) if HASHED.search(name)]
    large = [path for path in paths if os.path.isfile(path) and worth(path)]
    for path in without_copy(large, ".gz"):
        with open(path, "rb") as file:
            text = gzip.compress(file.read(), QUALITY, mtime=0)
        with open(f"{path}.next", "wb") as file:
            file.write(text)
        put(path, ".gz")
    left = without_copy(large, ".br") if shutil.which("brotli") else []
    if left:
        options = ["--keep", "--force", f"--quality={QUALITY}", "--suffix=.next", "--"]
        subprocess.run(["brotli", *options, *left], check=True)
        for path in left:
            put(path, ".br")


def worth(path: str) -> bool:
    """Whether a file is large enough."""
    return os.path.getsize(path) >= SMALLEST_BYTES


def without_copy(paths: list[str], ending: str) -> list[str]:
    """The files that have no such copy, of Slipway or of the application's own storage."""
    return [path for path in paths if not os.path.exists(path + ending)]


def put(path: str, ending: str) -> None:
    """Let a file's new copy be there at once, for those who may read the file."""
    shutil.copymode(path, f"{path}.next")
    os.replace(f"{path}.next", path + ending)
