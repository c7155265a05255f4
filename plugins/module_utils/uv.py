# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""uv on a host, which finds interpreters and installs packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.slipway.django.plugins.module_utils.programs import run

# The words that install packages into an environment, ready to run.
INSTALL = ("pip", "install", "--quiet", "--compile-bytecode")


@dataclass(frozen=True)
class Uv:
    """uv as ``user`` runs it on this host; ``settings`` are its own environment variables."""

    program: str
    user: str
    settings: Mapping[str, str]

    def __call__(self, *words: str, problem: str, cwd: str = "/", **env: str) -> str:
        settings = {"UV_NO_PROGRESS": "1", **self.settings, **env}
        return run(
            [self.program, *words],
            problem=problem,
            user=self.user,
            cwd=cwd,
            env=settings,
            timeout=1800,
        )
