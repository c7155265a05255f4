"""Test hosts: containers of this checkout that boot systemd and are deployed to like servers."""

import contextlib
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from slipway import engine, state
from slipway.console import say, step
from slipway.engine import Engine
from slipway.errors import Problem
from slipway.testhost import container, image, keys, saved
from slipway.testhost.host import CHECKOUT_LABEL, TestHost, container_name, own_labels

# One call for both, since each costs a tenth of a second: let the key on stdin in, tell our own.
EXCHANGE_KEYS = """
key=$(cat); file=/root/.ssh/authorized_keys; umask 077
mkdir -p /root/.ssh; grep -qxF "$key" $file 2>/dev/null || echo "$key" >>$file
cat /etc/ssh/ssh_host_ed25519_key.pub
"""
# Docker's ten seconds would kill services that drain; systemd itself waits 90 for each.
REBOOT_SECONDS = 90
NOTHING: Mapping[Any, Any] = MappingProxyType({})


def up(
    name: str,
    distro: str = image.DEFAULT_DISTRO,
    *,
    publish: Mapping[int, int] = NOTHING,
    hostname: str | None = None,
    labels: Mapping[str, str] = NOTHING,
    saved_as: str = "",
) -> TestHost:
    """Return the host `name`, running and reachable: made, or started again, if need be.

    `publish` maps ports of this machine's loopback address to the host's own; `hostname` is
    `name` if not given; `saved_as` is what it begins from if it is not to be bare. A host that
    stands is kept with all that is on it, also when its image is outdated, which is said: only
    its owner knows whether it may go. Raises Problem where it differs from what is asked, since
    Docker cannot change it, where a port is taken, and where the host does not boot; a host made
    by this call is gone then.
    """
    _must_be_a_name(name)
    tag = saved.tag(saved_as) if saved_as else image.tag(distro)
    docker = engine.ensure()
    keys.private_key()  # may install ssh, which has a line of its own
    with _locked(name):
        if found := _find(docker, name):
            _must_suit(found, distro, tag, publish)
            return _ready(docker, name) if found["State"]["Running"] else _start(docker, name)
        if not saved_as:
            image.ensure(docker, distro)
        labels = {**labels, **own_labels(name, distro)}
        with step(f"Making the test host {name} ({saved_as or distro})"):
            return _make(docker, name, tag, hostname=hostname, publish=publish, labels=labels)


def down(name: str) -> bool:
    """Remove the host `name` and all that is on it; return whether there was one.

    Where no engine answers there is none: hosts stop with it, and `up` starts them again.
    """
    docker = engine.answering()
    if docker is None or not _find(docker, name):
        return False
    with _locked(name), step(f"Removing the test host {name}"):
        _remove(docker, name)
    return True


def listing() -> list[TestHost]:
    """Return the hosts of this checkout by name, those that are stopped too."""
    docker = engine.answering()
    if docker is None:
        return []
    mine = f"label={CHECKOUT_LABEL}={state.CHECKOUT}"
    ids = docker.run("ps", "--all", "--quiet", "--filter", mine).split()
    hosts = map(TestHost.from_inspect, container.inspect(docker, *ids))
    return sorted(hosts, key=lambda host: host.name)


def exec_(name: str, argv: Sequence[str], feed: str = "") -> subprocess.CompletedProcess[str]:
    """Run `argv` as root in the host with `feed` on its stdin; return what it said.

    It goes round SSH, so it works where SSH is what is broken. Raises Problem where there is no
    such host.
    """
    docker = engine.ensure()
    _must_find(docker, name)
    return docker.attempt("exec", "--interactive", container_name(name), *argv, feed=feed)


def reboot(name: str) -> TestHost:
    """Restart the host as a reboot would; return it, reachable again, with its new SSH port.

    Raises Problem where there is no such host or it does not come back.
    """
    docker = engine.ensure()
    _must_find(docker, name)
    with _locked(name), step(f"Rebooting the test host {name}"):
        docker.run("restart", f"--time={REBOOT_SECONDS}", container_name(name))
        return _ready(docker, name)


def _make(
    docker: Engine,
    name: str,
    tag: str,
    *,
    hostname: str | None,
    publish: Mapping[int, int],
    labels: Mapping[str, str],
) -> TestHost:
    own = container_name(name)
    with _undone_on_failure(docker, name):
        container.create(
            docker, own, tag, hostname=hostname or name, publish=publish, labels=labels
        )
        return _ready(docker, name)


def _start(docker: Engine, name: str) -> TestHost:
    with step(f"Starting the test host {name}"):
        container.start(docker, container_name(name))
        return _ready(docker, name)


def _ready(docker: Engine, name: str) -> TestHost:
    """Return the running host once systemd is up and root can log in with the checkout's key."""
    container.await_boot(docker, container_name(name))
    public = keys.private_key().with_suffix(".pub").read_text()
    exchange = ["exec", "--interactive", container_name(name), "sh", "-c", EXCHANGE_KEYS]
    keys.trust(container_name(name), docker.run(*exchange, feed=public))
    host = TestHost.from_inspect(_must_find(docker, name))
    container.await_ssh(host.ssh_port)
    return host


@contextlib.contextmanager
def _undone_on_failure(docker: Engine, name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        _remove(docker, name)
        raise


def _remove(docker: Engine, name: str) -> None:
    container.remove(docker, container_name(name))
    keys.forget(container_name(name))


def _locked(name: str) -> contextlib.AbstractContextManager[None]:
    return state.locked(f"host-{name}")


def _find(docker: Engine, name: str) -> dict[str, Any] | None:
    return next(iter(container.inspect(docker, container_name(name))), None)


def _must_find(docker: Engine, name: str) -> dict[str, Any]:
    if found := _find(docker, name):
        return found
    raise Problem(f"There is no test host {name}: `python -m slipway.testhost up {name}` makes it.")


def _must_be_a_name(name: str) -> None:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name):
        raise Problem(f"{name!r} cannot name a test host: use lower-case letters, digits and -.")


def _must_suit(found: Mapping[str, Any], distro: str, tag: str, publish: Mapping[int, int]) -> None:
    """Refuse a host that is not what is asked for; say so where only its image is outdated."""
    host = TestHost.from_inspect(found)
    remedy = f"`python -m slipway.testhost down {host.name}`"
    if host.distro != distro:
        raise Problem(
            f"The test host {host.name} runs {host.distro}, not {distro}: {remedy} first."
        )
    bindings = found["HostConfig"]["PortBindings"]
    for ours, its in publish.items():
        if str(ours) not in [each["HostPort"] for each in bindings.get(f"{its}/tcp") or []]:
            raise Problem(f"The test host {host.name} has no port {ours}:{its}: {remedy} first.")
    if found["Config"]["Image"] != tag:
        say(f"The test host {host.name} runs an outdated image; {remedy} and up again renew it.")
