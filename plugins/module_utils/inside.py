# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs inside a release, by its own Python and as its user: several commands, Django booted once.

managing.py sends this file, after those that it imports of Slipway, to the interpreter's standard
input, and the steps to take as its one argument, in JSON. After each step a line that starts with
MARK tells what came of it; every other line is what the application said.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.aging import age, listed, touch
from ansible_collections.slipway.django.plugins.module_utils.compressing import compress
from ansible_collections.slipway.django.plugins.module_utils.needs import lacking, make
from ansible_collections.slipway.django.plugins.module_utils.own_settings import facts
from ansible_collections.slipway.django.plugins.module_utils.serving import mismatches, plain

MARK = "\x1e"
MANIFEST = "staticfiles.json"
# As it was before manage.py ran.
NAMED = os.environ.get("DJANGO_SETTINGS_MODULE", "")
OTHER_SETTINGS = (
    "manage.py sets DJANGO_SETTINGS_MODULE to {used}, whatever it was before, which is {named}: "
    "let it use os.environ.setdefault, or set django_settings_module: {used} and no override."
)
DAY_SECONDS = 86400


def manage(*words: str) -> None:
    """What ``python manage.py words`` does, whatever the application's manage.py is."""
    sys.argv = ["manage.py", *words]
    try:
        runpy.run_path("manage.py", run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise


def boot() -> None:
    """Set Django up as manage.py does, which may do more than name the settings."""
    from django.apps import apps

    if not apps.ready:
        manage("version")


def check() -> dict[str, Any]:
    """Django's own checks, and the ids and words of what they warn of."""
    from django.core import checks

    run_checks = checks.run_checks
    found: list[Any] = []

    def heard(*words: Any, **options: Any) -> list[Any]:
        found[:] = run_checks(*words, **options)
        return list(found)

    checks.run_checks = heard
    manage("check", "--deploy", "--fail-level", "ERROR")
    checks.run_checks = run_checks
    wanted = [one for one in found if checks.WARNING <= one.level < checks.ERROR]
    warned = [(one.id or "", str(one.msg)) for one in wanted if not one.is_silenced()]
    return {"warned": warned}


def settings(**served: Any) -> dict[str, Any]:
    """What in the settings is not as the host serves it."""
    from django.conf import settings as own

    boot()
    used = getattr(own, "SETTINGS_MODULE", NAMED)
    if used != NAMED:
        return {"mismatches": [OTHER_SETTINGS.format(used=used, named=NAMED)], "unchecked": []}
    found = facts(plain(served["hostnames"]), served["scheme"])
    return {"mismatches": mismatches(found, served), "unchecked": served["unchecked"]}


def plan(superuser: dict[str, str]) -> dict[str, Any]:
    """The migrations that wait, in order, and those that code or database know, as ``app.name``.

    And what else of the database has to be made, a superuser of these fields, say.
    """
    from django.core.management.base import CommandError
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    boot()
    if connection.settings_dict["ENGINE"] == "django.db.backends.dummy":
        return {"waiting": [], "known": [], "recorded": [], "lacking": []}
    executor = MigrationExecutor(connection)
    loader = executor.loader
    loader.check_consistent_history(connection)
    if conflicts := loader.detect_conflicts():
        raise CommandError(f"Conflicting migrations, to be merged: {conflicts}")
    waiting = [step for step, _backwards in executor.migration_plan(loader.graph.leaf_nodes())]
    return {
        "waiting": [f"{migration.app_label}.{migration.name}" for migration in waiting],
        "known": sorted(".".join(key) for key in loader.disk_migrations),
        "recorded": sorted(".".join(key) for key in loader.applied_migrations),
        **lacking(superuser),
    }


def migrate(superuser: dict[str, str]) -> dict[str, Any]:
    """Apply the migrations that wait, and make what else the database lacks."""
    boot()
    return {"made": make(manage, superuser)}


def collect(root: str, kept: list[str], live: str, days: float) -> dict[str, Any]:
    """Collect and compress static files below ``root``, remove what nobody wanted for ``days``.

    ``kept`` are lists of the files of releases that stand, ``live`` the list of the live one: its
    files are wanted until now, and pages that it made are out there.
    """
    from django.apps import apps

    boot()
    if not apps.is_installed("django.contrib.staticfiles"):
        return {"files": [], "manifest": "", "removed": 0}
    manage("collectstatic", "--no-input", "--no-color")
    files = wanted_files()
    compress(root, files)
    touch(root, listed(live))
    removed = 0
    if all(os.path.exists(path) for path in kept):
        removed = age(root, files.union(*map(listed, kept)), time.time() - days * DAY_SECONDS)
    path = os.path.join(root, MANIFEST)
    manifest = ""
    if os.path.isfile(path):
        with open(path, encoding="utf-8") as file:
            manifest = file.read()
    return {"files": sorted(files), "manifest": manifest, "removed": removed}


def wanted_files() -> set[str]:
    """The files that this release's pages may name: as the sources call them, and with hashes."""
    from django.contrib.staticfiles.finders import get_finders
    from django.contrib.staticfiles.storage import staticfiles_storage

    names = {MANIFEST}
    for finder in get_finders():
        for name, storage in finder.list([]):
            prefix = getattr(storage, "prefix", None)
            names.add(os.path.join(prefix, name) if prefix else name)
    return names | set(getattr(staticfiles_storage, "hashed_files", {}).values())


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "check": check,
    "settings": settings,
    "plan": plan,
    "migrate": migrate,
    "collect": collect,
}


def left_out(step: str, found: dict[str, Any]) -> bool:
    """Whether a step is not taken, after what came of those before."""
    # Collecting waits for another process where something has to be made in the database first.
    if found.get("mismatches") or found.get("refusal"):
        return True
    return step == "collect" and bool(found.get("waiting") or found.get("lacking"))


def main(steps: list[tuple[str, dict[str, Any]]]) -> None:
    """Take the steps, as far as they go."""
    sys.path.insert(0, os.getcwd())
    found: dict[str, Any] = {}
    started = time.monotonic()
    for name, arguments in steps:
        if left_out(name, found):
            break
        found |= (said := STEPS[name](**arguments))
        seconds = round(time.monotonic() - started, 2)
        started = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout.write(MARK + json.dumps({"step": name, "seconds": seconds, **said}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except SystemExit:
        raise
    except BaseException as error:
        # As manage.py does: the reason is the last line, and nothing of this file stands below it.
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(1 if isinstance(error, Exception) else 130)
