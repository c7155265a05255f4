"""Settings that do not agree with what the host serves: refused before anybody meets them."""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.slipway.django.plugins.module_utils.managing import REMEDY, program

from .faults import configure
from .site import Site

GOOD = """
DEBUG, SECRET_KEY, ALLOWED_HOSTS = False, "k" * 50, [".example.com"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles", "notes"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
MIDDLEWARE += ["django.middleware.csrf.CsrfViewMiddleware"]
ROOT_URLCONF, DEFAULT_AUTO_FIELD = "demo.urls", "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop_dev"}}
STATIC_ROOT, STATIC_URL = "/var/www/staticfiles_dev/", "static/"
MEDIA_ROOT, MEDIA_URL = "/var/www/mediafiles_dev", "media/"
from pathlib import Path
from django.utils.functional import lazystr

def stored(default="django.core.files.storage.FileSystemStorage", **options):
    static = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    given = {"default": default, "staticfiles": static}
    found = {name: {"BACKEND": backend} for name, backend in given.items()}
    return {**found, "staticfiles": {"BACKEND": static, "OPTIONS": options}}

STORAGES = stored()
"""
SERVED = {
    **{"hostnames": ["dev.example.com"], "scheme": "https", "allow_debug": False, "unchecked": []},
    **{"static_root": "/var/www/staticfiles_dev", "static_url": "/static/"},
    **{"media_root": "/var/www/mediafiles_dev", "media_url": "/media/"},
    **{"database": "shop_dev", "database_host": ""},
}


@contextmanager
def settings(site: Site, lines: str) -> Iterator[None]:
    """A commit whose settings end with these lines, undone by another one at the end."""
    file = site.repository / "demo/settings.py"
    good = file.read_text()
    site.commit("Other settings", demo__settings_py=f"{good}\n{lines}\n")
    try:
        yield
    finally:
        site.commit("Undo: other settings", demo__settings_py=good)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "DEBUG = True\nALLOWED_HOSTS = ['shop.test']",
            ["set DEBUG = False in this environment", "ALLOWED_HOSTS is ['shop.test'], but the"],
        ),
        (
            "STATIC_ROOT = BASE_DIR / 'staticfiles'",
            ["/staticfiles, but nginx serves /var/www/staticfiles_dev: let the settings read"],
        ),
        (
            "DATABASES['default']['NAME'] = 'postgres'",
            ["another database than DATABASE_URL, postgresql postgres and not postgresql shop_dev"],
        ),
        (
            "SECURE_SSL_REDIRECT = True",
            ["set SECURE_SSL_REDIRECT = False in this environment, or slipway_scheme: https"],
        ),
    ],
    ids=["DEBUG and a name", "static files elsewhere", "another database", "a scheme"],
)
def test_a_release_with_wrong_settings_is_refused_with_what_to_set(
    site: Site, lines: str, told: list[str]
) -> None:
    before = site.release()
    with settings(site, lines):
        done = site.invoke("deploy", "dev")
    assert done.returncode == 1, done.stdout
    assert [words for words in [*told, REMEDY] if words not in done.stdout] == [], done.stdout
    assert "  plan  " not in done.stdout, done.stdout
    assert f"{before} serves on" in done.stdout, done.stdout
    assert site.release() == before
    assert site.ask("/health/").status == 200


def test_what_the_inventory_leaves_out_is_released_and_named(site: Site) -> None:
    configure(site, django_unchecked_settings=["MEDIA_URL"])
    try:
        with settings(site, "MEDIA_URL = '/uploads/'"):
            said = site.succeed("deploy", "dev")
    finally:
        configure(site, django_unchecked_settings=[])
    assert "not compared: MEDIA_URL" in said, said
    assert site.ask("/health/").status == 200


def test_what_django_warns_of_is_counted_and_told_at_the_end(site: Site) -> None:
    with settings(site, "X_FRAME_OPTIONS = 'SAMEORIGIN'\nSILENCED_SYSTEM_CHECKS = []"):
        said = site.succeed("deploy", "dev")
    _steps, _head, told = said.partition("Django warns (manage.py check --deploy):")
    assert "\n  security.W019 You have " in told, said
    assert " warnings\n" in said, said


def asked(site: Site, lines: str, **served: object) -> list[str]:
    """What is said of settings of one's own, by the Django of the live release."""
    site.sh(f"mkdir -p /tmp/own && cat >/tmp/own/own.py <<'EOF'\n{GOOD}{lines}\nEOF")
    steps = shlex.quote(json.dumps([("settings", {**SERVED, **served})]))
    # Of two texts of one length within a second, Python would take the first one's bytecode.
    environment = "PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/tmp/own DJANGO_SETTINGS_MODULE=own"
    python = f"cd /var/www/shop/dev/current && {environment} .venv/bin/python - {steps}"
    said = site.sh(f"{python} <<'EOF'\n{program()}\nEOF")
    found: list[str] = json.loads(said.partition("\x1e")[2])["mismatches"]
    return found


@pytest.mark.parametrize(
    ("lines", "served"),
    [
        ("", {}),
        ("SECURE_SSL_REDIRECT = True", {}),
        ("ALLOWED_HOSTS = ['*']", {}),
        ("ALLOWED_HOSTS = ('DEV.Example.com',)", {}),
        ("DEBUG, ALLOWED_HOSTS = True, []", {"hostnames": ["localhost"], "allow_debug": True}),
        ("STATIC_ROOT = Path('/var/www/staticfiles_dev')", {}),
        ("STATIC_ROOT = lazystr('/var/www/staticfiles_dev')", {}),
        ("STATIC_URL = 'https://cdn.example.com/'", {}),
        ("STATIC_URL = '/assets/'\nMIDDLEWARE += ['whitenoise.middleware.WhiteNoise']", {}),
        ("INSTALLED_APPS.remove('notes')\nMEDIA_ROOT = MEDIA_URL = ''", {}),
        (
            "STORAGES = stored('django.core.files.storage.InMemoryStorage')\n"
            "MEDIA_ROOT = MEDIA_URL = ''",
            {},
        ),
        ("STORAGES = {}", {}),
        ("DATABASES = {}", {}),
        ("DATABASES['default']['OPTIONS'] = {'service': 'boats'}", {}),
    ],
)
def test_settings_of_strangers_that_agree_pass(
    site: Site, lines: str, served: dict[str, object]
) -> None:
    assert asked(site, lines, **served) == []


WRONG_HEADER = "SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'ssl')\n"


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("SECRET_KEY = ''", ["SECRET_KEY"]),
        ("SECRET_KEY = b'django-insecure-' + 50 * b'k'", ["SECRET_KEY"]),
        ("ALLOWED_HOSTS = ['.example.org']", ["ALLOWED_HOSTS"]),
        (
            f"{WRONG_HEADER}SECURE_SSL_REDIRECT = True",
            ["SECURE_PROXY_SSL_HEADER", "CSRF_TRUSTED_ORIGINS"],
        ),
        (
            f"{WRONG_HEADER}CSRF_TRUSTED_ORIGINS = ['https://*.example.org']",
            ["CSRF_TRUSTED_ORIGINS"],
        ),
        (f"{WRONG_HEADER}CSRF_TRUSTED_ORIGINS = ['https://*.example.com']", []),
        (f"{WRONG_HEADER}MIDDLEWARE = []", []),
        ("STATIC_ROOT = None", ["STATIC_ROOT"]),
        ("STATIC_URL = '/assets/'", ["STATIC_URL"]),
        (
            "STORAGES = stored(location='/srv/static', base_url='/s/')",
            ["STATIC_ROOT", "STATIC_URL"],
        ),
        ("MEDIA_ROOT = ''", ["MEDIA_ROOT"]),
        (
            "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': Path('x')}}",
            ["DATABASES"],
        ),
    ],
)
def test_settings_of_strangers_that_do_not_agree_are_told_by_their_names(
    site: Site, lines: str, names: list[str]
) -> None:
    assert [sentence.split()[0] for sentence in asked(site, lines)] == names
