# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which environment variables a settings module reads, by its source: nothing of it is run.

Known are os.environ and os.getenv, django-environ, environs, python-decouple, dj-database-url, and
functions of the settings themselves that wrap these; not pydantic-settings. Modules that are
imported are followed as far as ``source_of`` has them, which gets a module's name with dots and
gives its path and its text.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.slipway.django.plugins.module_utils.reading_levels import Reads
from ansible_collections.slipway.django.plugins.module_utils.reading_modules import (
    Program,
    SourceOf,
)


def of_settings(module: str, source_of: SourceOf) -> Reads:
    """The variables that importing a settings module reads."""
    return of_modules([module], source_of)


def of_modules(names: Iterable[str], source_of: SourceOf) -> Reads:
    """The variables that importing several modules reads."""
    program = Program(source_of)
    for name in names:
        program.load(name, always=True)
    return program.reads
