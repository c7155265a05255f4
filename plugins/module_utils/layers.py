# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Environment variables by their source, in layers of which a later one wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SLIPWAY = "Slipway"
FROM_ENVIRONMENT = "django_environment"
FROM_SECRETS = "django_secrets"
MADE = "made on the server"
FROM_ENV = ".env"
FROM_KEYS = ".keys"
DOPPLER = "Doppler"


@dataclass(frozen=True)
class Layer:
    """The variables of one source, which nobody may read where they are ``secret``.

    ``elsewhere``: a process gets them when it starts, and not from what its release keeps.
    """

    source: str
    variables: dict[str, str]
    secret: bool
    elsewhere: bool = False


def merged(layers: Iterable[Layer]) -> dict[str, str]:
    """The variables of several layers."""
    return {name: value for layer in layers for name, value in layer.variables.items()}


def sources(layers: Iterable[Layer]) -> dict[str, str]:
    """The source of the layer that wins, by name."""
    return {name: layer.source for layer in layers for name in layer.variables}
