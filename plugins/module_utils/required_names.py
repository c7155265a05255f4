# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment variables that a commit needs, and which of them would have no value.

They are named by the settings, which read them without a default, by the example of an environment
file, and by hand-off notes that the live release has not had.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ansible_collections.slipway.django.plugins.module_utils import handoffs, variable_reads
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.locks import upwards
from ansible_collections.slipway.django.plugins.module_utils.reading_levels import (
    OPTIONAL,
    REQUIRED,
    Reads,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.telling import number

EXAMPLES = (".env.example", ".env.sample", ".env.template", "env.example", ".env.dist")
LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*
    ("(?:[^"\\]|\\.)*"(?=[ \t]*(?:\#.*)?$)|'[^']*'(?=[ \t]*(?:\#.*)?$)|[^\r\n]*)""",
    re.MULTILINE | re.VERBOSE,
)
# A process has these by itself.
OWN = {"PATH", "HOME", "USER", "LOGNAME", "LANG"}
# What only containers and their tools read, and no application: COMPOSE_PROJECT_NAME.
TOOLS = ("COMPOSE_*", "DOCKER_*", "PYTHON*")
# The official images of databases take these from a file that is given to them whole.
IMAGES = ("POSTGRES_*", "PG*", "MYSQL_*", "MARIADB_*", "REDIS_*", "RABBITMQ_*", "MINIO_*")
DOCUMENTS = (".md", ".rst", ".txt", ".adoc")
NOT_CODE = re.compile(r"\.?env\b|.*\.env$")
# Other code that reads a variable is looked at, as long as it is little.
READERS = 20


@dataclass(frozen=True)
class Wanted:
    """Whose variables are asked for: the settings module, the environment, the live commit."""

    settings: str
    env: str
    live: str


def needs(code: Committed, wanted: Wanted) -> dict[str, str]:
    """The variables that a commit needs, each with who says so."""
    reads = variable_reads.of_settings(wanted.settings, code.module)
    found = noted(code, wanted)
    found.update(exampled(code, reads))
    for name, read in reads.at(REQUIRED).items():
        found[name] = f"{read.path} line {read.line} reads it"
    given = set(brought(code, reads))
    return {name: found[name] for name in sorted(found) if name not in given}


def missing(
    needed: Mapping[str, str], variables: Mapping[str, str], optional: Iterable[str]
) -> dict[str, str]:
    """Those of them that have no value, but for what the application can do without."""
    patterns = list(optional)
    return {
        name: why
        for name, why in needed.items()
        if not variables.get(name, "").strip()
        # A secret that lies in a file, as containers are given them.
        and not variables.get(f"{name}_FILE")
        and name not in OWN
        and not any(fnmatchcase(name, pattern) for pattern in patterns)
    }


def require(lacking: Mapping[str, str], env: str) -> None:
    """Raise Failed with all of them, if there are any."""
    if lacking:
        several = len(lacking) > 1
        raise Failed(
            f"{number(len(lacking), 'environment variable')} that the release needs "
            f"{'have' if several else 'has'} no value: set {'each' if several else 'it'} with "
            f"`invoke env.set {env} NAME`, or in django_environment or django_secrets, or let "
            "django_optional_variables name what the application can do without.",
            "\n".join(f"{name}: {why}" for name, why in lacking.items()),
        )


def assigned(text: str) -> dict[str, str]:
    """The variables that an environment file names, with their values."""
    found = {}
    for name, value in LINE.findall(text):
        bare = value if value[:1] in ("'", '"') else re.sub(r"(^|\s)#.*", "", value)
        found[name] = bare.strip().strip("\"'")
    return found


def brought(code: Committed, reads: Reads) -> dict[str, str]:
    """The variables that the settings take from files of the repository, and their values."""
    places = {place for path in reads.paths for place in upwards(os.path.dirname(path))}
    places.update(upwards(code.place))
    found: dict[str, str] = {}
    for path in sorted(os.path.join(place, end) for place in places for end in reads.files):
        found.update(assigned(code.text(path)))
    return {name: value for name, value in found.items() if value}


def exampled(code: Committed, reads: Reads) -> dict[str, str]:
    """The variables that the example names, but for those of somebody else."""
    path = code.nearest(EXAMPLES)
    named = set(assigned(code.text(path)))
    unread = named - set(reads.names)
    read = {name for name in named - unread if reads.level(name) != OPTIONAL}
    wanted = read | (unread - strangers(code, unread) if unread else set())
    return dict.fromkeys(wanted, f"{path} names it")


def strangers(code: Committed, names: set[str]) -> set[str]:
    """Those of the names that the settings do not read and the application can do without.

    Only files of other programs mention them, such as compose.yml, or code that has a default.
    """
    python: dict[str, set[str]] = {}
    others: set[str] = set()
    for path, name in code.mentions(sorted(names)):
        if path.endswith(".py"):
            python.setdefault(name, set()).add(path)
        elif not path.endswith(DOCUMENTS) and not NOT_CODE.match(os.path.basename(path)):
            others.add(name)
    tools = {name for name in names if any(fnmatchcase(name, one) for one in TOOLS)}
    images = {name for name in names if any(fnmatchcase(name, one) for one in IMAGES)}
    return ((others | tools | images) - set(python)) | defaulted(code, python)


def defaulted(code: Committed, python: Mapping[str, set[str]]) -> set[str]:
    """Those that code besides the settings reads, and only with a default."""
    paths = sorted(set().union(*python.values()))[:READERS]
    modules = [os.path.relpath(path, code.place or ".")[: -len(".py")] for path in paths]
    names = [module.replace(os.sep, ".") for module in modules if not module.startswith("..")]
    reads = variable_reads.of_modules(names, code.module)
    return {name for name in python if name in reads.names and reads.level(name) == OPTIONAL}


def noted(code: Committed, wanted: Wanted) -> dict[str, str]:
    """The variables that open lines of the hand-off notes name for an environment."""
    found = {}
    for path in handoffs.paths(code.place):
        for line in handoffs.pending(code.mirror, wanted.live, code.commit, path, wanted.env):
            for name in handoffs.variables(line, wanted.env):
                found[name] = f"{path} asks for it"
    return found
