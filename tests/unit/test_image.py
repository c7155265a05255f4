"""Where the images of the test hosts come from, and what is said where none can be had."""

import platform
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slipway import engine
from slipway.errors import Problem
from slipway.testhost import bootstrap, image
from tests.unit.conftest import Docker

RELEASE = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nLabel: Debian\n"


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe, and a machine that trusts one more authority."""
    for name in ("Dockerfile", "entry"):
        (tmp_path / name).write_text(name)
    (tmp_path / "certificates" / "company").mkdir(parents=True)
    (tmp_path / "certificates" / "company" / "ca.crt").write_text("certificate")
    monkeypatch.setattr(image, "RECIPE", tmp_path)
    monkeypatch.setattr(image, "CERTIFICATES", tmp_path / "certificates")
    return tmp_path


@pytest.fixture
def no_registry(docker: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    """A Debian 12 that no registry serves; mmdebstrap is there and writes its tar."""
    keyring = tmp_path / "keyring.gpg"
    keyring.touch()
    archive = bootstrap.Archive("Debian", str(keyring), "debian-archive-keyring")
    monkeypatch.setattr(bootstrap, "ARCHIVES", bootstrap.ARCHIVES | {"debian": archive})
    here = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: here)
    shutil.rmtree(docker.files / "registry")
    for name in ("gpg", "apt-get"):
        docker.commands.add(name)
    docker.commands.add("mmdebstrap", 'touch "$4"')
    return docker


@pytest.fixture
def mirror() -> Iterator[str]:
    """A web server that has Debian's trixie and trixie-security, but no trixie-updates."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there = self.path.startswith("/debian/") and "updates" not in self.path
            self.send_response(200 if there else 404)
            self.end_headers()
            self.wfile.write(RELEASE if there else b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def build(distro: str = "debian13") -> str:
    """Return the tag of the image, built if need be."""
    return image.ensure(engine.ensure(), distro)


def refusal(distro: str = "debian13") -> str:
    """Return the sentence with which the image is refused."""
    with pytest.raises(Problem) as caught:
        build(distro)
    return str(caught.value)


def test_an_image_is_built_once_on_the_public_one(docker: Docker, recipe: Path) -> None:
    assert build() == build()
    (call,) = docker.commands.calls("docker build")
    assert "--build-arg=BASE=debian:13" in call
    packed = docker.files / "context"
    assert (packed / "ca" / "company-ca.crt").read_text() == "certificate"


@pytest.mark.usefixtures("docker")
@pytest.mark.parametrize("changed", ["Dockerfile", "entry", "certificates/company/ca.crt"])
def test_the_tag_changes_with_whatever_goes_into_the_image(recipe: Path, changed: str) -> None:
    before = image.tag("debian13")
    (recipe / changed).write_text("something else")
    assert image.tag("debian13") != before


@pytest.mark.usefixtures("recipe")
def test_without_a_registry_the_image_is_made_from_packages(no_registry: Docker) -> None:
    build()
    (made,) = no_registry.commands.calls("mmdebstrap")
    assert "--variant=minbase" in made
    assert "trixie" in made
    (call,) = no_registry.commands.calls("docker build")
    assert "--build-arg=BASE=slipway-base:debian13" in call


@pytest.mark.usefixtures("recipe")
def test_the_packages_come_from_the_mirror_that_the_machine_uses(
    no_registry: Docker, mirror: str
) -> None:
    sources = [
        "https://vendor.invalid/ bookworm main",
        f"{mirror}/vendor bookworm main",
        f"{mirror}/debian bookworm main",
        f"{mirror}/debian bookworm contrib",
        f"{mirror}/debian bookworm-updates main",
        f"{mirror}/debian bookworm-security main",
        "cdrom:/disc bookworm main",
    ]
    no_registry.commands.add("apt-get", "\n".join(f'echo "{line}"' for line in sources))
    build()
    (made,) = no_registry.commands.calls("mmdebstrap")
    assert made.partition("base.tar ")[2] == (
        f"deb {mirror}/debian trixie main contrib deb {mirror}/debian trixie-security main"
    )


@pytest.mark.usefixtures("recipe")
def test_a_failing_mmdebstrap_is_quoted_and_leaves_nothing(
    no_registry: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    no_registry.commands.add("mmdebstrap", 'touch "$4"; echo "E: no space left" >&2; exit 25')
    assert refusal() == "mmdebstrap could not make Debian 13: E: no space left"
    assert no_registry.names("images") == []
    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("recipe")
def test_an_image_that_does_not_build_is_quoted(docker: Docker) -> None:
    (docker.files / "refuses" / "build").write_text("E: Unable to locate package dbus")
    assert refusal() == "docker build failed: E: Unable to locate package dbus"


@pytest.mark.usefixtures("no_registry", "recipe")
def test_ubuntu_is_not_made_on_another_system() -> None:
    assert refusal("ubuntu2404") == (
        "Ubuntu 24.04 cannot be had here: no registry answers for ubuntu:24.04, and only a machine "
        "that runs Ubuntu makes it from packages; choose a Debian."
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("debian31", "Did you mean debian13?"),
        ("Debian 12", "Did you mean debian12?"),
        ("ubuntu-24.04", "Did you mean ubuntu2404?"),
        ("fedora", "There is debian12, debian13, ubuntu2204, ubuntu2404."),
    ],
)
def test_an_unknown_distribution_is_answered_with_the_nearest_name(name: str, hint: str) -> None:
    with pytest.raises(Problem) as caught:
        image.tag(name)
    assert str(caught.value) == f"There is no test host image for {name}. {hint}"


def test_the_edit_loop_s_image_has_the_packages_of_the_roles(
    docker: Docker, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = image.ensure(engine.ensure(), "debian12")
    monkeypatch.setenv("SLIPWAY_WARM", "1")
    tag = image.ensure(engine.ensure(), "debian12")
    assert tag.startswith(f"{cold}-warm-"), recipe
    _, built = docker.commands.calls("docker build")
    assert f"--build-arg=BASE={cold}" in built
    assert {"postgresql", "nginx", "git"} <= set(built.partition("PACKAGES=")[2].split())
