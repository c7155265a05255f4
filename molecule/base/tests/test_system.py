"""What a server stands on: its updates, clock, journal, logs and kernel, asked by what they do."""

import json
import re
import time

import pytest
from testinfra.host import Host

JOURNAL_MB, ROTATED_MB = 16, 1
KERNEL = "/etc/sysctl.d/60-slipway.conf"
# A network of its own, so that nothing else on the machine gets to know.
ALONE = "unshare --net --mount sh -c 'mount -o remount,bind,rw /proc/sys && {command}'"


def test_security_updates_would_be_installed(host: Host) -> None:
    done = host.run("unattended-upgrade --dry-run --debug")
    assert done.rc == 0, done.stdout + done.stderr
    origins = re.search("Allowed origins are: (.+)", done.stdout)
    assert origins, done.stdout
    assert "security" in origins[1].lower()


@pytest.mark.parametrize("timer", ["apt-daily.timer", "apt-daily-upgrade.timer"])
def test_they_come_every_day_after_a_reboot_too(host: Host, timer: str) -> None:
    assert host.check_output(f"systemctl is-enabled {timer}") == "enabled"
    assert host.check_output(f"systemctl show -P NextElapseUSecRealtime {timer}")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("APT::Periodic::Update-Package-Lists", "1"),
        ("APT::Periodic::Unattended-Upgrade", "1"),
        ("Unattended-Upgrade::Automatic-Reboot", "true"),
        ("Unattended-Upgrade::Automatic-Reboot-Time", "03:00"),
    ],
)
def test_apt_is_told_to_update_and_to_reboot_at_its_hour(
    host: Host, setting: str, value: str
) -> None:
    assert host.check_output(f"apt-config dump {setting}") == f'{setting} "{value}";'


def test_the_clock_shows_the_hour_of_its_zone(host: Host) -> None:
    assert host.check_output("date +%Z") == "+0545"
    assert host.check_output("timedatectl show --property=Timezone --value") == "Asia/Kathmandu"


def test_the_clock_is_set_wherever_it_may_be(host: Host) -> None:
    unit = "systemd-timesyncd.service"
    assert host.check_output(f"systemctl is-enabled {unit}") == "enabled"
    # A container has its host's clock, and this is all that keeps the unit from it.
    shown = host.check_output(f"systemctl show --property=ActiveState,ConditionResult {unit}")
    kept = host.check_output("systemd-detect-virt --container || true") != "none"
    running = "ActiveState=inactive\nConditionResult=no"
    assert sorted(shown.splitlines()) == (
        running.splitlines() if kept else ["ActiveState=active", "ConditionResult=yes"]
    )


def test_services_and_logins_speak_utf_8(host: Host) -> None:
    host.check_output("systemctl daemon-reload")
    service = "systemd-run --quiet --pipe --wait locale charmap"
    assert host.check_output(service) == "UTF-8"
    assert host.check_output("su --login skipper --command 'locale charmap'") == "UTF-8"


def test_the_journal_keeps_to_its_limit_and_the_newest_lines(host: Host) -> None:
    host.check_output("logger --tag probe the oldest line")
    burst = "--property=LogRateLimitIntervalSec=1 --property=LogRateLimitBurst=1000000"
    flood = f"head -c {JOURNAL_MB + 4}M /dev/urandom | base64 -w 16000"
    host.check_output(f"systemd-run --quiet --wait {burst} sh -c '{flood}'")
    host.check_output("logger --tag probe the newest line")
    host.check_output("journalctl --sync")
    used = host.check_output("journalctl --disk-usage")
    found = re.search(r"take up ([\d.]+)M", used)
    assert found, used
    assert float(found[1]) <= JOURNAL_MB, used
    assert host.check_output("journalctl --quiet --output=cat -t probe") == "the newest line"


def test_the_journal_outlives_a_boot(host: Host) -> None:
    kept = "journalctl --quiet --directory=/var/log/journal/$(cat /etc/machine-id) --lines=1"
    assert host.check_output(kept)


def test_a_log_that_grows_is_rotated_before_its_day_and_loses_nothing(host: Host) -> None:
    rule = "/var/log/probe/*.log {\n monthly\n rotate 3\n create\n}\n"
    host.check_output("mkdir -p /var/log/probe && rm -f /var/log/probe/*")
    host.check_output(f"printf '{rule}' >/etc/logrotate.d/probe")
    host.check_output("echo small >/var/log/probe/small.log")
    host.check_output(f"head -c {ROTATED_MB + 1}M /dev/zero >/var/log/probe/large.log")
    host.check_output("systemctl start logrotate.service")
    sizes = host.check_output("cd /var/log/probe && stat --format='%n %s' *")
    assert sizes.splitlines() == ["large.log 0", "large.log.1 2097152", "small.log 6"]


def test_that_is_looked_after_every_hour(host: Host) -> None:
    listed = host.check_output("systemctl list-timers --output=json logrotate.timer")
    [timer] = json.loads(listed)
    assert timer["next"] / 1e6 - time.time() < 75 * 60


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("net.ipv4.conf.default.accept_redirects", "0"),
        ("net.ipv6.conf.default.accept_redirects", "0"),
        ("net.ipv4.conf.default.accept_source_route", "0"),
        ("net.ipv4.conf.all.send_redirects", "0"),
        ("net.ipv4.conf.all.rp_filter", "2"),
        ("net.ipv4.tcp_syncookies", "1"),
        ("net.ipv4.tcp_keepalive_time", "600"),
    ],
)
def test_the_kernel_takes_what_is_for_the_network(host: Host, key: str, value: str) -> None:
    written = f'grep -E "^-?net[.]ipv[46]" {KERNEL} | sysctl --quiet --load=-'
    assert host.check_output(ALONE.format(command=f"{written} && sysctl -n {key}")) == value


def test_every_other_key_is_one_that_the_kernel_has(host: Host) -> None:
    keys = re.findall(r"^((?:fs|kernel|vm)\.\S+) =", host.file(KERNEL).content_string, re.M)
    assert len(keys) > 5
    assert host.run(f"sysctl -n {' '.join(keys)}").stderr == ""


def test_forwarding_and_the_network_s_own_routes_are_left_as_they_are(host: Host) -> None:
    settings = host.check_output(f"grep '^[^#]' {KERNEL}")
    assert not re.search("forward|accept_ra|autoconf|disable_ipv6", settings)


@pytest.mark.parametrize("protocol", ["dccp", "rds", "sctp", "tipc"])
def test_a_rare_protocol_is_not_loaded_for_whoever_asks(host: Host, protocol: str) -> None:
    loads = host.check_output(f"modprobe --dry-run --verbose {protocol}")
    assert loads.strip() == "install /bin/true"


def test_a_login_s_program_leaves_no_core_dump(host: Host) -> None:
    assert host.check_output("su --login skipper --command 'ulimit -Hc'") == "0"


def test_a_container_is_left_without_swap_of_its_own(host: Host) -> None:
    assert not host.check_output("systemctl list-unit-files --no-legend '*swapfile*' || true")


# It is not swapped to: that would be the swap of the machine that runs the tests.
def test_what_would_be_a_swap_file_is_one_to_the_kernel_s_tools(host: Host) -> None:
    library = host.check_output("ls -d /usr/local/lib/slipway/*").split()[0]
    fill = (
        f"import sys; sys.path.insert(0, '{library}'); "
        "from ansible_collections.slipway.django.plugins.module_utils import swapping; "
        "swapping.fill('/var/tmp/probe.swap', 4)"
    )
    host.check_output(f'/usr/bin/python3 -c "{fill}"')
    assert "no label" in host.check_output("mkswap /var/tmp/probe.swap")
    host.check_output("rm /var/tmp/probe.swap")


def test_the_server_is_well(host: Host) -> None:
    assert host.check_output("systemctl is-system-running") == "running"
