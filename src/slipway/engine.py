"""The Docker Engine that runs the test hosts: found, or installed and started by Slipway itself."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from slipway import daemon, machine, state
from slipway.console import say, step
from slipway.errors import Problem

PURPOSE = "to run test hosts"
START_SECONDS = 60


@dataclass(frozen=True)
class Engine:
    """A Docker Engine that answers, and the words that reach it: `docker` or `sudo -n docker`."""

    command: tuple[str, ...]

    def attempt(
        self, *arguments: str, feed: str = "", timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `docker ARGUMENTS` and return what it said, whatever its exit code.

        `feed` goes to its stdin. Raises subprocess.TimeoutExpired after `timeout` seconds.
        """
        return machine.attempt([*self.command, *arguments], feed=feed, timeout=timeout)

    def run(self, *arguments: str, feed: str = "") -> str:
        """Return the output of `docker ARGUMENTS`. Raises Problem with its words if it fails."""
        done = self.attempt(*arguments, feed=feed)
        if done.returncode != 0:
            words = machine.last_lines(done.stderr or done.stdout)
            raise Problem(f"docker {arguments[0]} failed: {words}")
        return done.stdout.strip()


def answering() -> Engine | None:
    """Return the engine that answers now, here or at DOCKER_HOST; None where none does.

    Raises Problem where one runs and this user may not use it.
    """
    if not machine.find("docker"):
        return None
    done = machine.attempt(["docker", "version", "--format", "{{.Server.Version}}"])
    if done.returncode == 0:
        return Engine(("docker",))
    if "permission denied" not in done.stderr.lower():
        return None
    if root := machine.as_root():
        # sudo clears the environment.
        host = os.environ.get("DOCKER_HOST")
        return Engine((*root, "docker", *(("--host", host) if host else ())))
    raise Problem(
        "Docker runs, but this user may not use it: join its group "
        "(sudo usermod --append --groups docker $USER) and log in again."
    )


def ensure() -> Engine:
    """Return an engine that answers, installing and starting one where that is possible.

    Raises Problem where it is not: no Linux, no apt-get, no root's rights, SLIPWAY_INSTALL=0,
    a DOCKER_HOST that does not answer, or an engine that does not start.
    """
    if engine := answering():
        return engine
    _refuse_what_is_not_ours_to_start()
    with state.locked("engine"):
        if engine := answering():
            return engine
        machine.ensure_commands({"dockerd": "docker.io", "iptables": "iptables"}, PURPOSE)
        # From Debian 13 on the client is a package of its own.
        machine.ensure_commands({"docker": "docker-cli"}, PURPOSE)
        return _start()


def stop_if_ours() -> bool:
    """Stop the engine if this checkout started it, wait for its end, return whether it did.

    It goes on while a container runs in it, another clone's or another command's of this one. An
    engine that systemd manages is the machine's own, whoever asked systemd to start it.
    """
    with state.locked("engine"):
        pid = daemon.ours()
        if pid is None:
            return False
        engine = answering()
        if engine and (names := engine.run("ps", "--format", "{{.Names}}").split()):
            say(f"Docker goes on running for {', '.join(names)}.")
            return False
        with step("Stopping Docker"):
            daemon.end(pid)
        return True


def _refuse_what_is_not_ours_to_start() -> None:
    if host := os.environ.get("DOCKER_HOST"):
        raise Problem(f"No Docker answers at DOCKER_HOST={host}: start it or unset DOCKER_HOST.")
    if sys.platform != "linux":
        raise Problem("No Docker answers on this machine: install and start Docker Desktop.")
    if not machine.may_install():
        todo = "start dockerd" if machine.find("dockerd") else "install docker.io and start dockerd"
        raise Problem(f"No Docker answers, and SLIPWAY_INSTALL=0 keeps Slipway from it: {todo}.")


def _start() -> Engine:
    root = machine.as_root()
    if root is None:
        raise Problem(
            "Docker does not run, and this user is not root and has no passwordless sudo: "
            "start it (sudo systemctl start docker)."
        )
    with step("Starting Docker"):
        return _start_by_systemd(root) if machine.systemd_is_init() else _start_by_hand(root)


def _start_by_systemd(root: tuple[str, ...]) -> Engine:
    done = machine.attempt([*root, "systemctl", "start", "docker"])
    engine = _await_answer(in_vain=lambda: done.returncode != 0)
    if engine is None:
        words = machine.last_lines(done.stderr) or "it does not answer"
        raise Problem(f"Docker did not start ({words}): see journalctl --unit docker.")
    return engine


def _start_by_hand(root: tuple[str, ...]) -> Engine:
    process = daemon.launch(root)
    engine = _await_answer(in_vain=lambda: process.poll() is not None)
    if engine is None:
        words = machine.last_lines(daemon.log().read_text(errors="replace"))
        raise Problem(f"dockerd did not start, its log {daemon.log()} ends: {words}")
    # Another checkout's daemon may have been quicker; ours has then ended by itself.
    if process.poll() is None:
        daemon.remember()
    return engine


def _await_answer(in_vain: Callable[[], bool]) -> Engine | None:
    """Return the engine as soon as it answers; None after START_SECONDS, or once it is in vain."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        hopeless = in_vain()  # asked first: an engine may answer and its starter end in between
        if engine := answering():
            return engine
        if hopeless:
            return None
        time.sleep(0.2)
    return None
