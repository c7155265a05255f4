"""Gunicorn's configuration and the rotation of its log."""

import grp
import logging.config
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.conftest import Evaluate, Render


@pytest.fixture
def configuration(render: Render) -> Callable[..., dict[str, Any]]:
    """What gunicorn reads, for an inventory that says more."""

    def values(**given: object) -> dict[str, Any]:
        text = render("gunicorn_systemd", "gunicorn.conf.py.j2", **given)
        found: dict[str, Any] = {}
        exec(compile(text, "gunicorn.conf.py", "exec"), found)  # noqa: S102 - as gunicorn does
        return found

    return values


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("workers", 2),
        ("worker_class", "gthread"),
        ("threads", 4),
        ("timeout", 30),
        ("graceful_timeout", 30),
        ("max_requests", 0),
        ("preload_app", True),
        ("umask", 0o007),
        ("forwarded_allow_ips", "*"),
    ],
)
def test_gunicorn_gets_the_defaults(
    configuration: Callable[..., dict[str, Any]], setting: str, value: object
) -> None:
    assert configuration()[setting] == value


@pytest.mark.parametrize(
    ("variable", "said", "setting", "value"),
    [
        ("workers", 8, "workers", 8),
        ("workers", "8", "workers", 8),
        ("worker_class", "uvicorn_worker.UvicornWorker", "worker_class", None),
        ("threads", 1, "threads", 1),
        ("worker_class", "sync", "threads", 1),
        ("worker_class", "asgi", "threads", 1),
        ("timeout_seconds", 120, "timeout", 120),
        ("graceful_timeout_seconds", 5, "graceful_timeout", 5),
        ("max_requests", 1000, "max_requests_jitter", 100),
        ("preload", False, "preload_app", False),
        ("preload", "no", "preload_app", False),
    ],
)
def test_gunicorn_gets_what_the_inventory_says(
    configuration: Callable[..., dict[str, Any]],
    variable: str,
    said: object,
    setting: str,
    value: object,
) -> None:
    found = configuration(**{f"gunicorn_systemd_{variable}": said})
    assert found[setting] == (said if value is None else value)


def test_requests_and_errors_reach_the_log_file(
    configuration: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "logs").mkdir()
    handlers = configuration(slipway_root=str(tmp_path))["logconfig_dict"]
    del handlers["root"]  # pytest's own
    logging.config.dictConfig(handlers)
    access = logging.getLogger("gunicorn.access")
    access.info("GET /")
    access.handlers.clear()
    assert (tmp_path / "logs/gunicorn_dev.log").read_text().endswith(" gunicorn.access: GET /\n")


def test_the_log_is_rotated_and_given_back_to_the_application(
    render: Render, evaluate: Evaluate, tmp_path: Path
) -> None:
    me = {
        "user": pwd.getpwuid(os.geteuid()).pw_name,
        "log_file": str(tmp_path / "gunicorn_dev.log"),
    }
    instance = {**evaluate("gunicorn_systemd", "gunicorn_systemd_instance"), **me}
    text = render(
        "gunicorn_systemd",
        "logrotate.j2",
        gunicorn_systemd_instance=instance,
        gunicorn_systemd_log_days=3,
    )
    assert f"create 0640 {me['user']} adm\n" in text
    program = shutil.which("logrotate", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or "adm" not in [group.gr_name for group in grp.getgrall()]:
        pytest.skip("logrotate or the group adm is not on this machine")
    (tmp_path / "logrotate").write_text(text)
    (tmp_path / "logrotate").chmod(0o644)
    (tmp_path / "gunicorn_dev.log").write_text("GET /\n")
    command = [program, "--debug", "--state", str(tmp_path / "state"), str(tmp_path / "logrotate")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "after 1 days (3 rotations)" in said.stderr, said.stderr
    assert "error" not in said.stderr, said.stderr
