"""What all tests have in common: how their failures are told."""

import pytest

REASON_LENGTH = 200


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name in the end what failed, a line each: on CI pytest repeats whole reasons there."""
    failed = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    for report in failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = (crash.message if crash else str(report.longrepr)).partition("\n")[0]
        terminalreporter.line(f"FAILED {report.nodeid} ({report.when}): {reason[:REASON_LENGTH]}")
