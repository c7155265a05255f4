"""`python -m slipway.testhost`: test hosts for Molecule's playbooks and for people."""

import json
import re
import shlex
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from slipway import engine, testhost
from slipway.console import say
from slipway.errors import Problem
from slipway.testhost import image
from slipway.testhost.host import TestHost


def main(argv: Sequence[str]) -> int:
    """Do what `argv` says and return the exit code.

    Results go to stdout, progress and the sentence of a Problem to stderr.
    """
    options = _parser().parse_args(argv)
    try:
        options.act(options)
    except Problem as problem:
        say(str(problem))
        return 1
    return 0


def _up(options: Namespace) -> None:
    ports, hostname = dict(options.publish), options.hostname
    host = testhost.up(options.name, options.distro, publish=ports, hostname=hostname)
    _show(host, as_json=options.json)


def _down(options: Namespace) -> None:
    if not testhost.down(options.name):
        say(f"There is no test host {options.name}.")


def _reboot(options: Namespace) -> None:
    _show(testhost.reboot(options.name), as_json=options.json)


def _list(options: Namespace) -> None:
    hosts = testhost.listing()
    if options.json:
        say(json.dumps([_plain(host) for host in hosts], indent=2), result=True)
        return
    for host in hosts:
        where = f"127.0.0.1:{host.ssh_port}" if host.running else "stopped"
        say(f"{host.name:<24} {host.distro:<12} {where:<16} {host.address}".rstrip(), result=True)


def _image(options: Namespace) -> None:
    say(image.tag(options.distro), result=True)


def _build(options: Namespace) -> None:
    say(image.ensure(engine.ensure(), options.distro), result=True)


def _show(host: TestHost, *, as_json: bool) -> None:
    text = json.dumps(_plain(host), indent=2) if as_json else shlex.join(host.ssh_command())
    say(text, result=True)


def _plain(host: TestHost) -> dict[str, object]:
    known = {
        key: value if isinstance(value, int) else str(value) for key, value in asdict(host).items()
    }
    return {**known, "inventory_vars": host.inventory_vars()}


def _ports(text: str) -> tuple[int, int]:
    if not re.fullmatch(r"\d+:\d+", text):
        raise ArgumentTypeError(f"{text} is not of the form 8000:80")
    ours, its = text.split(":")
    return int(ours), int(its)


OPTIONS: dict[str, dict[str, Any]] = {
    "name": {},
    "--distro": {"default": image.DEFAULT_DISTRO, "help": ", ".join(image.DISTROS)},
    "--publish": {
        "metavar": "HOST:CONTAINER",
        "type": _ports,
        "action": "append",
        "default": [],
        "help": "publish the host's port CONTAINER at 127.0.0.1:HOST; may be repeated",
    },
    "--hostname": {"help": "what the host calls itself, its name if not given"},
    "--json": {"action": "store_true", "help": "print everything, for programs"},
}
COMMANDS: dict[str, tuple[Callable[[Namespace], None], str, tuple[str, ...]]] = {
    "up": (
        _up,
        "make a host, or start the one that stands, and print how to reach it",
        ("name", "--distro", "--publish", "--hostname", "--json"),
    ),
    "down": (_down, "remove a host and all that is on it", ("name",)),
    "reboot": (_reboot, "restart a host; its SSH port changes", ("name", "--json")),
    "list": (_list, "show this checkout's hosts", ("--json",)),
    "image": (_image, "print the tag of an image without building it", ("--distro",)),
    "build": (_build, "build an image if it is not there, print its tag", ("--distro",)),
}


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m slipway.testhost", description=testhost.__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (act, purpose, options) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.set_defaults(act=act)
        for option in options:
            command.add_argument(option, **OPTIONS[option])
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
