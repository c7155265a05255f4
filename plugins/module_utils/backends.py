# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where an instance's secrets come from besides the inventory: django_secrets_backend."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.slipway.django.plugins.module_utils import environment, kept_files
from ansible_collections.slipway.django.plugins.module_utils.doppler import (
    Doppler,
    settings,
    settings_file,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.layers import DOPPLER, Layer
from ansible_collections.slipway.django.plugins.module_utils.placing import Wanted
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps


class Backend(Protocol):
    """What makes an environment's secrets, and its two files."""

    @property
    def seal(self) -> str:
        """What tells the secrets that no release keeps from others; empty where there are none."""

    def layers(self, own: Collection[str], given: Collection[str]) -> list[Layer]:
        """What it adds to what Slipway sets itself and to what the inventory gave, by name."""

    def wanted(self, layers: list[Layer]) -> list[Wanted]:
        """The files as they should be."""

    def require_right(self, layers: list[Layer]) -> None:
        """Raise Failed where something would be lost."""


@dataclass(frozen=True)
class FromDoppler(kept_files.Ours):
    """Doppler has them; Slipway writes the files."""

    doppler: Doppler
    secrets: dict[str, str]

    @property
    def seal(self) -> str:
        """Of all that the service asks for."""
        return self.doppler.seal(self.secrets) if self.doppler.run else ""

    def layers(self, _own: Collection[str], _given: Collection[str]) -> list[Layer]:
        """What Doppler has."""
        return [Layer(DOPPLER, self.secrets, True, elsewhere=self.doppler.run)]

    def wanted(self, layers: list[Layer]) -> list[Wanted]:
        """The files, and what the service is to ask Doppler with."""
        files = super().wanted(layers)
        if not self.doppler.run:
            return files
        own = Wanted(
            settings_file(self.instance),
            mode="0600",
            content=environment.render(self.doppler.settings),
        )
        return [*files, own]


def of(instance: Instance, params: dict[str, Any], steps: Steps, dry: bool) -> Backend:
    """The backend that the arguments of a module name; Doppler is asked. Raises Failed."""
    if params["backend"] == "env_file":
        return kept_files.Yours(instance)
    if params["backend"] == "vault":
        return kept_files.Ours(instance)
    given = params["doppler"] or {}
    doppler = Doppler(instance, settings(given), given.get("mode") == "run")
    with steps.step("secrets") as step:
        secrets, missed = doppler.download(*(["--fallback-readonly"] if dry else []))
        step["detail"] = f"{len(secrets)} from Doppler"
        if missed:
            step["detail"] = f"{len(secrets)} as kept, for Doppler does not answer: {missed}"
    return FromDoppler(instance, doppler, secrets)
