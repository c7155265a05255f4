# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment variables of an instance: what people read, and what each release keeps."""

from __future__ import annotations

import grp
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ansible_collections.slipway.django.plugins.module_utils import environment
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance

RELEASE = "SLIPWAY_RELEASE"
GENERATED_BYTES = 48
SLIPWAY = "Slipway"
FROM_ENVIRONMENT = "django_environment"
FROM_SECRETS = "django_secrets"
MADE = "made on the server"
NOTHING: Mapping[str, object] = MappingProxyType({})


def read(path: str) -> dict[str, str]:
    """The variables of a file that Slipway wrote; none where there is no such file."""
    try:
        # As it is: Python would take the carriage returns out of a value.
        with open(path, encoding="utf-8", newline="") as file:
            return environment.parse(file.read())
    except FileNotFoundError:
        return {}


@dataclass(frozen=True)
class Layer:
    """The variables of one source, which nobody may read where they are ``secret``."""

    source: str
    variables: dict[str, str]
    secret: bool


class Snapshot:
    """The variables of one moment, in layers of which a later one wins."""

    def __init__(
        self,
        instance: Instance,
        readable: Mapping[str, object],
        secret: Mapping[str, object],
        generated: Iterable[str] = (),
        *,
        defaults: Mapping[str, object] = NOTHING,
        default_secrets: Mapping[str, object] = NOTHING,
    ) -> None:
        """``generated`` names secrets that are made on the host once and kept in ``.keys``,
        ``defaults`` and ``default_secrets`` are what Slipway sets itself."""
        self.instance = instance
        self.layers = [
            Layer(SLIPWAY, environment.texts(defaults), False),
            Layer(SLIPWAY, environment.texts(default_secrets), True),
            Layer(FROM_ENVIRONMENT, environment.texts(readable), False),
            Layer(FROM_SECRETS, environment.texts(secret), True),
        ]
        given = self.sources()
        kept = read(instance.keys_file)
        made = {
            name: kept.get(name) or secrets.token_urlsafe(GENERATED_BYTES)
            for name in generated
            if name not in given
        }
        self.layers.append(Layer(MADE, made, True))

    @property
    def readable(self) -> dict[str, str]:
        """What people may read."""
        return merged(layer for layer in self.layers if not layer.secret)

    @property
    def secret(self) -> dict[str, str]:
        """What nobody may read."""
        return merged(layer for layer in self.layers if layer.secret)

    def sources(self) -> dict[str, str]:
        """Where each variable comes from: the source of the layer that wins, by name."""
        return {name: layer.source for layer in self.layers for name in layer.variables}

    def variables(self, release: str) -> dict[str, str]:
        """What the processes of a release get."""
        return {**merged(self.layers), RELEASE: release}

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


def merged(layers: Iterable[Layer]) -> dict[str, str]:
    """The variables of several layers, of which a later one wins."""
    return {name: value for layer in layers for name, value in layer.variables.items()}


def of_release(instance: Instance, release: str) -> dict[str, str]:
    """The variables that a release was built with."""
    return read(instance.record(release, "environment"))
