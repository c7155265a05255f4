"""`ansible-test sanity` for the collection as it is published: `python -m slipway.sanity`.

Words after it go to ansible-test: `--test validate-modules`, or the path of a plugin.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from slipway import state, tools

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
# ansible-test makes environments without pip and fetches pip's bootstrap from the web, unless it
# has it. Python brings a pip of its own, so the package index is all that is needed.
BOOTSTRAP = "import ensurepip\n\nensurepip.bootstrap()\n"
BOOTSTRAP_OF = """
from types import SimpleNamespace
from ansible_test._internal.python_requirements import get_venv_packages
print(get_venv_packages(SimpleNamespace(version={version!r}))["pip"].replace(".", "_"))
"""


def home() -> Path:
    """Return the home directory that ansible-test gets: it keeps what it makes, and only here."""
    path = state.directory() / "sanity"
    cache = path / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    ask = [sys.executable, "-c", BOOTSTRAP_OF.format(version=VERSION)]
    wanted = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    (cache / f"get_pip_{wanted}.py").write_text(BOOTSTRAP)
    return path


def environment() -> dict[str, str]:
    """Return the environment of ansible-test, in which pip finds its user's settings and cache."""
    return {
        "XDG_CONFIG_HOME": str(Path.home() / ".config"),
        "XDG_CACHE_HOME": str(Path.home() / ".cache"),
        **tools.environment(),
        "HOME": str(home()),
    }


def published(place: Path) -> Path:
    """Return the collection's tree as the tarball that is published holds it, below `place`.

    ansible-test refuses a linked tree, and anywhere in the checkout it would ask git for the files.
    """
    build = ["ansible-galaxy", "collection", "build", "--output-path", str(place)]
    tools.run(build, stdout=subprocess.DEVNULL).check_returncode()
    (archive,) = place.glob("*.tar.gz")
    tree = place / "ansible_collections" / "slipway" / "django"
    shutil.unpack_archive(archive, tree)
    return tree


def main(words: Sequence[str]) -> int:
    """Run ansible-test sanity with these words and return its exit code."""
    command = ["ansible-test", "sanity", "--python", VERSION, *words]
    with tempfile.TemporaryDirectory(prefix="slipway-sanity-") as place:
        tree = published(Path(place))
        return subprocess.run(command, cwd=tree, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
