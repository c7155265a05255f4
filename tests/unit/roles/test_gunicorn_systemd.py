"""Gunicorn's configuration and the rotation of its log."""

import grp
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.roles.conftest import ROOT, Evaluate, Render


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


def test_only_the_webhook_s_own_file_is_hidden_and_always(evaluate: Evaluate) -> None:
    """Else --diff would show the old address as it is emptied, or hide the program."""
    role = ROOT / "roles/gunicorn_systemd"
    tasks = yaml.safe_load((role / "tasks/health_timer.yml").read_text())
    hidden = {}
    for task in tasks:
        expression = task["slipway.django.files"]["files"].strip("{} ")
        files = evaluate("gunicorn_systemd", expression, ansible_search_path=[str(role)])
        hidden |= {entry["path"]: task.get("no_log", False) for entry in files}
    assert [path for path in hidden if hidden[path] is not False] == [
        "/etc/slipway/shop_dev-health.env"
    ]
    assert hidden["/etc/slipway/shop_dev-health.env"] is True
    assert len(hidden) > 15


@pytest.mark.parametrize("logger", ["gunicorn.access", "gunicorn.error", "shop.views"])
def test_what_is_logged_goes_to_standard_error_once(
    configuration: Callable[..., dict[str, Any]], logger: str
) -> None:
    setting = configuration()["logconfig_dict"]
    script = (
        "import json, logging, logging.config, sys;"
        "logging.config.dictConfig(json.loads(sys.argv[1]));"
        "logging.getLogger(sys.argv[2]).info('GET /')"
    )
    command = [sys.executable, "-c", script, json.dumps(setting), logger]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (said.stderr, said.stdout) == (f"INFO {logger}: GET /\n", "")


def test_the_log_is_rotated_and_stays_roots(
    render: Render, evaluate: Evaluate, tmp_path: Path
) -> None:
    ours = {"log_file": str(tmp_path / "gunicorn_dev.log")}
    instance = {**evaluate("gunicorn_systemd", "gunicorn_systemd_instance"), **ours}
    text = render(
        "gunicorn_systemd",
        "logrotate.j2",
        gunicorn_systemd_instance=instance,
        gunicorn_systemd_log_days=3,
    )
    # What logrotate makes anew might take the place of what the copier has begun already.
    assert "nocreate\n" in text
    # A copy that is then cut short loses what was written in between.
    assert "copytruncate" not in text
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
