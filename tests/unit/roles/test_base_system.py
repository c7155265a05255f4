"""What role base writes for a server to stand on, and what its switches leave out."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.roles.conftest import Evaluate, Render

LOGROTATE = shutil.which("logrotate", path="/usr/sbin:/usr/bin")
# What a host said when it was reached.
SAID = {"stdout": "ID=debian\nPYTHON=3.13\nLOCALE=/etc/locale.conf\n"}


def settings(text: str) -> list[str]:
    """The lines of a file that are no comment."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def written(evaluate: Evaluate, reach: object = SAID, **given: object) -> list[str]:
    """The paths of the files that are written, in their order."""
    paths = "__base_system_files | map(attribute='path') | list"
    found: list[str] = evaluate("base", paths, __base_reach=reach, **given)
    return found


@pytest.mark.parametrize(
    ("template", "off"),
    [
        ("logrotate.j2", {"base_log_max_mb": 0}),
        ("logrotate.timer.j2", {"base_log_max_mb": 0}),
        ("modprobe.conf.j2", {"base_hardening": False}),
        ("limits.conf.j2", {"base_hardening": False}),
        ("coredump.conf.j2", {"base_hardening": False}),
        ("sysctl.conf.j2", {"base_hardening": "false"}),
    ],
)
def test_what_is_switched_off_leaves_a_file_without_a_setting(
    render: Render, template: str, off: dict[str, object]
) -> None:
    assert settings(render("base", template))
    assert settings(render("base", template, **off)) == []


def test_settings_of_the_inventory_come_last_so_they_win(render: Render) -> None:
    more = {"vm.swappiness": 60, "net.ipv4.ip_forward": 1}
    lines = settings(render("base", "sysctl.conf.j2", base_sysctl=more))
    assert lines[-2:] == ["vm.swappiness = 60", "net.ipv4.ip_forward = 1"]
    alone = render("base", "sysctl.conf.j2", base_sysctl=more, base_hardening=False)
    assert settings(alone) == lines[-2:]


@pytest.mark.parametrize(
    ("policy", "hour", "reboots", "when"),
    [("never", 4, "false", "04:00"), ("when-needed", 23, "true", "23:00")],
)
def test_a_reboot_is_chosen_with_its_hour(
    render: Render, policy: str, hour: int, reboots: str, when: str
) -> None:
    text = render("base", "apt.conf.j2", base_reboot=policy, base_reboot_hour=hour)
    assert f'Unattended-Upgrade::Automatic-Reboot "{reboots}";' in settings(text)
    assert f'Unattended-Upgrade::Automatic-Reboot-Time "{when}";' in settings(text)


def test_the_journal_gets_its_limits(render: Render) -> None:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(render("base", "journald.conf.j2", base_journal_max_days=30))
    journal = dict(parser["Journal"])
    assert journal.pop("MaxFileSec") == "1week"
    assert journal == {
        "Storage": "persistent",
        "SystemMaxUse": "1024M",
        "MaxRetentionSec": "30day",
    }


@pytest.mark.parametrize(
    ("off", "lines"),
    [
        ({"base_journal_max_mb": 0}, ["MaxRetentionSec=90day", "MaxFileSec=1week"]),
        ({"base_journal_max_days": 0}, ["SystemMaxUse=1024M"]),
        ({"base_journal_max_mb": "0", "base_journal_max_days": "0"}, []),
    ],
)
def test_each_limit_of_the_journal_goes_alone(
    render: Render, off: dict[str, object], lines: list[str]
) -> None:
    found = settings(render("base", "journald.conf.j2", **off))
    assert found == ["[Journal]", "Storage=persistent", *lines]


@pytest.mark.skipif(not LOGROTATE, reason="logrotate is not on this machine")
def test_logrotate_rotates_what_is_too_large_by_the_default(render: Render, tmp_path: Path) -> None:
    (tmp_path / "00-slipway").write_text(render("base", "logrotate.j2", base_log_max_mb=1))
    (tmp_path / "site").write_text(f"{tmp_path}/site.log {{\n monthly\n}}\n")
    (tmp_path / "main").write_text(f"include {tmp_path}/00-slipway\ninclude {tmp_path}/site\n")
    (tmp_path / "site.log").write_bytes(bytes(2**21))
    command = [str(LOGROTATE), "--debug", "--state", str(tmp_path / "state"), f"{tmp_path}/main"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "log needs rotating" in done.stdout + done.stderr


def test_what_the_inventory_leaves_empty_is_left_as_it_is(evaluate: Evaluate) -> None:
    usual = set(written(evaluate))
    less = set(written(evaluate, base_timezone="", base_locale=""))
    assert usual - less == {"/etc/timezone", "/etc/localtime", "/etc/locale.conf"}


def test_a_zone_that_does_not_exist_is_refused_before_the_clock_follows_it(
    evaluate: Evaluate,
) -> None:
    checked, followed = evaluate("base", "__base_zone_files", base_timezone="Mars/Olympus")
    assert (checked["path"], followed["path"]) == ("/etc/timezone", "/etc/localtime")
    assert subprocess.run(checked["validate"].split(), check=False).returncode == 1


def test_the_locale_is_written_where_the_distribution_has_it(evaluate: Evaluate) -> None:
    older = {"stdout": "LOCALE=/etc/default/locale\r\n"}
    assert "/etc/default/locale" in written(evaluate, older)


@pytest.mark.parametrize(
    ("locale", "made"),
    [("C.UTF-8", False), ("", False), ("POSIX", False), ("de_DE.UTF-8", True)],
)
def test_a_language_with_data_of_its_own_is_made(
    evaluate: Evaluate, locale: str, made: bool
) -> None:
    assert evaluate("base", "__base_locale_is_made", base_locale=locale) is made
    assert ("locales" in evaluate("base", "__base_packages", base_locale=locale)) is made


def test_one_that_sets_the_clock_is_enough_and_none_may_be_wanted(evaluate: Evaluate) -> None:
    one = "systemd-timesyncd | chrony | ntpsec | openntpd | ntp"
    assert one in evaluate("base", "__base_packages")
    none = {"base_time_daemons": [], "base_unattended_upgrades": False}
    none |= {"base_firewall": False, "base_fail2ban": False}
    assert evaluate("base", "__base_packages", base_packages=["curl"], **none) == ["curl"]
    assert not [name for name in evaluate("base", "__base_services", **none) if "chrony" in name]


def test_every_file_that_a_unit_reads_is_one_that_is_written(evaluate: Evaluate) -> None:
    read = evaluate("base", "__base_readers.values() | flatten")
    assert set(read) <= set(written(evaluate))


def test_a_host_that_is_too_old_is_known_by_what_either_login_was_told(evaluate: Evaluate) -> None:
    told = "ID=ubuntu\nVERSION_ID=20.04\nPYTHON=3.8\n"
    for given in (
        {"__base_reach": {"stdout": told}, "__base_meeting": {"skipped": True}},
        {"__base_reach": {"unreachable": True}, "__base_meeting": {"stdout": told}},
    ):
        assert "too old" in evaluate("base", "__base_unsuited", **given)
    assert evaluate("base", "__base_unsuited", __base_reach=SAID) == ""
