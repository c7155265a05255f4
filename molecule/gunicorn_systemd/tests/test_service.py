"""The service as an administrator meets it: reloaded, killed, restarted, stopped, booted."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host

SERVICE = "harbour_live"
SOCKET = "/srv/sites/harbour/live/current.sock"
CONFIGURATION = "/etc/slipway/harbour_live/gunicorn.conf.py"
ASK = (
    f"curl --silent --show-error --fail --max-time 60 --no-buffer --unix-socket {SOCKET} "
    "--header 'Host: live.test' http://site"
)
# Its first line says that the request is begun, its last one that it was answered to the end.
DURING_A_REQUEST = f"""
{ASK}/stream/?seconds={{seconds}} >/root/stream 2>&1 & request=$!
until grep --quiet 'line 1 ' /root/stream || ! kill -0 $request; do sleep 0.05; done
{{deed}} || echo the deed failed
wait $request && tail -n 1 /root/stream || cat /root/stream
"""
# One begins when the other ends, so at each moment one is begun.
REQUESTS = f"""
rm -f /root/enough /root/endings
(
    until [ -e /root/enough ]; do
        {ASK}/stream/?seconds=2 2>&1 | tail -n 1 >>/root/endings
    done
    echo over >>/root/endings
) </dev/null >/dev/null 2>&1 &
"""
TAKE_THE_OTHER_SLOT = {
    **{"project": "harbour", "env": "live", "root": "/srv/sites", "host": "live.test"},
    **{"release": "live", "configuration": [CONFIGURATION]},
    "lease": {"begins": True, "ends": True},
}
SECONDS = 30.0


def slot(host: Host) -> str:
    """The unit of the slot that answers."""
    name = host.check_output(f"readlink {SOCKET}").split("/")[2].rpartition("-")[2]
    return f"{SERVICE}@{name}.service"


def shown(host: Host, unit: str, name: str) -> str:
    """A property of a unit."""
    said: str = host.check_output(f"systemctl show --property={name} --value {unit}")
    return said


def workers(host: Host) -> set[str]:
    """The processes that answer requests."""
    master = shown(host, slot(host), "MainPID")
    return set(host.check_output(f"pgrep --parent {master}").split())


def eventually(question: Callable[[], bool]) -> bool:
    """Whether the answer becomes yes."""
    end = time.monotonic() + SECONDS
    while not (answer := question()) and time.monotonic() < end:
        time.sleep(0.2)
    return answer


def journal(host: Host) -> str:
    """What the service said last."""
    said: str = host.check_output(f"journalctl --no-pager --lines=30 --unit='{SERVICE}*'")
    return said


def endings(host: Host) -> str:
    """The last lines of the answers to requests that follow each other."""
    return str(host.run("cat /root/endings").stdout)


@pytest.fixture
def service(host: Host) -> Iterator[Host]:
    """The service, started again afterwards if need be."""
    # systemd counts starts in a minute; here each test makes one.
    host.check_output(f"systemctl reset-failed '{SERVICE}*'")
    yield host
    host.check_output(f"systemctl start {SERVICE}")
    assert host.run(f"{ASK}/health/").rc == 0, journal(host)


def during_a_request(host: Host, deed: str, seconds: int = 2) -> str:
    """How a request ends that was begun before a deed."""
    said: str = host.check_output(DURING_A_REQUEST.format(deed=deed, seconds=seconds))
    return said


def test_it_runs_with_the_workers_and_options_of_the_inventory(host: Host) -> None:
    assert len(workers(host)) == 3
    assert "MOORING=pier" in shown(host, slot(host), "Environment")


def test_a_reload_ends_begun_requests_and_replaces_the_workers(service: Host) -> None:
    unit, before = slot(service), workers(service)
    master = shown(service, unit, "MainPID")
    assert during_a_request(service, f"systemctl reload {SERVICE}") == "line 20 of 20"
    assert eventually(lambda: not before & workers(service)), journal(service)
    assert shown(service, unit, "MainPID") == master


@pytest.mark.parametrize("deed", ["restart", "stop"])
def test_what_was_begun_ends_before_a(service: Host, deed: str) -> None:
    said = during_a_request(service, f"systemctl {deed} {SERVICE}")
    assert said == "line 20 of 20", journal(service)


def test_a_restart_starts_it_anew(service: Host) -> None:
    before = shown(service, slot(service), "MainPID")
    service.check_output(f"systemctl restart {SERVICE}")
    assert service.run(f"{ASK}/health/").rc == 0, journal(service)
    assert shown(service, slot(service), "MainPID") != before


def test_a_stop_is_clean_and_leaves_nothing(service: Host) -> None:
    unit = slot(service)
    service.check_output(f"systemctl stop {SERVICE}")
    state = [shown(service, unit, name) for name in ("ActiveState", "Result")]
    assert state == ["inactive", "success"], journal(service)
    assert service.run("pgrep --uid harbour_live").rc == 1
    assert service.run(f"{ASK}/health/").rc != 0


def test_a_boot_starts_it(service: Host) -> None:
    service.check_output(f"systemctl stop {SERVICE}")
    service.check_output("systemctl start multi-user.target")
    assert eventually(lambda: service.run(f"{ASK}/health/").rc == 0), journal(service)


def test_it_is_back_after_its_master_was_killed(service: Host) -> None:
    unit = slot(service)
    before = shown(service, unit, "MainPID")
    service.check_output(f"kill -9 {before}")
    assert eventually(lambda: shown(service, unit, "MainPID") not in ("0", before))
    assert eventually(lambda: service.run(f"{ASK}/health/").rc == 0), journal(service)


def test_the_old_slot_ends_what_it_began_and_stops(service: Host) -> None:
    old = slot(service)
    service.check_output(REQUESTS)
    assert eventually(lambda: "line" in endings(service))
    # As a provision does after a change of the configuration.
    service.check_output(f"touch {CONFIGURATION}")
    done = service.ansible("slipway.django.activate", json.dumps(TAKE_THE_OTHER_SLOT), check=False)
    assert done.get("switched"), done
    assert slot(service) != old
    service.check_output("touch /root/enough")
    assert eventually(lambda: "over" in endings(service))
    assert set(endings(service).splitlines()) == {"line 20 of 20", "over"}, journal(service)
    assert eventually(lambda: shown(service, old, "ActiveState") == "inactive")
    assert shown(service, old, "Result") == "success", journal(service)
