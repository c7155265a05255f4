"""What the files have in common: a host each, at the stage that they begin from."""

from collections.abc import Iterator

import pytest

from . import faults, stages
from .site import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A host with a first release of environment dev, of this file alone."""
    with stages.released(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Such a host whose deploys can be made to stand still at a step, of this file alone."""
    with stages.faulty(tmp_path_factory.mktemp("faulty")) as site:
        yield site


@pytest.fixture
def impatient(faulty: Site) -> Iterator[Site]:
    """The same with little patience with an application that does not answer rightly."""
    faults.configure(faulty, gunicorn_systemd_health_patience_seconds=faults.PATIENCE_SECONDS)
    yield faulty
    faults.configure(faulty, gunicorn_systemd_health_patience_seconds=60)
