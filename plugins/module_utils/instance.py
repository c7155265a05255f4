# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where everything of an instance lives on a host: the one place that spells out the layout."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass

SLOTS = ("blue", "green")
# What nginx answers by itself, in a directory for each instance.
SITES = "/etc/slipway/sites"
NAME = re.compile(r"[a-z][a-z0-9_]*")
# useradd refuses names above 32 characters; the web group's name is the longest of ours.
LONGEST_NAME = 32 - len("_web")


class BadInstance(ValueError):
    """The project, environment or root cannot name an instance; the message says what to change."""


@dataclass(frozen=True)
class Instance:
    """A project in an environment, and the names and absolute paths that follow from it.

    ``user`` runs the application, ``web_group`` is what nginx may read: the socket, static and
    media files. Every field is a string.
    """

    project: str
    env: str
    root: str
    name: str
    user: str
    group: str
    web_group: str
    database: str
    home: str
    releases: str
    venvs: str
    slots: str
    current: str
    socket: str
    repo: str
    env_file: str
    keys_file: str
    doppler: str
    history: str
    static: str
    media: str
    logs: str
    log_file: str
    unit: str
    site: str

    def release(self, release_id: str) -> str:
        """Path of a release."""
        return os.path.join(self.releases, release_id)

    def record(self, release_id: str, name: str) -> str:
        """Path of what Slipway keeps about a release: ``release.json``, ``environment`` ..."""
        return os.path.join(self.release(release_id), ".slipway", name)

    def slot(self, slot: str) -> str:
        """Path of the link that names the release of a slot."""
        return os.path.join(self.slots, slot)

    def slot_socket(self, slot: str) -> str:
        """Path of the socket on which a slot listens."""
        return f"/run/{self.name}-{slot}/gunicorn.sock"

    def slot_unit(self, slot: str) -> str:
        """Name of the systemd unit that runs a slot."""
        return f"{self.name}@{slot}.service"

    def as_dict(self) -> dict[str, str]:
        """The fields, for templates."""
        return asdict(self)


def instance(project: str, env: str, root: str = "/var/www") -> Instance:
    """Lay out ``project`` in ``env`` below ``root``.

    Raises BadInstance, whose message names the variable to change.
    """
    require_names(project, env, root)
    name = f"{project}_{env}"
    return Instance(
        project=project,
        env=env,
        root=root,
        name=name,
        user=name,
        group=name,
        web_group=f"{name}_web",
        database=name,
        unit=f"{name}.service",
        static=os.path.join(root, f"staticfiles_{env}"),
        media=os.path.join(root, f"mediafiles_{env}"),
        logs=os.path.join(root, "logs"),
        log_file=os.path.join(root, "logs", f"gunicorn_{env}.log"),
        site=os.path.join(SITES, name),
        **home_of(os.path.join(root, project, env)),
    )


def home_of(home: str) -> dict[str, str]:
    """What stands in the home of an instance."""
    return {
        "home": home,
        "releases": os.path.join(home, "releases"),
        "venvs": os.path.join(home, "venvs"),
        "slots": os.path.join(home, "slots"),
        "current": os.path.join(home, "current"),
        "socket": os.path.join(home, "current.sock"),
        "repo": os.path.join(home, "repo.git"),
        "env_file": os.path.join(home, ".env"),
        "keys_file": os.path.join(home, ".keys"),
        "doppler": os.path.join(home, ".doppler"),
        "history": os.path.join(home, "deploys.jsonl"),
    }


def require_names(project: str, env: str, root: str) -> None:
    """Raise BadInstance for a project, an environment or a root that cannot name an instance."""
    for variable, value in (("slipway_project", project), ("slipway_env", env)):
        if not isinstance(value, str) or not NAME.fullmatch(value):
            raise BadInstance(
                f"{variable} is {value!r}: it names a system user and a database, so it must start "
                "with a lower-case letter and hold only lower-case letters, digits and underscores."
            )
    name = f"{project}_{env}"
    if len(name) > LONGEST_NAME:
        raise BadInstance(
            f"slipway_project and slipway_env make {name!r}, {len(name)} characters long: "
            f"system users bear that name, so shorten one to {LONGEST_NAME} characters in all."
        )
    if not isinstance(root, str) or not os.path.isabs(root) or os.path.normpath(root) != root:
        raise BadInstance(
            f"slipway_root is {root!r}: it must be an absolute path such as /var/www."
        )
