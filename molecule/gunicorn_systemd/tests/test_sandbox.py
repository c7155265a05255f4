"""What the processes of the application may do, and who may reach them."""

import re
import shlex
from collections.abc import Iterator

import pytest
from testinfra.host import Host

SOCKET = "/srv/sites/harbour/live/current.sock"
LOG = "/srv/sites/logs/gunicorn_live.log"
ASK = f"curl --silent --show-error --fail --unix-socket {SOCKET} --header 'Host: live.test' http://site"
HIGHEST_EXPOSURE = 2.0
# Uploads, what the inventory names, its socket's place, and what ends with the processes.
WRITABLE = (
    "srv/sites/mediafiles_live var/lib/harbour run/harbour_live-probe tmp var/tmp "
    "dev/shm dev/mqueue"
)
HOME = "/srv/sites/harbour/live"
# A third slot, in which the same unit runs another program: it asks the kernel for all that is
# there but /proc, which is the processes' own, and the control file that systemd gives a unit.
PROBE = "harbour_live@probe.service"
DROP_IN = f"/run/systemd/system/{PROBE}.d/program.conf"
PROGRAM = """[Service]
Type=oneshot
Restart=no
ExecStart=
ExecStart=-find / -path /proc -prune -o ( -type d -o -type f ) -writable -prune \\
    ! -name memory.pressure -print
StandardOutput=truncate:/root/found
StandardError=null
"""


@pytest.fixture
def writable(host: Host) -> Iterator[set[str]]:
    """What a process of the unit can write, a directory for all that is below it."""
    host.check_output(f"ln -sfn ../current {HOME}/slots/probe && mkdir -p $(dirname {DROP_IN})")
    host.check_output(f"echo {shlex.quote(PROGRAM)} >{DROP_IN} && systemctl daemon-reload")
    host.check_output(f"systemctl start {PROBE}")
    yield set(host.check_output("cat /root/found").split())
    host.check_output(f"rm {DROP_IN} {HOME}/slots/probe && systemctl daemon-reload")


@pytest.fixture
def slot(host: Host) -> str:
    """The slot that answers."""
    return str(host.check_output(f"readlink {SOCKET}").split("/")[2].rpartition("-")[2])


@pytest.fixture
def process(host: Host, slot: str) -> str:
    """The main process of the application."""
    unit = f"harbour_live@{slot}"
    return str(host.check_output(f"systemctl show --property=MainPID --value {unit}"))


def test_the_application_can_write_its_own_directories_and_nothing_else(
    writable: set[str],
) -> None:
    assert writable == {f"/{path}" for path in WRITABLE.split()}


@pytest.mark.parametrize("line", ["CapBnd:\t0000000000000000", "NoNewPrivs:\t1"])
def test_its_processes_get_no_privileges(host: Host, process: str, line: str) -> None:
    status = host.check_output(f"cat /proc/{process}/status")
    assert line in status.splitlines(), status


def test_the_exposure_that_systemd_sees_is_low(host: Host, slot: str) -> None:
    said = host.check_output(f"systemd-analyze security --no-pager harbour_live@{slot}")
    exposure = re.search(r"exposure level .*: (\d+\.\d+)", said)
    assert exposure, said
    assert float(exposure[1]) <= HIGHEST_EXPOSURE, said


def test_the_web_server_s_user_reaches_the_socket(host: Host) -> None:
    done = host.run(f"runuser -u www-data -- {ASK}/health/")
    assert done.rc == 0, done.stderr


@pytest.mark.parametrize("user", ["deploy", "nobody"])
def test_the_socket_is_closed_to(host: Host, user: str) -> None:
    done = host.run(f"runuser -u {user} -- {ASK}/health/")
    assert done.rc == 7, (
        f"{done.stdout}{done.stderr}{host.check_output('ls -laR /run/harbour_live-*')}"
    )


def test_what_the_application_prints_is_in_its_log_file(host: Host) -> None:
    word = f"mark{host.check_output('date +%N')}"
    host.check_output(f"{ASK}/say/?words={word}")
    look = f"until grep -x '.*: {word} 1' {LOG}; do sleep 0.1; done"
    done = host.run(f"timeout 20 sh -c {shlex.quote(look)}")
    assert done.rc == 0, host.check_output(f"tail {LOG}; systemctl status harbour_live-log")


@pytest.mark.parametrize("user", ["harbour_live", "nobody"])
def test_the_log_file_is_closed_to(host: Host, user: str) -> None:
    assert host.check_output(f"cat {LOG}")
    assert host.run(f"runuser -u {user} -- cat {LOG}").rc != 0
