"""Applications that know nothing of Slipway go live by an inventory alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slipway import demo, engine

from .site import Site, fresh_hosts, write_environment

APPLICATIONS = Path(__file__).parent / "apps"
# What these settings read from nowhere.
LEDGER = """
DEBUG = False
ALLOWED_HOSTS = ["ledger.test"]
DATABASES["default"] = {"ENGINE": "django.db.backends.postgresql", "NAME": "ledger_live"}
"""
# As an operator who reads their settings would fill it in.
VARIABLES: dict[str, dict[str, Any]] = {
    "boats": {
        "django_app_path": "services/web",
        "django_dependency_groups": ["server"],
        "django_extras": ["spreadsheets"],
        "django_build_commands": ["python -c 'import openpyxl'", "echo sail >harbour/static/sail"],
        "django_settings_module": "config.settings.production",
        "gunicorn_systemd_app": "config.wsgi:application",
        "gunicorn_systemd_health_path": "/up",
        "nginx_static_url": "/assets/",
    },
    "ledger": {
        "django_requirements": "requirements/production.txt",
        "django_system_packages": ["gcc", "libpq-dev", "python3-dev"],
        "django_settings_override": LEDGER,
        "django_generated_secrets": ["DJANGO_SECRET_KEY"],
        "gunicorn_systemd_health_path": "/",
    },
    "tide": {
        "django_extra_packages": [
            *("psycopg[binary]==3.2.13", "uvicorn==0.54.0", "uvicorn-worker==0.4.0"),
        ],
        "gunicorn_systemd_app": "tide.asgi:application",
        "gunicorn_systemd_worker_class": "uvicorn_worker.UvicornWorker",
        "gunicorn_systemd_health_path": "/internal/status",
        "gunicorn_systemd_health_status": 204,
    },
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server, and an inventory for each of the applications."""
    base = tmp_path_factory.mktemp("applications")
    with fresh_hosts("applications") as (server,):
        site = Site(server, base / "inventories", base)
        for name, variables in VARIABLES.items():
            given = {
                "slipway_project": name,
                "slipway_env": "live",
                "slipway_root": f"/srv/{name}",
                "slipway_hostnames": [f"{name}.test"],
                "django_repository": f"/srv/{name}.bundle",
                "django_settings_module": f"{name}.settings",
                "django_environment": {},
                "django_secrets": {},
                "gunicorn_systemd_app": f"{name}.wsgi:application",
            }
            write_environment(site.inventories, name, server, **given | variables)
        yield site


def publish(host: Site, name: str) -> None:
    """Make the application's repository, locked where it is uv that locks it, and offer it."""
    repository = host.repository / name
    demo.git(APPLICATIONS, "init", "--quiet", "--initial-branch", "main", str(repository))
    demo.copy(APPLICATIONS / name, repository)
    for project in repository.rglob("pyproject.toml"):
        demo.lock(project.parent)
    demo.git(repository, "add", "--all")
    demo.git(repository, "commit", "--quiet", "--message", f"All of {name}")
    offer(host, name)


def offer(host: Site, name: str) -> None:
    """Put the application's repository where the server fetches it from."""
    bundle = demo.bundle(host.repository / name, host.repository / f"{name}.bundle")
    engine.ensure().run("cp", str(bundle), f"{host.host.container}:/srv/{name}.bundle")


@pytest.fixture(params=list(VARIABLES))
def live(host: Site, request: pytest.FixtureRequest) -> str:
    """One of the applications, which is live."""
    name = str(request.param)
    if not host.sh(f"ls /srv/{name}.bundle 2>/dev/null || true"):
        publish(host, name)
        host.succeed("provision", name)
        host.succeed("deploy", name)
    return name


PAGES = {
    "boats": "<p>Ms. Sub-directory</p>",
    "ledger": "c reads 0 users",
    "tide": "wave 2\nby uvicorn",
}


def test_it_answers(host: Site, live: str) -> None:
    answer = host.ask("/", name=f"{live}.test")
    assert answer.status == 200, answer.body
    assert PAGES[live] in answer.body


def test_deploying_it_again_does_nothing(host: Site, live: str) -> None:
    assert "Nothing changed" in host.succeed("deploy", live)


def test_its_static_files_are_served(host: Site) -> None:
    assert host.ask("/assets/boats.css", name="boats.test").body == "p { color: navy }\n"
    assert host.ask("/assets/sail", name="boats.test").body == "sail\n"


@pytest.mark.parametrize(("package", "there"), [("openpyxl", True), ("pytest", False)])
def test_extras_are_installed_and_what_developers_need_is_not(
    host: Site, package: str, there: bool
) -> None:
    python = "/srv/boats/boats/live/current/.venv/bin/python"
    found = host.sh(f"{python} -c 'import {package}' 2>/dev/null && echo there || true")
    assert bool(found) is there


def test_an_application_that_moved_is_found_where_it_is_and_where_it_was(host: Site) -> None:
    home = "/srv/boats/boats/live/current"
    before = host.sh(f"basename $(readlink {home})")
    repository = host.repository / "boats"
    demo.git(repository, "mv", "services/web", "site")
    demo.git(repository, "commit", "--quiet", "--message", "Move the site")
    offer(host, "boats")
    done = host.invoke("deploy", "boats")
    assert done.returncode == 1, done.stdout
    told = "The repository has no manage.py in services/web: set django_app_path to site."
    assert told in done.stdout, done.stdout
    main = host.inventories / "boats" / "group_vars" / "all" / "main.yml"
    main.write_text(json.dumps(json.loads(main.read_text()) | {"django_app_path": "site"}))
    host.succeed("deploy", "boats")
    assert host.ask("/up", name="boats.test").body == "up"
    host.succeed("rollback", "boats")
    assert host.sh(f"basename $(readlink {home})") == before
    assert host.ask("/up", name="boats.test").body == "up"
