"""A bare distribution made from its package mirror, for machines that no image registry serves."""

import platform
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway import machine
from slipway.console import step
from slipway.engine import Engine
from slipway.errors import Problem

POCKETS = ("", "-updates", "-security")
PROBE_SECONDS = 10


@dataclass(frozen=True)
class Distro:
    """A distribution that test hosts run: `system` is its ID in os-release, `suite` apt's name."""

    title: str
    system: str
    suite: str
    public_image: str


@dataclass(frozen=True)
class Archive:
    """Who signs a system's packages: the Origin of its Release files, the keys, their package."""

    origin: str
    keyring: str
    package: str


ARCHIVES = {
    "debian": Archive(
        "Debian", "/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"
    ),
    "ubuntu": Archive("Ubuntu", "/usr/share/keyrings/ubuntu-archive-keyring.gpg", "ubuntu-keyring"),
}


def make(engine: Engine, distro: Distro, image: str) -> None:
    """Make `image`: the distribution's essential packages, apt, and the CAs that https asks for.

    Raises Problem where this machine cannot; no part of an image and no file remains then.
    """
    if distro.system == "ubuntu" and _this_system().get("ID") != "ubuntu":
        raise Problem(
            f"{distro.title} cannot be had here: no registry answers for {distro.public_image}, "
            "and only a machine that runs Ubuntu makes it from packages; choose a Debian."
        )
    archive = ARCHIVES[distro.system]
    packages = {"mmdebstrap": "mmdebstrap", "gpg": "gpg", archive.keyring: archive.package}
    machine.ensure_commands(packages, f"to make {distro.title} without a registry")
    with step(f"Making {distro.title} from its packages"):
        _bootstrap(engine, distro, image)


def _bootstrap(engine: Engine, distro: Distro, image: str) -> None:
    with tempfile.TemporaryDirectory(prefix="slipway-") as directory:
        tar = str(Path(directory) / "base.tar")
        options = ["--variant=minbase", "--include=ca-certificates"]
        arguments = [*options, distro.suite, tar, *_sources(distro)]
        done = machine.attempt([*(machine.as_root() or ()), "mmdebstrap", *arguments])
        if done.returncode != 0:
            words = machine.last_lines(done.stderr)
            raise Problem(f"mmdebstrap could not make {distro.title}: {words}")
        engine.run("import", tar, image)


def _sources(distro: Distro) -> list[str]:
    """Return apt sources of the distribution at the mirrors that this machine itself uses.

    None where it runs another system or its mirrors lack the suite: mmdebstrap then takes its
    built-in mirror.
    """
    here = _this_system()
    if here.get("ID") != distro.system:
        return []
    origin = ARCHIVES[distro.system].origin
    sources = []
    for pocket in POCKETS:
        suite = distro.suite + pocket
        for mirror, components in _mirrors(here.get("VERSION_CODENAME", "") + pocket):
            if _serves(mirror, suite, origin):
                sources.append(f"deb {mirror} {suite} {' '.join(components)}")
                break
        if not sources:
            break
    return sources


def _mirrors(suite: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the web mirrors of `suite` in this machine's apt sources, each with its components."""
    line = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    done = machine.attempt(["apt-get", "indextargets", "--format", line, "Created-By: Packages"])
    mirrors: dict[str, dict[str, None]] = {}
    for row in done.stdout.splitlines():
        mirror, release, component = row.split()
        if release == suite and mirror.startswith("http"):
            mirrors.setdefault(mirror, {})[component] = None
    yield from ((mirror, list(components)) for mirror, components in mirrors.items())


def _serves(mirror: str, suite: str, origin: str) -> bool:
    """Return whether `mirror` has `suite` and it is the system's own, not some vendor's."""
    release = f"{mirror.rstrip('/')}/dists/{suite}/InRelease"
    try:
        with urllib.request.urlopen(release, timeout=PROBE_SECONDS) as answer:  # noqa: S310
            head = answer.read(1000).decode(errors="replace")
    except OSError:
        return False
    return f"\nOrigin: {origin}\n" in head


def _this_system() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
