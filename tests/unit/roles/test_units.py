"""The units of systemd that run an instance."""

import logging
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.roles.conftest import Evaluate, Render

Settings = dict[str, list[str]]

EXPOSED = ["shop_dev@.service", "shop_dev-log.service", "shop_dev-health.service"]
UNITS = [*EXPOSED, "shop_dev.service", "shop_dev-health.timer"]
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine"
)


def parsed(text: str) -> dict[str, Settings]:
    """The sections of a unit, each setting with the values that it was given."""
    sections: dict[str, Settings] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line.strip() and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals, f"{line!r} is no setting"
            section.setdefault(name, []).append(value)
    return sections


def test_gunicorn_ends_where_the_application_chooses_other_settings(
    render: Render, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "slipway_settings")
    config: dict[str, Any] = {}
    exec(render("gunicorn_systemd", "gunicorn.conf.py.j2"), config)  # noqa: S102 - as gunicorn does
    server = SimpleNamespace(log=logging.getLogger("gunicorn"))
    config["when_ready"](server)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.settings")
    with pytest.raises(
        RuntimeError, match=r"DJANGO_SETTINGS_MODULE to shop\.settings, but slipway_"
    ):
        config["when_ready"](server)


@pytest.fixture
def slot(render: Render) -> Callable[..., Settings]:
    """The service of a slot, for an inventory that says more."""

    def service(**given: object) -> Settings:
        unit = parsed(render("gunicorn_systemd", "slot.service.j2", **given))
        assert list(unit) == ["Unit", "Service"]
        return unit["Service"]

    return service


def test_a_slot_runs_the_release_that_its_link_names(slot: Callable[..., Settings]) -> None:
    service = slot()
    home = "/var/www/shop/dev/slots/%i"
    assert service["WorkingDirectory"] == [f"{home}/.slipway/app"]
    assert service["EnvironmentFile"] == [f"{home}/.slipway/environment"]
    assert shlex.split(service["ExecStart"][0]) == [
        f"{home}/.venv/bin/gunicorn",
        *("--config", "/etc/slipway/shop_dev/gunicorn.conf.py", "--no-control-socket"),
        *("--bind", "unix:/run/shop_dev-%i/gunicorn.sock", "shop.wsgi:application"),
    ]


DOPPLER = {"django_secrets_backend": "doppler", "django_doppler_mode": "run"}


def test_a_slot_that_asks_doppler_is_its_cli_around_the_same_command(
    slot: Callable[..., Settings],
) -> None:
    service = slot(**DOPPLER)
    before, gunicorn = service["ExecStart"][0].split(" -- ")
    assert shlex.split(gunicorn) == shlex.split(slot()["ExecStart"][0])
    assert shlex.split(before) == [
        *("/usr/local/bin/doppler", "run", "--no-check-version", "--no-liveness-ping"),
        *("--attempts=2", "--timeout=5s", "--config-dir=/var/www/shop/dev/.doppler/run"),
        "--fallback=/var/www/shop/dev/.doppler/run/service",
    ]
    assert service["EnvironmentFile"][-1] == "/var/www/shop/dev/.doppler/environment"
    assert service["NotifyAccess"] == ["all"]
    assert "/var/www/shop/dev/.doppler/run" in service["ReadWritePaths"][0].split()


@pytest.mark.parametrize(
    "change", [{}, {"django_doppler_mode": "fetch"}, {"django_doppler_mode": ""}]
)
def test_a_slot_asks_nobody_unless_it_is_told_to(
    slot: Callable[..., Settings], change: dict[str, str]
) -> None:
    service = slot(**{**DOPPLER, **change} if change else {})
    assert "doppler" not in str(service), service


def test_a_slot_is_the_applications_user_and_nginx_may_only_use_its_socket(
    slot: Callable[..., Settings],
) -> None:
    service = slot()
    assert (service["User"], service["Group"]) == (["shop_dev"], ["shop_dev_web"])
    assert service["SupplementaryGroups"] == ["shop_dev"]
    assert service["RuntimeDirectoryMode"] == ["0750"]


@pytest.mark.parametrize(
    ("more", "paths"),
    [
        ([], ["/var/www/mediafiles_dev"]),
        (["/srv/feed"], ["/var/www/mediafiles_dev", "/srv/feed"]),
    ],
)
def test_a_slot_writes_its_uploads_and_what_was_named_but_not_its_log(
    slot: Callable[..., Settings], more: list[str], paths: list[str]
) -> None:
    service = slot(gunicorn_systemd_writable_paths=more)
    assert service["ProtectSystem"] == ["strict"]
    assert service["ReadOnlyPaths"] == ["/run"]
    assert service["ReadWritePaths"][0].split() == paths


def test_a_burst_of_a_slot_reaches_the_journal_whole_and_at_once(
    slot: Callable[..., Settings],
) -> None:
    service = slot()
    # Zero for either would leave the journal's own limit.
    assert service["LogRateLimitIntervalSec"] == ["1"]
    assert int(service["LogRateLimitBurst"][0]) >= 1_000_000
    assert service["Environment"] == ["PYTHONUNBUFFERED=1"]


def test_a_slot_brings_along_what_copies_its_lines_into_the_file(render: Render) -> None:
    unit = parsed(render("gunicorn_systemd", "slot.service.j2"))["Unit"]
    assert unit["Wants"] == ["shop_dev-log.service"]
    copying = parsed(render("gunicorn_systemd", "log.service.j2"))["Service"]
    assert shlex.split(copying["ExecStart"][0])[-4:] == [
        *("/var/www/logs/gunicorn_dev.log", "/var/lib/shop_dev-log/cursor"),
        *("shop_dev@blue.service", "shop_dev@green.service"),
    ]
    assert copying["StateDirectory"] == ["shop_dev-log"]
    assert copying["ReadWritePaths"] == ["/var/www/logs"]


def test_the_health_is_asked_for_by_a_user_who_can_only_reach_the_socket(render: Render) -> None:
    service = parsed(render("gunicorn_systemd", "health.service.j2"))["Service"]
    assert service["DynamicUser"] == ["true"]
    assert service["SupplementaryGroups"] == ["shop_dev_web"]
    # The webhook is nobody's to read: neither in an argument nor in a file that the user sees.
    assert service["EnvironmentFile"] == ["-/etc/slipway/shop_dev-health.env"]
    assert shlex.split(service["ExecStart"][0])[-1] == "/etc/slipway/shop_dev-health.json"


@pytest.mark.parametrize(
    ("seconds", "settings"),
    [
        (60, {"OnActiveSec": ["1s"], "OnUnitActiveSec": ["60s"], "AccuracySec": ["1s"]}),
        ("5", {"OnActiveSec": ["1s"], "OnUnitActiveSec": ["5s"], "AccuracySec": ["1s"]}),
        (0, {"OnCalendar": ["2000-01-01"]}),
    ],
)
def test_the_health_is_asked_for_as_often_as_the_inventory_says(
    render: Render, evaluate: Evaluate, seconds: object, settings: Settings
) -> None:
    said = {"gunicorn_systemd_health_interval_seconds": seconds}
    assert parsed(render("gunicorn_systemd", "health.timer.j2", **said))["Timer"] == settings
    assert evaluate("gunicorn_systemd", "__gunicorn_systemd_health_asked", **said) is (seconds != 0)


@pytest.mark.parametrize(
    ("given", "port"),
    [
        ({}, 0),
        ({"nginx_tls": "letsencrypt"}, 443),
        ({"nginx_tls": "files", "nginx_https_port": 8443}, 8443),
        ({"gunicorn_systemd_tls_port": "444"}, 444),
    ],
)
def test_the_certificate_is_looked_at_where_nginx_has_one(
    evaluate: Evaluate, given: dict[str, object], port: int
) -> None:
    assert evaluate("gunicorn_systemd", "__gunicorn_systemd_health", **given)["tls_port"] == port


@pytest.mark.parametrize("seconds", [30, "30"], ids=["a number", "from the command line"])
def test_systemd_waits_longer_than_gunicorn_does(
    slot: Callable[..., Settings], seconds: object
) -> None:
    service = slot(gunicorn_systemd_graceful_timeout_seconds=seconds)
    assert service["TimeoutStopSec"] == ["35"]


def test_more_lines_for_the_unit_win_over_slipways_own(slot: Callable[..., Settings]) -> None:
    lines = ["MemoryMax=1G", "MemoryDenyWriteExecute=false"]
    service = slot(gunicorn_systemd_unit_options=lines)
    assert service["MemoryMax"] == ["1G"]
    assert service["MemoryDenyWriteExecute"] == ["true", "false"]


@pytest.fixture
def units(render: Render, tmp_path: Path) -> Path:
    """The directory of the units, for an instance below it that has a program to start."""
    root = tmp_path / "www"
    for template, name in (
        ("slot.service.j2", "shop_dev@.service"),
        ("instance.service.j2", "shop_dev.service"),
        ("log.service.j2", "shop_dev-log.service"),
        ("health.service.j2", "shop_dev-health.service"),
        ("health.timer.j2", "shop_dev-health.timer"),
    ):
        (tmp_path / name).write_text(render("gunicorn_systemd", template, slipway_root=str(root)))
    program = root / "shop/dev/slots/blue/.venv/bin/gunicorn"
    program.parent.mkdir(parents=True)
    program.symlink_to("/bin/true")
    # What systemd-analyze calls an instance that it was not told of.
    for name in ("i", "test-instance"):
        (root / "shop/dev/slots" / name).symlink_to("blue")
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_systemd_has_nothing_to_complain_about(units: Path, name: str) -> None:
    command = ["systemd-analyze", "verify", "--man=no", str(units / name)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in said.stderr.splitlines() if "shop_dev" in line]
    assert (said.returncode, ours) == (0, []), said.stderr


@needs_systemd
@pytest.mark.parametrize("name", EXPOSED)
def test_a_unit_is_hardly_exposed(units: Path, name: str) -> None:
    command = ["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=20"]
    said = subprocess.run(
        [*command, str(units / name)], capture_output=True, text=True, check=False
    )
    if "unrecognized option" in said.stderr:
        pytest.skip("systemd-analyze is too old to judge a unit that is not loaded")
    assert said.returncode == 0, said.stdout + said.stderr


def unescaped(command: str) -> list[str]:
    """The words that systemd starts (systemd.service(5), COMMAND LINES; systemd.unit(5))."""
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(command)]


@pytest.mark.parametrize("slot", ["blue", "green"])
@pytest.mark.parametrize(("setting", "verb"), [("ExecStart", "start"), ("ExecReload", "reload")])
def test_the_unit_that_people_use_acts_on_the_live_slot(
    render: Render, tmp_path: Path, setting: str, verb: str, slot: str
) -> None:
    text = render("gunicorn_systemd", "instance.service.j2", slipway_root=str(tmp_path))
    (command,) = parsed(text)["Service"][setting]
    (tmp_path / "shop/dev").mkdir(parents=True)
    (tmp_path / "shop/dev/current.sock").symlink_to(f"/run/shop_dev-{slot}/gunicorn.sock")
    systemctl = tmp_path / "systemctl"
    systemctl.write_text("#!/bin/sh\necho $*\n")
    systemctl.chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = subprocess.run(unescaped(command), env=path, capture_output=True, text=True, check=True)
    assert said.stdout == f"{verb} shop_dev@{slot}.service\n"


def test_the_unit_that_people_use_starts_at_boot_once_there_is_a_release(render: Render) -> None:
    unit = parsed(render("gunicorn_systemd", "instance.service.j2"))
    assert unit["Install"] == {"WantedBy": ["multi-user.target"]}
    assert unit["Unit"]["ConditionPathIsSymbolicLink"] == ["/var/www/shop/dev/current.sock"]
