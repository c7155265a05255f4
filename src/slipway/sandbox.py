"""This checkout's own server: the test host that environment `local` is deployed to."""

import json
import os

from slipway import demo, engine, inventory, state, testhost
from slipway.errors import Problem
from slipway.testhost import image
from slipway.testhost.host import TestHost

NAME = "sandbox"
HTTP_PORT = 8000
BUNDLE = "/srv/demo.bundle"


def http_port() -> int:
    """Return the port of this machine that shows the site: 8000, or $SLIPWAY_HTTP_PORT."""
    port = os.environ.get("SLIPWAY_HTTP_PORT", str(HTTP_PORT))
    if not port.isdecimal():
        raise Problem(f"SLIPWAY_HTTP_PORT is {port!r}: set it to the number of a free port.")
    return int(port)


def up() -> TestHost:
    """Return the sandbox, made or started if need be, with the demo's repository on it."""
    distro = os.environ.get("SLIPWAY_DISTRO", image.DEFAULT_DISTRO)
    host = testhost.up(NAME, distro, publish={http_port(): 80})
    write_variables(host)
    put_demo(host)
    return host


def require() -> None:
    """Raise Problem unless the sandbox runs; its port may have changed since it was written."""
    found = [host for host in testhost.listing() if host.name == NAME and host.running]
    if not found:
        raise Problem("The server of `local` does not run: `./inv deploy local` makes it.")
    write_variables(found[0])


def write_variables(host: TestHost) -> None:
    """Tell the inventory where the sandbox listens and answers."""
    variables = host.inventory_vars() | {"slipway_url": f"http://localhost:{http_port()}/"}
    del variables["ansible_user"]  # a server of one's own has none either: role base finds out
    path = inventory.directory("local") / "host_vars" / f"{NAME}.yml"
    try:
        path.parent.mkdir(exist_ok=True)
        # JSON is YAML, and needs no care with quotes.
        path.write_text(json.dumps(variables, indent=2) + "\n")
    except OSError as error:
        raise Problem(
            f"{path} cannot be written ({error.strerror}): make the checkout writable, or let "
            "SLIPWAY_INVENTORIES name a copy of inventories/ that is."
        ) from error


def put_demo(host: TestHost) -> None:
    """Pack the demo and put it where the sandbox's git fetches it from."""
    repository = state.directory() / "demo"
    demo.update_repository(repository)
    bundle = demo.bundle(repository, state.directory() / "demo.bundle")
    engine.ensure().run("cp", str(bundle), f"{host.container}:{BUNDLE}")


def down() -> bool:
    """Remove the sandbox, and the engine if Slipway started it; whether there was a sandbox."""
    removed = testhost.down(NAME)
    engine.stop_if_ours()
    return removed
