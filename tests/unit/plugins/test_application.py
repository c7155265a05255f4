"""Where in a repository the application lies, and what is said where it does not lie there."""

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
