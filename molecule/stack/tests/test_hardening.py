"""How hard the server is to break into, by the judgement of others: lynis and systemd."""

import re
from collections.abc import Callable

from testinfra.host import Host

# What stands is held: it may rise. A container lets neither sysctl nor the clock be set, so a
# server of one's own is above it. It also counts what Debian has to update on that day.
INDEX_FLOOR = 63
# Of 10, which is as exposed as can be. What is left is mostly that it has a network.
EXPOSURE_CEILING = 1.5
BEFORE, AFTER = "/var/log/lynis-before.dat", "/var/log/lynis-after.dat"

Measured = Callable[[str], None]


def index(host: Host, report: str) -> int:
    """The hardening index of one of lynis's reports, of 100."""
    return int(host.check_output(f"sed -n s/^hardening_index=//p {report}"))


def test_lynis_finds_the_server_harder_than_it_was_and_than_the_floor(
    host: Host, measured: Measured
) -> None:
    host.check_output(f"lynis audit system --quick --quiet --no-colors --report-file {AFTER} || :")
    before, after = index(host, BEFORE), index(host, AFTER)
    measured(f"lynis hardening index {before} before, {after} after, floor {INDEX_FLOOR}")
    findings = host.check_output(f"grep -E '^(suggestion|warning)' {AFTER}")
    assert after >= INDEX_FLOOR, findings
    assert after > before, findings


def test_the_application_s_unit_is_hardly_exposed(host: Host, measured: Measured) -> None:
    socket = host.check_output("readlink /var/www/demo/dev/current.sock")
    unit = socket.split("/")[2].replace("-", "@")
    judged = host.run(f"systemd-analyze security --no-pager {unit}.service").stdout
    found = re.search(r"Overall exposure level for (\S+): ([\d.]+)", judged)
    assert found, judged
    measured(f"exposure of {found[1]} {found[2]}, ceiling {EXPOSURE_CEILING}")
    assert float(found[2]) <= EXPOSURE_CEILING, judged
