"""The other tools, each in an environment of its own below `.slipway/`, with its version."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.rig import BUNDLE, ENV, Rig, instance_home
from slipway import state
from slipway.console import step
from slipway.errors import Problem
from slipway.machine import last_lines

SCRIPT, PYINFRA = "script", "pyinfra"
VERSIONS = {PYINFRA: "pyinfra==3.10.0", "fujin": "fujin-cli==0.27.1"}
# The same server for every contender.
SERVER = "gunicorn==27.0.1"
HERE = Path(__file__).parent


def install(rig: Rig, tool: str) -> Path:
    """Return the directory of a tool's programs, installed the first time. Raises Problem."""
    home = rig.directory / "tools" / VERSIONS[tool]
    programs = home / "bin"
    if (programs / tool).exists():
        return programs
    uv = Path(sys.executable).with_name("uv")
    with step(f"Installing {VERSIONS[tool]}"):
        quiet = ["--quiet", "--python"]
        for words in (
            ["venv", "--clear", *quiet, sys.executable, str(home)],
            ["pip", "install", "--compile-bytecode", *quiet, str(home), VERSIONS[tool]],
        ):
            done = subprocess.run(
                [uv, *words],
                env={"UV_SYSTEM_CERTS": "1"} | os.environ,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                raise Problem(f"{VERSIONS[tool]} cannot be installed: {last_lines(done.stderr)}")
    return programs


def on_host(name: str, project: str) -> str:
    """Return a script of this directory with what it must know about a contender before it."""
    given = {
        "HOME_OF": instance_home(project),
        "NAME": f"{project}_{ENV}",
        "SITE": f"{project}.test",
        "BUNDLE": BUNDLE,
        "SERVER": SERVER,
    }
    lines = [f"{variable}='{value}'" for variable, value in given.items()]
    return "\n".join([*lines, (HERE / name).read_text()])


def script(rig: Rig) -> str:
    """Release by the script, and return what it said."""
    return rig.run([*rig.ssh(), "sh -e -s"], feed=on_host("script.sh", SCRIPT))


def pyinfra(rig: Rig) -> list[str | Path]:
    """Return the command that deploys with pyinfra, its inventory written."""
    known = rig.directory / "known_hosts"
    for line in rig.host.known_hosts.read_text().splitlines():
        alias, _, key = line.partition(" ")
        if alias == rig.host.container:
            known.write_text(f"[127.0.0.1]:{rig.host.ssh_port} {key}\n")
    data = {
        "ssh_user": "deploy",
        "ssh_port": rig.host.ssh_port,
        "ssh_key": str(rig.host.key),
        "ssh_known_hosts_file": str(known),
        "home": instance_home(PYINFRA),
        "instance": f"{PYINFRA}_{ENV}",
        "bundle": BUNDLE,
    }
    inventory = rig.directory / "pyinfra_hosts.py"
    inventory.write_text(f"hosts = [('127.0.0.1', {data!r})]\n")
    return [install(rig, PYINFRA) / PYINFRA, inventory, HERE / "in_place.py", "-y"]


def versions() -> str:
    """What the table is about: Ansible's, Python's and the tools' versions."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    ansible = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "--version"],
        cwd=state.CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    first = ansible.stdout.splitlines()[0] if ansible.stdout else json.dumps("no ansible-playbook")
    return f"{first}, Python {python}, {SERVER}, {', '.join(VERSIONS.values())}"
