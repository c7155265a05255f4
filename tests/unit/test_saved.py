"""A host that was saved is what others begin from, until it is forgotten."""

import pytest

from slipway import suite, testhost
from slipway.errors import Problem
from slipway.testhost import saved
from tests.unit.conftest import Docker


def test_a_host_begins_from_the_one_that_was_saved(docker: Docker) -> None:
    saved.save(testhost.up("web"), "released")
    testhost.down("web")
    testhost.up("web", saved_as="released")
    assert docker.container("image").read_text().strip() == saved.tag("released")
    assert saved.exists("released")


def test_a_host_that_begins_from_another_needs_no_bare_image(docker: Docker) -> None:
    (docker.files / "images" / saved.tag("released")).touch()
    testhost.up("web", saved_as="released")
    assert docker.names("images") == [saved.tag("released")]


def test_a_saved_host_is_forgotten_once(docker: Docker) -> None:
    saved.save(testhost.up("web"), "released")
    saved.forget("released")
    saved.forget("released")
    assert not saved.exists("released")


def test_the_end_of_the_suite_forgets_what_was_saved_and_nothing_else(docker: Docker) -> None:
    with suite.clean_after():
        host = testhost.up("web")
        built = docker.names("images")
        for name in ("released", "faulty"):
            saved.save(host, name)
    assert docker.names("images") == built


def test_without_an_engine_nothing_is_to_be_forgotten() -> None:
    saved.forget_all()


def test_a_host_that_cannot_be_saved_is_a_sentence(docker: Docker) -> None:
    host = testhost.up("web")
    (docker.files / "refuses" / "commit").write_text("no space left on device")
    with pytest.raises(Problem, match="docker commit failed: no space left on device"):
        saved.save(host, "released")
