"""Test-host images: a bare distribution with systemd, sshd and this machine's CA certificates."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from slipway import state
from slipway.console import step
from slipway.engine import Engine
from slipway.errors import unknown
from slipway.testhost import bootstrap, warm
from slipway.testhost.bootstrap import Distro

RECIPE = state.CHECKOUT / "templates" / "testhost"
CERTIFICATES = Path("/usr/local/share/ca-certificates")
PROXIES = tuple(f"{scheme}_proxy" for scheme in ("http", "https", "no", "all"))
PULL_SECONDS = 300

DISTROS = {
    "debian12": Distro("Debian 12", "debian", "bookworm", "debian:12"),
    "debian13": Distro("Debian 13", "debian", "trixie", "debian:13"),
    "ubuntu2204": Distro("Ubuntu 22.04", "ubuntu", "jammy", "ubuntu:22.04"),
    "ubuntu2404": Distro("Ubuntu 24.04", "ubuntu", "noble", "ubuntu:24.04"),
}
DEFAULT_DISTRO = "debian13"


def tag(name: str) -> str:
    """Return the tag of the image of the distribution `name`; it changes with whatever goes in.

    Raises Problem for an unknown name.
    """
    return _tags(name)[1]


def ensure(engine: Engine, name: str = DEFAULT_DISTRO) -> str:
    """Return the tag of the image of the distribution `name`, built first if it is not there.

    Raises Problem for an unknown name and where neither a registry nor a package mirror helps.
    """
    cold, wanted = _tags(name)
    with state.locked(f"image-{name}"):
        if not _exists(engine, cold):
            base = _base(engine, name)
            with step(f"Building the test host image ({_distro(name).title})"):
                _build(engine, base, cold)
    with state.locked(f"image-{name}-warm"):
        if not _exists(engine, wanted):
            warm.build(engine, cold, _proxies())
    return wanted


def passed_proxies() -> dict[str, str]:
    """Return the proxies that this machine's environment names, in either case."""
    return {key: value for key, value in os.environ.items() if key.lower() in PROXIES and value}


def _tags(name: str) -> tuple[str, str]:
    """Return the tags of the image as it is without packages, and as it is asked for."""
    digest = hashlib.sha256(_distro(name).suite.encode())
    for target, source in sorted(_ingredients()):
        digest.update(f"\0{target}\0".encode() + source.read_bytes())
    cold = f"slipway-testhost:{name}-{digest.hexdigest()[:12]}"
    return cold, warm.tag(cold) if warm.asked() else cold


def _distro(name: str) -> Distro:
    if name in DISTROS:
        return DISTROS[name]
    raise unknown(f"test host image for {name}", name, DISTROS)


def _ingredients() -> Iterator[tuple[str, Path]]:
    """Yield each file of the build context with its name in there."""
    for name in ("Dockerfile", "entry"):
        yield name, RECIPE / name
    for certificate in CERTIFICATES.rglob("*.crt"):
        yield f"ca/{'-'.join(certificate.relative_to(CERTIFICATES).parts)}", certificate


def _exists(engine: Engine, image: str) -> bool:
    return engine.attempt("image", "inspect", image).returncode == 0


def _proxies() -> list[str]:
    return [f"--build-arg={key}={value}" for key, value in passed_proxies().items()]


def _build(engine: Engine, base: str, wanted: str) -> None:
    with tempfile.TemporaryDirectory(prefix="slipway-") as context:
        (Path(context) / "ca").mkdir()
        for target, source in _ingredients():
            shutil.copy(source, Path(context) / target)
        options = ["--quiet", "--force-rm", "--tag", wanted, f"--build-arg=BASE={base}"]
        engine.run("build", *options, *_proxies(), context)


def _base(engine: Engine, name: str) -> str:
    """Return an image of the bare distribution: the public one, else one made from packages."""
    distro = _distro(name)
    own = f"slipway-base:{name}"
    if _exists(engine, own):
        return own
    if _exists(engine, distro.public_image) or _pull(engine, distro.public_image):
        return distro.public_image
    bootstrap.make(engine, distro, own)
    return own


def _pull(engine: Engine, image: str) -> bool:
    with step(f"Pulling {image}, if a registry answers"):
        try:
            done = engine.attempt("pull", "--quiet", image, timeout=PULL_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0
