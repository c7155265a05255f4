# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment variables of an instance: what people read, and what each release keeps."""

from __future__ import annotations

import grp
import secrets
from collections.abc import Iterable, Mapping

from ansible_collections.slipway.django.plugins.module_utils import environment
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance

RELEASE = "SLIPWAY_RELEASE"
GENERATED_BYTES = 48


def read(path: str) -> dict[str, str]:
    """The variables of a file that Slipway wrote; none where there is no such file."""
    try:
        # As it is: Python would take the carriage returns out of a value.
        with open(path, encoding="utf-8", newline="") as file:
            return environment.parse(file.read())
    except FileNotFoundError:
        return {}


class Snapshot:
    """The variables of one moment. Secrets win over what people may read."""

    def __init__(
        self,
        instance: Instance,
        readable: Mapping[str, object],
        secret: Mapping[str, object],
        generated: Iterable[str] = (),
    ) -> None:
        """``generated`` names secrets that are made on the host once and kept in ``.keys``."""
        self.instance = instance
        self.readable = environment.texts(readable)
        self.secret = environment.texts(secret)
        kept = read(instance.keys_file)
        for name in generated:
            if name not in self.readable and name not in self.secret:
                self.secret[name] = kept.get(name) or secrets.token_urlsafe(GENERATED_BYTES)

    def variables(self, release: str) -> dict[str, str]:
        """What the processes of a release get."""
        return {**self.readable, **self.secret, RELEASE: release}

    def equals(self, release: str) -> bool:
        """Whether a release was built with these same variables."""
        return of_release(self.instance, release) == self.variables(release)

    def write(self, release: str) -> None:
        """Write ``.env``, ``.keys`` and the release's own copy; raises BadEnvironment."""
        group = grp.getgrnam(self.instance.group).gr_gid
        own = environment.render(self.variables(release))
        write(self.instance.env_file, environment.render(self.readable), 0o640, (0, group))
        write(self.instance.keys_file, environment.render(self.secret), 0o600, (0, 0))
        write(self.instance.record(release, "environment"), own, 0o600, (0, 0))


def of_release(instance: Instance, release: str) -> dict[str, str]:
    """The variables that a release was built with."""
    return read(instance.record(release, "environment"))
