"""A test host as Docker sees it: the flags with which systemd boots, the wait until it has."""

import json
import re
import socket
import time
from collections.abc import Mapping
from typing import Any

from slipway import machine
from slipway.engine import Engine
from slipway.errors import Problem
from slipway.testhost import image

BOOT_SECONDS = 120
SSH_SECONDS = 30
# What boots systemd where the machine itself lacks a capability, so that --privileged fails.
# AppArmor's profile for containers forbids the mounts that SYS_ADMIN is there for.
FLAGS = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
    *("--cgroupns", "private", "--tmpfs", "/run", "--tmpfs", "/tmp:exec"),  # noqa: S108
    *("--env", "container=docker", "--restart", "no"),
)


def inspect(engine: Engine, *names: str) -> list[dict[str, Any]]:
    """Return Docker's description of those containers in `names` that exist."""
    if not names:
        return []
    return list(json.loads(engine.attempt("container", "inspect", *names).stdout or "[]"))


def create(
    engine: Engine,
    name: str,
    image_tag: str,
    *,
    hostname: str,
    publish: Mapping[int, int],
    labels: Mapping[str, str],
) -> None:
    """Make and start the container `name`; `publish` maps this machine's ports to its own.

    Everything is published on the loopback address, SSH on a port that Docker chooses. Raises
    Problem where a port is taken or Docker refuses, which may leave a container that never ran.
    """
    options = ["--name", name, "--hostname", hostname, "--publish", "127.0.0.1::22"]
    for ours, its in publish.items():
        options += ["--publish", f"127.0.0.1:{ours}:{its}"]
    for key, value in labels.items():
        options += ["--label", f"{key}={value}"]
    for key, value in image.passed_proxies().items():
        options += ["--env", f"{key}={value}"]
    _run_or_name_port(engine, "run", "--detach", *FLAGS, *options, image_tag)


def start(engine: Engine, name: str) -> None:
    """Start the stopped container `name`. Raises Problem where one of its ports is taken by now."""
    _run_or_name_port(engine, "start", name)


def remove(engine: Engine, name: str) -> None:
    """Remove the container `name` with its volumes, running or not."""
    engine.attempt("rm", "--force", "--volumes", name)


def await_boot(engine: Engine, name: str) -> None:
    """Wait until systemd in the container says running or degraded.

    Raises Problem with what it is waiting for, or its last words, after BOOT_SECONDS.
    """
    deadline = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < deadline:
        asked = engine.attempt("exec", name, "systemctl", "is-system-running")
        if asked.stdout.strip() in ("running", "degraded"):
            return
        if not any(each["State"]["Running"] for each in inspect(engine, name)):
            break
        time.sleep(0.1)
    jobs = engine.attempt("exec", name, "systemctl", "list-jobs", "--no-pager")
    logs = engine.attempt("logs", "--tail", "5", name)
    words = machine.last_lines(jobs.stdout) or machine.last_lines(logs.stdout + logs.stderr)
    raise Problem(f"systemd did not come up in the test host {name}: {words or 'it says nothing'}")


def await_ssh(port: int) -> None:
    """Wait for an SSH server at this machine's `port`. Raises Problem after SSH_SECONDS."""
    deadline = time.monotonic() + SSH_SECONDS
    while time.monotonic() < deadline:
        # Docker's proxy accepts connections before sshd listens: only the banner proves it.
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise Problem(
        f"No SSH server answers at 127.0.0.1:{port}: the engine must publish ports on this machine."
    )


def _run_or_name_port(engine: Engine, *arguments: str) -> None:
    try:
        engine.run(*arguments)
    except Problem as problem:
        taken = re.search(r"127\.0\.0\.1:(\d+).*already (?:allocated|in use)", str(problem))
        if taken is None:
            raise
        raise Problem(
            f"Port {taken[1]} of this machine is taken: free it or publish another one."
        ) from problem
