"""The collection as others install it: built, installed elsewhere, used by its full names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway import state

from .conftest import Site

TOOLS = Path(sys.executable).parent


def ansible(tool: str, *words: str, cwd: Path, **environment: str) -> str:
    """Run a tool of Ansible, which must succeed; what it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE")}
    done = subprocess.run(
        [TOOLS / tool, *words],
        cwd=cwd,
        env=clean | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory into which the built collection was installed."""
    place = tmp_path_factory.mktemp("elsewhere")
    build = ("collection", "build", str(state.CHECKOUT), "--output-path", str(place))
    ansible("ansible-galaxy", *build, cwd=place)
    (archive,) = place.glob("slipway-django-*.tar.gz")
    install = ("collection", "install", str(archive), "--offline", "-p", str(place / "collections"))
    ansible("ansible-galaxy", *install, cwd=place)
    return place


def test_what_is_installed_holds_the_collection_and_nothing_of_the_workshop(
    elsewhere: Path,
) -> None:
    installed = elsewhere / "collections" / "ansible_collections" / "slipway" / "django"
    found = {path.name for path in installed.iterdir()}
    assert {"roles", "playbooks", "plugins", "meta", "README.md", "LICENSE"} <= found
    assert not found & {".venv", ".slipway", "collections", "inventories", "tests", "molecule"}


def test_an_installed_collection_deploys_by_its_full_name(site: Site, elsewhere: Path) -> None:
    commit = site.commit("Released from an installed collection")
    words = ("slipway.django.deploy", "-i", str(site.inventories / "dev"))
    said = ansible(
        *("ansible-playbook", *words),
        cwd=elsewhere,
        ANSIBLE_COLLECTIONS_PATH=str(elsewhere / "collections"),
    )
    assert site.release().endswith(commit[:7]), said
    assert "It answers at http://dev.test/" in said
