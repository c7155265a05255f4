# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment variables of an instance: what people read, and what each release keeps."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    backends,
    doppler,
    dotenv,
    environment,
    kept_files,
    units,
)
from ansible_collections.slipway.django.plugins.module_utils import layers as kinds
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.layers import Layer, merged
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

RELEASE = "SLIPWAY_RELEASE"
GENERATED_BYTES = 48
NOTHING: Mapping[str, object] = MappingProxyType({})
# Of a release whose service asks Doppler: what tells the secrets that it was made with from others.
SEAL = "doppler"


def read(path: str) -> dict[str, str]:
    """The variables of a file; none where there is no such file. Raises Failed."""
    return dotenv.parse(dotenv.text_of(path), path)


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
        backend: Optional[backends.Backend] = None,
    ) -> None:
        """``generated`` names secrets that are made on the host once and kept in ``.keys``,
        ``defaults`` and ``default_secrets`` are what Slipway sets itself. Raises Failed."""
        self.instance = instance
        self.backend = backend or kept_files.Ours(instance)
        given = [
            Layer(kinds.FROM_ENVIRONMENT, environment.texts(readable), False),
            Layer(kinds.FROM_SECRETS, environment.texts(secret), True),
        ]
        self.layers = [
            Layer(kinds.SLIPWAY, environment.texts(defaults), False),
            Layer(kinds.SLIPWAY, environment.texts(default_secrets), True),
            *given,
            *self.backend.layers({*defaults, *default_secrets}, merged(given)),
        ]
        self.layers.append(self.made(generated))
        self.backend.require_right(self.layers)

    def made(self, generated: Iterable[str]) -> Layer:
        """The secrets that nothing else has: kept ones, else new ones."""
        missing = [name for name in generated if name not in self.sources()]
        kept = read(self.instance.keys_file) if missing else {}
        values = {n: kept.get(n) or secrets.token_urlsafe(GENERATED_BYTES) for n in missing}
        return Layer(kinds.MADE, values, True)

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
        return kinds.sources(self.layers)

    def variables(self, release: str) -> dict[str, str]:
        """What a release keeps for its processes."""
        return {**merged(layer for layer in self.layers if not layer.elsewhere), RELEASE: release}

    def name_settings(self, module: str) -> None:
        """Let Django's processes take another settings module."""
        self.layers.append(Layer(kinds.SLIPWAY, {"DJANGO_SETTINGS_MODULE": module}, False))

    def held(self) -> dict[str, str]:
        """What the processes of a release get, whoever keeps it."""
        return merged(self.layers)

    def equals(self, release: str) -> bool:
        """Whether a release was built with these same variables."""
        return (
            of_release(self.instance, release) == self.variables(release)
            and seal_of(self.instance, release) == self.backend.seal
        )

    def keep(self, dry: bool = False) -> bool:
        """Put ``.env`` and ``.keys`` right; whether they were not. Raises Failed.

        That may be minutes after they were read.
        """
        self.backend.require_right(self.layers)
        wrong = [file for file in self.backend.wanted(self.layers) if not file.is_right()]
        for file in wrong if not dry else []:
            file.make()
        return bool(wrong)

    def write(self, release: str) -> None:
        """Write ``.env``, ``.keys`` and the release's own copy; raises Failed."""
        own = environment.render(self.variables(release))
        self.keep()
        write(self.instance.record(release, "environment"), own, 0o600, (0, 0))
        about = {"sources": self.sources(), "secret": sorted(self.secret)}
        write(self.instance.record(release, kept_files.SOURCES), json.dumps(about))
        if self.backend.seal:
            write(self.instance.record(release, SEAL), self.backend.seal, 0o600, (0, 0))


def of_release(instance: Instance, release: str) -> dict[str, str]:
    """The variables that a release was built with."""
    return read(instance.record(release, "environment"))


def seal_of(instance: Instance, release: str) -> str:
    """The seal of the secrets that the service of a release asks Doppler for; none without it."""
    return dotenv.text_of(instance.record(release, SEAL))


def asked_of(instance: Instance, release: str) -> Optional[doppler.Doppler]:
    """What the service of a release asks for its secrets when it starts, if anything."""
    return doppler.of_service(instance) if seal_of(instance, release) else None


def require_asked(instance: Instance, release: str, slot: str) -> None:
    """Raise Failed where a release wants secrets for which the service of a slot does not ask."""
    if seal_of(instance, release):
        units.renew(instance.slot_unit(slot))
        doppler.require_service(instance, slot)


def around(instance: Instance, release: str, *command: str, own: Collection[str] = ()) -> list[str]:
    """A command in a release as its service is started: within Doppler's CLI or not.

    Doppler has no say in variables ``own``.
    """
    service = asked_of(instance, release)
    return service.around(*command, own=own) if service else list(command)


def given(instance: Instance, release: str) -> dict[str, str]:
    """The environment of such a command."""
    service = asked_of(instance, release)
    return {**of_release(instance, release), **(service.settings if service else {})}


def secrets_of(instance: Instance) -> set[str]:
    """The values of the instance's secrets, of all releases that stand, as far as they are read."""
    found = doppler.remembered(instance)
    with suppress(Failed, OSError):
        found.update(read(instance.keys_file).values())
    for release in os.listdir(instance.releases) if os.path.isdir(instance.releases) else []:
        with suppress(Failed, OSError, ValueError, KeyError):
            with open(instance.record(release, kept_files.SOURCES), encoding="utf-8") as file:
                names = json.load(file)["secret"]
            kept = of_release(instance, release)
            found |= {kept[name] for name in names if name in kept}
    return found
