"""Another interpreter is just another release; and what a release makes in the database.

The server reaches no builds of uv. A mirror on it holds one that is laid out as those are, made of
the distribution's own Python; its list, without sums, takes the place of the one inside uv.
"""

import json
import re

import pytest

from .faults import configure
from .site import CSRF, Site

PASSWORD = "planted-Correct-horse-7"
PACK = r"""
set -e
version=$(/usr/bin/python3 -c 'import platform; print(platform.python_version())')
minor=${version%.*}
mkdir -p /srv/mirror/20260101 /tmp/pack/python/bin /tmp/pack/python/lib
cp /usr/bin/python$minor /tmp/pack/python/bin/
cp -rL /usr/lib/python$minor /tmp/pack/python/lib/
name=cpython-$version+20260101-$(uname -m)-unknown-linux-gnu-install_only.tar.gz
tar -C /tmp/pack -czf /srv/mirror/20260101/$name python
rm -r /tmp/pack
echo $version $(uname -m) $name
"""
BUILDS = "https://github.com/astral-sh/python-build-standalone/releases/download/20260101"
CACHE = """
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shop_cache",
    }
}
"""


def mirror(site: Site) -> str:
    """Lay the mirror and its list out on the server; the version that it has."""
    version, machine, name = site.sh(PACK).split()
    major, minor, patch = map(int, version.split("."))
    build = {
        **{"name": "cpython", "arch": {"family": machine, "variant": None}, "os": "linux"},
        **{"libc": "gnu", "major": major, "minor": minor, "patch": patch, "prerelease": ""},
        **{"sha256": None, "variant": None, "build": "20260101"},
        "url": f"{BUILDS}/{name.replace('+', '%2B')}",
    }
    listed = json.dumps({f"cpython-{version}-linux-{machine}-gnu": build})
    site.sh(f"cat >/srv/mirror/builds.json <<'EOF'\n{listed}\nEOF\nchmod -R a+rX /srv/mirror")
    return f"{major}.{minor}"


@pytest.fixture(scope="module")
def said(site: Site) -> str:
    """What a deploy says that takes its Python from a mirror of uv's, and has a superuser to make.

    No migration waits, and none comes with the table of the cache.
    """
    configure(
        site,
        django_python_version=mirror(site),
        django_python_provider="uv",
        django_python_mirror="file:///srv/mirror",
        django_uv_environment={"UV_PYTHON_DOWNLOADS_JSON_URL": "/srv/mirror/builds.json"},
        django_superuser={"username": "ada", "email": "ada@example.com", "password": PASSWORD},
    )
    settings = (site.repository / "demo/settings.py").read_text()
    site.commit("Cache in the database", demo__settings_py=settings + CACHE)
    return site.succeed("deploy", "dev")


@pytest.fixture(scope="module")
def first(site: Site, said: str) -> str:
    """The release that this deploy made."""
    assert "Nothing changed" not in said
    return site.release()


def program(site: Site) -> str:
    """The interpreter that the live release runs on, as the kernel resolves it."""
    return site.sh("readlink -f /var/www/shop/dev/current/.venv/bin/python")


def database(site: Site, question: str) -> str:
    """What the database answers."""
    return site.sh(f"su postgres -c \"psql -At -d shop_dev -c '{question}'\"")


def log_in(site: Site, password: str) -> int:
    """The status that the admin gives somebody who logs in as the superuser."""
    page = site.ask("/admin/login/")
    token = CSRF.search(page.body)
    assert token, page.body
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    body = f"csrfmiddlewaretoken={token[1]}&username=ada&password={password}"
    return site.ask("/admin/login/", body=body, **sent).status


def test_a_python_of_uv_answers_from_within_the_sandbox(site: Site, first: str) -> None:
    assert first
    assert site.ask("/health/").status == 200
    found = program(site)
    assert re.fullmatch(r"/opt/slipway/python/cpython-[\d.]+-linux-\w+-gnu/bin/python3\.\d+", found)


def test_the_deploy_tells_of_the_python_and_of_what_it_made(said: str) -> None:
    assert re.search(r"packages .*new environment, Python 3\.[\d.]+ \(uv\)", said), said
    assert "no migration waits, lacks cache table shop_cache, lacks superuser ada" in said, said
    assert "made cache table shop_cache, made superuser ada" in said, said


def test_the_table_of_the_cache_is_there(site: Site, first: str) -> None:
    assert first
    assert database(site, "select count(*) from shop_cache") == "0"


def test_the_superuser_can_log_in(site: Site, first: str) -> None:
    assert first
    assert log_in(site, "wrong") == 200
    assert log_in(site, PASSWORD) == 302


def test_the_password_is_nowhere(site: Site, said: str) -> None:
    assert PASSWORD not in said
    places = "/var/www /etc /run /opt/slipway /var/lib/slipway /var/log /tmp /root /home"
    found = site.sh(
        f"grep -rlsF --devices=skip {PASSWORD} {places} || true; journalctl | "
        f"grep -F {PASSWORD} || true"
    )
    assert found == ""


def test_another_provider_is_another_release_that_can_be_gone_back_from(
    site: Site, first: str
) -> None:
    configure(site, django_python_provider="system", django_python_version=">=3.12")
    changed = {"username": "ada", "email": "ada@example.com", "password": "another"}
    configure(site, django_superuser=changed)
    again = site.succeed("deploy", "dev")
    assert site.release() != first
    assert program(site).startswith("/usr/bin/python3."), again
    assert "lacks" not in again
    assert database(site, "select count(*) from auth_user") == "1"
    assert log_in(site, PASSWORD) == 302, "the password was changed"
    site.succeed("rollback", "dev")
    assert site.release() == first
    assert program(site).startswith("/opt/slipway/python/cpython-")
    assert site.ask("/health/").status == 200


def test_a_python_that_nobody_has_stops_the_deploy_and_says_why(site: Site, first: str) -> None:
    configure(site, django_python_provider="auto", django_python_version="3.99")
    done = site.invoke("deploy", "dev")
    assert done.returncode == 1, done.stdout
    assert "No Python 3.99 on this host, and none can be brought" in done.stdout, done.stdout
    assert "system: No Python 3.99 is installed on this host, which has 3." in done.stdout
    assert site.release() == first
