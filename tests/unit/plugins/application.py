"""An application with a small Django of its own: what inside.py asks of one, and no more."""

import json
import sys
from pathlib import Path
from typing import Any

# What the commands do is said by files beside manage.py: check.py replaces the command check.
MANAGE = """\
import os, pathlib, shutil, sys, json
here = pathlib.Path.cwd()
with open(here / "calls", "a") as calls:
    print(os.getpid(), *sys.argv, file=calls)
from django.apps import apps
apps.ready = True
command = sys.argv[1]
if (here / f"{command}.py").exists():
    exec((here / f"{command}.py").read_text())
elif command == "check":
    from django.core import checks
    checks.run_checks(include_deployment_checks=True)
elif command == "migrate":
    database = json.loads((here / "database.json").read_text())
    for name in sorted(set(database["known"]) - set(database["applied"])):
        print(f"  Applying {name}... OK")
elif command == "createcachetable":
    database = json.loads((here / "database.json").read_text())
    database["tables"] = database.get("tables", []) + sys.argv[-1:]
    (here / "database.json").write_text(json.dumps(database))
elif command == "createsuperuser":
    model = json.loads((here / "users.json").read_text())
    wanted = [model["username"], *model["required"], "password"]
    model["users"] += [{name: os.environ[f"DJANGO_SUPERUSER_{name.upper()}"] for name in wanted}]
    (here / "users.json").write_text(json.dumps(model))
elif command == "collectstatic":
    from django.contrib.staticfiles.storage import staticfiles_storage
    root = pathlib.Path(os.environ["STATIC_ROOT"])
    for name, hashed in staticfiles_storage.hashed_files.items():
        shutil.copyfile(here / "assets" / name, root / name)
        shutil.copyfile(here / "assets" / name, root / hashed)
    (root / "staticfiles.json").write_text(json.dumps(staticfiles_storage.hashed_files))
    print(f"\\n{len(staticfiles_storage.hashed_files)} static files copied to '/s'.")
"""
DJANGO = {
    "apps.py": """\
import os
class apps:
    ready = False
    def is_installed(name):
        assert apps.ready, "Apps aren't loaded yet."
        return os.path.isdir("assets") if "static" in name else os.path.exists("users.json")
""",
    "conf.py": """\
import json, pathlib
from types import SimpleNamespace as Some
settings = Some(
    DEBUG=False, SECRET_KEY="k", ALLOWED_HOSTS=["dev.test"], CSRF_TRUSTED_ORIGINS=[],
    SECURE_PROXY_SSL_HEADER=None, SECURE_SSL_REDIRECT=False, MIDDLEWARE=[],
    STATIC_ROOT="", STATIC_URL="/static/", MEDIA_ROOT="", MEDIA_URL="/media/", CACHES={},
)
if pathlib.Path("settings.json").exists():
    vars(settings).update(json.loads(pathlib.Path("settings.json").read_text()))
""",
    "core/checks.py": """\
import json, pathlib
from types import SimpleNamespace as Some
WARNING, ERROR = 30, 40
def run_checks(**options):
    found = json.loads(pathlib.Path("warnings.json").read_text())
    return [Some(is_silenced=lambda silenced=one.pop("silenced"): silenced, **one) for one in found]
""",
    "core/exceptions.py": """\
class DisallowedHost(Exception): pass
class ImproperlyConfigured(Exception): pass
""",
    "core/handlers/wsgi.py": """\
from django.conf import settings
from django.core.exceptions import DisallowedHost
class WSGIRequest:
    def __init__(self, environ):
        self.META = environ
    def is_secure(self):
        return self.META["wsgi.url_scheme"] == "https"
    def get_host(self):
        if self.META["HTTP_HOST"] not in settings.ALLOWED_HOSTS:
            raise DisallowedHost
""",
    "middleware/csrf.py": """\
class CsrfViewMiddleware:
    def __init__(self, get_response): pass
""",
    "core/files/storage.py": """\
from types import SimpleNamespace as Some
class FileSystemStorage: pass
storages = Some(backends={})
""",
    "utils/module_loading.py": """\
def import_string(path):
    module, _dot, name = path.rpartition(".")
    return getattr(__import__(module, fromlist=[name]), name)
""",
    "core/cache/backends/db.py": """\
class BaseDatabaseCache:
    def __init__(self, table, params):
        self.cache_model_class = table
class DatabaseCache(BaseDatabaseCache): pass
""",
    # The model is what users.json says of it; `table` is whether its migration was applied.
    "contrib/auth/__init__.py": """\
import json, pathlib
from types import SimpleNamespace as Some
from django.db import DatabaseError
def get_user_model():
    found = json.loads(pathlib.Path("users.json").read_text())
    def filter(**wanted):
        if not found.get("table", True):
            raise DatabaseError
        (key, value), = wanted.items()
        name = key.removesuffix("__iexact")
        same = str.lower if name != key else str
        there = [same(user[name]) for user in found["users"]]
        return Some(exists=lambda: same(value) in there)
    return Some(
        USERNAME_FIELD=found["username"], REQUIRED_FIELDS=found["required"],
        _meta=Some(label="accounts.User"), _base_manager=Some(filter=filter),
        normalize_username=lambda name: name,
    )
""",
    "core/management/base.py": "class CommandError(Exception): pass\n",
    "db/__init__.py": """\
import contextlib, json, pathlib
from types import SimpleNamespace as Some
engine = json.loads(pathlib.Path("database.json").read_text()).get("engine", "dummy")
own = dict.fromkeys(("NAME", "HOST", "PORT", "USER"), "")
own |= {"ENGINE": f"django.db.backends.{engine}", "OPTIONS": {}}
def table_names(cursor):
    return json.loads(pathlib.Path("database.json").read_text()).get("tables", [])
connection = Some(settings_dict=own, vendor=engine, introspection=Some(table_names=table_names))
connection.cursor = contextlib.nullcontext
connections = {"default": connection, "second": connection}
def of_model(model):
    return "second" if model.startswith("second") else "default"
router = Some(db_for_write=of_model, allow_migrate_model=lambda alias, model: model[0] != "_")
class DatabaseError(Exception): pass
""",
    "db/migrations/executor.py": """\
import json, pathlib
from types import SimpleNamespace as Some
from django.apps import apps
database = json.loads(pathlib.Path("database.json").read_text())
class MigrationExecutor:
    def __init__(self, connection):
        assert apps.ready, "Apps aren't loaded yet."
        self.loader = Some(
            check_consistent_history=lambda connection: None,
            detect_conflicts=lambda: database.get("conflicts"),
            graph=Some(leaf_nodes=lambda: None),
            disk_migrations=[tuple(name.split(".")) for name in database["known"]],
            applied_migrations=[tuple(name.split(".")) for name in database["applied"]],
        )
    def migration_plan(self, targets):
        waiting = sorted(set(database["known"]) - set(database["applied"]))
        words = [name.split(".") for name in waiting]
        return [(Some(app_label=label, name=name), False) for label, name in words]
""",
    "contrib/staticfiles/storage.py": """\
import os
from types import SimpleNamespace as Some
hashed = {name: name.replace(".", ".0a1b.") for name in sorted(os.listdir("assets"))}
staticfiles_storage = Some(hashed_files=hashed)
""",
    "contrib/staticfiles/finders.py": """\
import os
from types import SimpleNamespace as Some
def get_finders():
    yield Some(list=lambda ignored: [(name, Some(prefix="")) for name in os.listdir("assets")])
""",
}


def make(path: Path, **database: Any) -> None:
    """Make the application; ``known`` and ``applied`` are its migrations."""
    for name, text in DJANGO.items():
        file = path / "django" / name
        for package in list(file.relative_to(path).parents)[:-1]:
            (path / package).mkdir(parents=True, exist_ok=True)
            (path / package / "__init__.py").touch()
        file.write_text(text)
    (path / "manage.py").write_text(MANAGE)
    (path / "warnings.json").write_text("[]")
    database = {"known": [], "applied": [], "engine": "postgresql", **database}
    (path / "database.json").write_text(json.dumps(database))


def add_asset(path: Path, name: str, text: str = "") -> None:
    """Give the application a static file."""
    (path / "assets").mkdir(exist_ok=True)
    (path / "assets" / name).write_text(text)


def add_python(path: Path) -> None:
    """Give a release the Python that runs the tests, with nothing installed."""
    directory = path / ".venv" / "bin"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "python").write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    (directory / "python").chmod(0o755)


def calls(path: Path) -> list[list[str]]:
    """How manage.py was called: the process, and its words."""
    return [line.split() for line in (path / "calls").read_text().splitlines()]
