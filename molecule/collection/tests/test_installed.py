"""The collection as others have it: built, installed elsewhere, used by its full names."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from testinfra.host import Host

COLLECTIONS = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "collections")
INSTALLED = COLLECTIONS / "ansible_collections" / "slipway" / "django"
MARK = "# Installed elsewhere"
LIBRARIES = "/usr/local/lib/slipway/*/ansible_collections/slipway/django/plugins/modules"


def test_what_is_installed_is_the_collection_and_nothing_of_the_workshop() -> None:
    assert {path.name for path in INSTALLED.iterdir()} == {
        *("CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md"),
        *("claude", "docs", "examples", "meta", "playbooks", "plugins", "roles", "templates"),
    }
    # What is made from the others is made in a clone.
    assert [path.name for path in (INSTALLED / "templates").iterdir()] == ["handoff"]


def test_nothing_else_was_there_to_deploy_with() -> None:
    assert "ANSIBLE_COLLECTIONS_PATH" not in os.environ
    configuration = Path(os.environ["ANSIBLE_CONFIG"]).read_text()
    assert f"collections_path = {COLLECTIONS}\n" in configuration


@pytest.mark.parametrize("module", ["activate", "build"])
def test_what_ran_on_the_server_is_what_is_installed(host: Host, module: str) -> None:
    assert host.check_output(f"ls {LIBRARIES}/{module}.py")
    foreign = host.run(f"grep --files-without-match '{MARK}' {LIBRARIES}/{module}.py").stdout
    assert not foreign, foreign


def test_the_site_answers_as_the_release(visit: Callable[[str], str], host: Host) -> None:
    live = host.check_output("basename $(realpath /var/www/ferry/dev/current)")
    assert json.loads(visit("http://ferry.test:8080/health/"))["release"] == live


def test_a_visitor_sees_a_row_of_the_database(visit: Callable[[str], str]) -> None:
    assert "Welcome aboard" in visit("http://ferry.test:8080/")
