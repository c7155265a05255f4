"""What all tests have in common: who runs them, and how their failures are told."""

import os

import pytest

from slipway import guard

# An assistant may run the tests, and these call the tasks as people do.
for name in (guard.SETTING, *guard.ASSISTANTS):
    os.environ.pop(name, None)

REASON_LENGTH = 200


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name in the end what failed, a line each: on CI pytest repeats whole reasons there."""
    failed = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    for report in failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = (crash.message if crash else str(report.longrepr)).partition("\n")[0]
        terminalreporter.line(f"FAILED {report.nodeid} ({report.when}): {reason[:REASON_LENGTH]}")
