"""Figures that the tests measure, said in their summary."""

from collections.abc import Callable

import pytest
from _pytest.terminal import TerminalReporter

FIGURES = pytest.StashKey[list[str]]()

Measured = Callable[[str], None]


@pytest.fixture
def measured(pytestconfig: pytest.Config) -> Measured:
    """Keep a line for the summary. Molecule folds lines that are longer than 75 characters."""
    return pytestconfig.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say what was measured."""
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(f"measured: {line}")
