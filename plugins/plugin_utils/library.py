# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's own modules as a library that stands on a host, compiled once.

A module that Ansible packs is compiled anew in every task, with all that it imports: half a second
of a host's time before it does anything (docs/decisions/0007-modules-from-a-library.md).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
from functools import lru_cache
from pathlib import Path

COLLECTION = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections/slipway/django"
HOME = "/usr/local/lib/slipway"
# They read standard input: nothing of a task stands in their arguments.
PROGRAM = """\
#!/usr/bin/python3 -I
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ansible_collections.slipway.django.plugins.module_utils import entry
entry.%s
"""
MAIN = "main.py"
# The same for who may become root for a deploy alone (module_utils/admission.py).
DEPLOY = "deploy"
# What follows logs; its argument is what it is asked for, which is no secret.
FOLLOW = "follow"
CALLS = {MAIN: "main(limited=False)", DEPLOY: "main(limited=True)", FOLLOW: "follow()"}
# Argument 1 is the directory; the archive comes in base64. Who comes second finds it there.
UNPACK = """\
import base64, compileall, io, os, shutil, sys, tarfile
home = sys.argv[1]
half = "%s.%d" % (home, os.getpid())
os.umask(0o022)
os.makedirs(half)
with tarfile.open(fileobj=io.BytesIO(base64.b64decode(sys.stdin.read()))) as archive:
    archive.extractall(half)
compileall.compile_dir(half, quiet=2)
# After a power cut it stands whole or not at all.
os.sync()
try:
    os.rename(half, home)
except OSError:
    shutil.rmtree(half)
"""


def files() -> dict[str, bytes]:
    """The library's files by name."""
    folders = [COLLECTION / "plugins" / kind for kind in ("module_utils", "modules")]
    paths = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    found = {f"{PACKAGE}/{path.relative_to(COLLECTION)}": path.read_bytes() for path in paths}
    programs = {name: (PROGRAM % call).encode() for name, call in CALLS.items()}
    return {**programs, **found}


@lru_cache(maxsize=1)
def directory() -> str:
    """Where the library of this version stands on a host."""
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(name.encode() + b"\0" + content)
    return f"{HOME}/{digest.hexdigest()[:16]}"


def archive() -> str:
    """The library as a tar file in base64, the same for the same files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files().items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755 if name in CALLS else 0o644
            tar.addfile(entry, io.BytesIO(content))
    # tarfile itself would write the time of day into it.
    return base64.b64encode(gzip.compress(packed.getvalue(), mtime=0)).decode()
