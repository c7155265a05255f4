# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``.env`` and ``.keys`` in an instance's home: written by Slipway, or edited by people."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils import dotenv, environment, releases
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.layers import (
    FROM_ENV,
    FROM_KEYS,
    MADE,
    SLIPWAY,
    Layer,
    merged,
    sources,
)
from ansible_collections.slipway.django.plugins.module_utils.placing import Wanted
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

OURS = "# Slipway writes this file: what is changed here is lost at a deploy (docs/secrets.md).\n"
OWN = "# Of Slipway's own making: "
YOURS = "# Yours to edit: Slipway reads this file at each deploy (docs/secrets.md).\n"
# Of a release: the source of each of its variables. Releases of before these lines have none.
SOURCES = "sources.json"


def paths(instance: Instance) -> tuple[str, str]:
    """The two files, the one that people may read first."""
    return instance.env_file, instance.keys_file


def placed(instance: Instance, texts: Iterable[str], once: Collection[str] = ()) -> list[Wanted]:
    """The two files with these texts, as they should be; those of ``once`` keep what they have."""
    access = (("0640", instance.group), ("0600", "root"))
    return [
        Wanted(path, group=group, mode=mode, content=text, once=path in once)
        for path, text, (mode, group) in zip(paths(instance), texts, access)
    ]


def of_old(instance: Instance) -> bool:
    """Whether the files may be Slipway's though they do not say so, as it wrote them once."""
    live = releases.live(instance)
    return live is not None and not os.path.exists(instance.record(live, SOURCES))


def is_ours(instance: Instance, text: str) -> bool:
    """Whether Slipway wrote a file with this text, and people have not taken it over."""
    return text.startswith(OURS) or (of_old(instance) and not text.startswith(YOURS))


@dataclass(frozen=True)
class Ours:
    """Slipway writes them."""

    instance: Instance

    @property
    def seal(self) -> str:
        """Nothing, for a release keeps all of its variables."""
        return ""

    def layers(self, _own: Collection[str], _given: Collection[str]) -> list[Layer]:
        """What they add: nothing."""
        return []

    def wanted(self, layers: list[Layer]) -> list[Wanted]:
        """The files as these variables make them."""
        here = [layer for layer in layers if not layer.elsewhere]
        halves = [[layer for layer in here if layer.secret is secret] for secret in (False, True)]
        return placed(self.instance, map(rendered, halves))

    def require_right(self, layers: list[Layer]) -> None:
        """Raise Failed where people wrote what would be lost."""
        now = merged(layers)
        for path in paths(self.instance):
            text = dotenv.text_of(path)
            if is_ours(self.instance, text):
                continue
            there = dotenv.parse(text, path)
            lost = [name for name in there if now.get(name) != there[name]]
            if lost:
                raise Failed(
                    f"{path} was edited by people and would be written over: take "
                    f"{', '.join(lost)} into django_environment or django_secrets with the same "
                    "value, or out of the file, or set django_secrets_backend: env_file."
                )


def rendered(layers: list[Layer]) -> str:
    """The text of a file that Slipway writes."""
    own = sorted(name for name, source in sources(layers).items() if source == SLIPWAY)
    return f"{OURS}{OWN}{' '.join(own)}\n{environment.render(merged(layers))}"


class Yours:
    """People edit them, and Slipway reads them; at first it takes its own things out."""

    # A release keeps all of its variables.
    seal = ""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        # By path, as they were read and as they are to be.
        self.found: dict[str, str] = {}
        self.texts: dict[str, str] = {}

    def layers(self, own: Collection[str], given: Collection[str]) -> list[Layer]:
        """What stands in them."""
        layers = []
        for path, source in zip(paths(self.instance), (FROM_ENV, FROM_KEYS)):
            there = dotenv.text_of(path)
            text = self.left_of(there, path, own, given)
            self.found[path], self.texts[path] = there, text
            layers.append(Layer(source, dotenv.parse(text, path), source == FROM_KEYS))
        return layers

    def left_of(self, text: str, path: str, own: Collection[str], given: Collection[str]) -> str:
        """A file without what Slipway set itself and what the inventory says, if it wrote it."""
        if text and not is_ours(self.instance, text):
            return text
        # Somebody may have cut the second line off.
        if text.startswith(OURS + OWN):
            own = text[len(OURS + OWN) :].partition("\n")[0].split()
        found = dotenv.parse(text, path)
        left = {name: found[name] for name in found if name not in {*own, *given}}
        return YOURS + environment.render(left)

    def wanted(self, layers: list[Layer]) -> list[Wanted]:
        """The files as they are, with the secrets at the end that the server made."""
        readable, secret = (self.texts[path] for path in paths(self.instance))
        made = environment.render(merged(layer for layer in layers if layer.source == MADE))
        if made:
            secret += made if secret.endswith("\n") else f"\n{made}"
        # What stays is never written, for somebody may be at it just now.
        stays = [path for path, text in self.texts.items() if text == self.found[path]]
        once = [path for path in stays if not (made and path == self.instance.keys_file)]
        return placed(self.instance, (readable, secret), once)

    def require_right(self, layers: list[Layer]) -> None:
        """Raise Failed where people wrote, since the files were read, what would be lost."""
        for file in self.wanted(layers):
            if not file.once and file.text() not in (self.found[file.path], file.content):
                raise Failed(f"{file.path} was edited meanwhile: deploy again.")
