"""Where in a repository the application lies, and what is said where it does not lie there."""

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import application
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A release of a repository of several applications."""
    for place in ("apps/web", "apps/admin", "deeply/hidden/from/view", ".cache"):
        (tmp_path / "release" / place).mkdir(parents=True)
        (tmp_path / "release" / place / "manage.py").touch()
    (tmp_path / "manage.py").touch()
    return tmp_path / "release"


@pytest.mark.parametrize("path", ["apps/web", "apps/web/", "./apps/admin"])
def test_an_application_lies_where_manage_py_does(repository: Path, path: str) -> None:
    assert (repository / application.require(str(repository), path) / "manage.py").exists()


def test_an_application_may_be_the_whole_repository(repository: Path) -> None:
    (repository / "manage.py").touch()
    assert application.require(str(repository), "") == "."


@pytest.mark.parametrize(("path", "place"), [("", "at its root"), ("apps/wbe", "in apps/wbe")])
def test_where_there_is_none_those_that_there_are_are_named(
    repository: Path, path: str, place: str
) -> None:
    with pytest.raises(Failed) as caught:
        application.require(str(repository), path)
    assert str(caught.value) == (
        f"The repository has no manage.py {place}: set django_app_path to apps/admin or apps/web."
    )


@pytest.mark.parametrize("path", ["..", "/", "apps/../..", "link"])
def test_what_leads_out_of_the_repository_is_refused(repository: Path, path: str) -> None:
    (repository / "link").symlink_to("..")
    with pytest.raises(Failed, match="leads out of the repository"):
        application.require(str(repository), path)


ASK = "import slipway_settings as s; print(s.DEBUG, s.APPS, s.HOME == '')"


def test_what_the_inventory_sets_wins_over_the_settings_and_may_use_them(repository: Path) -> None:
    (repository / "shop").mkdir()
    (repository / "shop" / "settings.py").write_text("DEBUG = True\nAPPS = ['shop']\n")
    own = "DEBUG = False\nAPPS += ['more']\nHOME = os.environ.get('NO', '')\n"
    settings = application.overridden("shop.settings", own)
    application.write_settings(str(repository), settings.text)
    said = subprocess.run(
        [sys.executable, "-c", ASK], cwd=repository, capture_output=True, text=True, check=False
    )
    assert said.stdout == "False ['shop', 'more'] True\n", said.stderr


def test_an_override_that_is_not_python_is_refused() -> None:
    with pytest.raises(Failed) as caught:
        application.overridden("shop.settings", "DEBUG = False\nALLOWED_HOSTS = [\n")
    assert str(caught.value) == "django_settings_override is not Python: '[' was never closed."
    assert "line 2" in caught.value.evidence[0]


def test_an_override_may_not_begin_as_only_a_whole_module_does() -> None:
    with pytest.raises(Failed, match="django_settings_override is not Python: from __future__"):
        application.overridden("shop.settings", "from __future__ import annotations\n")


def test_a_module_of_the_repository_is_not_overwritten(repository: Path) -> None:
    (repository / "slipway_settings.py").write_text("MINE = True")
    with pytest.raises(Failed, match="The repository holds slipway_settings"):
        application.write_settings(str(repository), "DEBUG = False")
    assert (repository / "slipway_settings.py").read_text() == "MINE = True"
