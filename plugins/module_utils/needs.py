# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a release needs in its database besides migrations: tables of caches, a first superuser.

inside.py takes this file along into the release, so it imports nothing of Slipway. ``manage`` is a
function that runs one of Django's commands.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Optional

PREFIX = "DJANGO_SUPERUSER_"
PASSWORD = f"{PREFIX}PASSWORD"

Manage = Callable[..., None]


def lacking(superuser: dict[str, str]) -> dict[str, Any]:
    """What has to be made besides migrations, in words; or why the superuser cannot be."""
    found = [f"cache table {table}" for _alias, table in cache_tables()]
    if not superuser:
        return {"lacking": found}
    if fault := superuser_fault(superuser):
        return {"lacking": found, "refusal": fault}
    name = superuser_name(superuser)
    return {"lacking": [*found, f"superuser {name}"] if name else found}


def make(manage: Manage, superuser: dict[str, str]) -> list[str]:
    """Apply the migrations that wait and make the rest, in words."""
    # Before the migrations: what they signal may clear a cache.
    made = [f"cache table {table}" for table in make_cache_tables(manage)]
    manage("migrate", "--no-input", "--no-color")
    name = make_superuser(manage, superuser) if superuser else ""
    return [*made, f"superuser {name}"] if name else made


def cache_tables() -> list[tuple[str, str]]:
    """The tables of caches that are not there yet, each with the alias of its database."""
    from django.conf import settings
    from django.core.cache.backends.db import BaseDatabaseCache
    from django.db import connections, router
    from django.utils.module_loading import import_string

    found: list[tuple[str, str]] = []
    for cache in settings.CACHES.values():
        kind: Any = None
        with suppress(ImportError):  # Who uses it says more.
            kind = import_string(cache["BACKEND"])
        if not (isinstance(kind, type) and issubclass(kind, BaseDatabaseCache)):
            continue
        table = cache.get("LOCATION", "")
        model = BaseDatabaseCache(table, {}).cache_model_class
        alias = router.db_for_write(model)
        connection = connections[alias]
        # A router's no is what createcachetable heeds too.
        if (alias, table) in found or not router.allow_migrate_model(alias, model):
            continue
        with connection.cursor() as cursor:
            if table not in connection.introspection.table_names(cursor):
                found.append((alias, table))
    return found


def make_cache_tables(manage: Manage) -> list[str]:
    """Make those tables; their names."""
    missing = cache_tables()
    for alias, table in missing:
        manage("createcachetable", "--no-color", "--database", alias, table)
    return [table for _alias, table in missing]


def superuser_fault(fields: dict[str, str]) -> str:
    """What keeps the user model from having a superuser of these fields; nothing else."""
    from django.apps import apps

    if not apps.is_installed("django.contrib.auth"):
        return (
            "django_superuser is set, but the application has no users of Django's: "
            "django.contrib.auth is not in INSTALLED_APPS. Take django_superuser away."
        )
    from django.contrib.auth import get_user_model

    model = get_user_model()
    wanted = [model.USERNAME_FIELD, *model.REQUIRED_FIELDS]
    missing = [name for name in wanted if not fields.get(name)]
    if not missing:
        return ""
    return (
        f"The user model {model._meta.label} needs {' and '.join(missing)} of a superuser: set "
        f"{', '.join(f'django_superuser.{name}' for name in missing)}."
    )


def superuser_name(fields: dict[str, str]) -> Optional[str]:
    """What the superuser of these fields is known by, unless such a user is there already."""
    from django.contrib.auth import get_user_model
    from django.db import DatabaseError

    model = get_user_model()
    name: str = model.normalize_username(fields[model.USERNAME_FIELD])
    # Managers write names in their own way, such as an address in small letters.
    wanted = {f"{model.USERNAME_FIELD}__iexact": name}
    with suppress(DatabaseError):  # Its table waits for a migration.
        # The default manager may leave out who is not active.
        return None if model._base_manager.filter(**wanted).exists() else name
    return name


def make_superuser(manage: Manage, fields: dict[str, str]) -> str:
    """Make the superuser where there is none of that name, and say the name."""
    name = superuser_name(fields)
    if not name:
        return ""
    # It reads all of them from the environment: the password is there, and may not be an argument.
    given = {f"{PREFIX}{field.upper()}": value for field, value in fields.items()}
    os.environ.update(given)
    manage("createsuperuser", "--no-input", "--no-color")
    for variable in (PASSWORD, *given):
        os.environ.pop(variable, None)
    return name
