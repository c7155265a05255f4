# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What decides a release besides its commit."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils import locks
from ansible_collections.slipway.django.plugins.module_utils.locks import Lock
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed


@dataclass(frozen=True)
class Recipe:
    """What decides a release besides its commit: where its application lies, and its packages.

    ``python`` is a request as uv takes it (``>=3.12``), ``provider`` who has to meet it.
    ``requirements`` is a file's name or ``auto``, ``server`` the requirement that brings gunicorn
    where the application does not list it, as ``packages`` are brought. ``path`` is the directory
    of manage.py, in which a shell runs ``commands``, and ``settings`` the text of Slipway's module
    there. ``groups`` and ``extras`` are the project's; with ``project`` it is installed too.
    """

    python: str
    requirements: str
    server: str
    path: str = ""
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    unlocked: bool = False
    commands: tuple[str, ...] = ()
    project: bool = False
    settings: str = ""
    provider: str = "auto"

    def plain(self) -> dict[str, object]:
        """It as a release's record has it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }

    def lock(self, release: str) -> Lock:
        """What pins a release's packages. Raises Failed."""
        lock = locks.find(release, self.path, self.requirements, self.unlocked)
        if not lock.chooses and (self.groups or self.extras):
            raise Failed(
                f"{lock.name} has neither groups nor extras: leave django_dependency_groups and "
                "django_extras empty, or name the file that holds them with django_requirements."
            )
        return lock
