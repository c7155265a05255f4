"""What of the server itself a commit may want otherwise, and the static files that changed."""

import pytest

from slipway.drafting import config as drafting_config
from slipway.drafting import static as drafting_static
from tests.unit.drafting.conftest import Changed

UNITS = "the server's units come from gunicorn_systemd_* and do not follow it"
GUNICORN = "gunicorn's configuration comes from gunicorn_systemd_* and does not follow it"
SITE = "the server's site comes from nginx_* and does not follow it"
SYSTEM = "what it installs or starts, a deploy does not"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Procfile", UNITS),
        ("deploy/shop.service", UNITS),
        ("supervisord.conf", UNITS),
        ("gunicorn.conf.py", GUNICORN),
        ("config/gunicorn_config.py", GUNICORN),
        ("nginx.conf", SITE),
        ("deploy/shop-nginx.conf", SITE),
        ("nginx/sites/shop.conf", SITE),
        ("Dockerfile", SYSTEM),
        ("docker-compose.prod.yml", SYSTEM),
    ],
)
def test_a_file_that_a_deploy_does_not_follow_is_said(
    change: Changed, path: str, said: str
) -> None:
    (item,) = drafting_config.items(change({path: "1"}, {path: "2"}))
    assert item.line() == f"- [ ] config: {path} (changed) — {said}"


def test_files_of_one_need_are_one_line(change: Changed) -> None:
    paths = ("docker/a/Dockerfile", "Dockerfile", "compose.yml", "docker/b/Dockerfile")
    before = dict.fromkeys((*paths, ".devcontainer/Dockerfile"), "1")
    after = {**dict.fromkeys(before, "2"), "docker/c/Dockerfile": "1", "compose.yml": None}
    (item,) = drafting_config.items(change(before, after))
    assert item.what == (
        "Dockerfile (changed), compose.yml (removed), docker/a/Dockerfile (changed), "
        "docker/b/Dockerfile (changed) and 1 more"
    )


@pytest.mark.parametrize(
    "path",
    ["shop/service.py", "shop/gunicorn_workers.py", "logging.conf", "README.md", "shop/wsgi.py"],
)
def test_other_files_are_no_need(change: Changed, path: str) -> None:
    assert drafting_config.items(change({path: "1"}, {path: "2"})) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("shop/asgi.py", "gunicorn_systemd_app says which entry is served"),
        ("front/package.json", "django_build_commands says what is built of it"),
    ],
)
def test_an_entry_or_a_build_that_comes_or_goes_is_said(
    change: Changed, path: str, said: str
) -> None:
    made = change({path: "1", "other": "1"}, {path: None, "other": "2"})
    assert [item.line() for item in drafting_config.items(made)] == [
        f"- [ ] config: {path} (removed) — {said}"
    ]


def test_a_new_package_that_asks_for_another_server_is_said(change: Changed) -> None:
    before = {"requirements.txt": "django==5\ncelery==5\n"}
    after = {"requirements.txt": "django==5\ncelery==6\nchannels==4\nhuey==2\n"}
    assert [item.line() for item in drafting_config.items(change(before, dict(after)))] == [
        "- [ ] config: package channels is new — gunicorn_systemd_app and "
        "gunicorn_systemd_worker_class say what serves the application",
        "- [ ] config: package huey is new — a deploy runs the web process alone, and no workers",
    ]


def test_a_package_that_nobody_asked_for_by_name_is_not(change: Changed) -> None:
    before = {"requirements.in": "django\n", "requirements.txt": "django==5\n"}
    after = {"requirements.txt": "django==5\nuvicorn==1\n"}
    assert drafting_config.items(change(before, dict(after))) == []


SETTINGS = """\
import os
from pathlib import Path
BASE_DIR = Path(__file__).parent
STATICFILES_DIRS = [
    BASE_DIR / "assets" / "built",
    os.path.join(BASE_DIR, "front", "dist"),
    ("prefix", BASE_DIR / "logos"),
    str(BASE_DIR / "icons"),
    computed(), "static-in-full", BASE_DIR,
]
"""
LIVE = {"manage.py": "x('DJANGO_SETTINGS_MODULE', 'shop.settings')", "shop/settings.py": SETTINGS}


def test_static_files_that_changed_are_counted(change: Changed) -> None:
    before = {**LIVE, "shop/static/shop/a.css": "1", "shop/static/gone.css": "1"}
    paths = ("assets/built/x.js", "front/dist/x.js", "logos/x.svg", "icons/x/y.svg")
    after = {
        "shop/static/shop/a.css": "2",
        "shop/static/gone.css": None,
        **dict.fromkeys((*paths, "assets/x.js", "shop/templates/x.html", "front/x.js"), "1"),
    }
    (item,) = drafting_static.items(change(before, after))
    assert item.line() == (
        "- [ ] collectstatic: 6 files of static/ changed — "
        "assets/built, front/dist, icons, logos and 1 more"
    )


def test_one_static_file_is_one(change: Changed) -> None:
    (item,) = drafting_static.items(change(LIVE, {"shop/static/a.css": "1"}))
    assert item.line() == "- [ ] collectstatic: 1 file of static/ changed — shop/static"


def test_other_files_are_not_static(change: Changed) -> None:
    assert drafting_static.items(change(LIVE, {"shop/static.py": "1", "static": "1"})) == []
