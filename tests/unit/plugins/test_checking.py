"""One check by the host's timer, of an application and a certificate that are real."""

import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import checking, served_certificate
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.roles.conftest import ROOT

NOW = 1_795_256_100.0


class Receiver(HTTPServer):
    """What a webhook leads to: it takes what it gets as it is told, and keeps it."""

    status = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Receiver)
        self.send_response(self.server.status)
        self.send_header("Location", self.server.url)
        self.end_headers()
        if self.server.status < 300:
            self.server.got.append(json.loads(body))

    def do_GET(self) -> None:
        """A redirect that was followed."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    """The configuration for an instance whose socket nobody listens on."""
    (tmp_path / "current.sock").symlink_to(tmp_path / "gunicorn.sock")
    return {
        **{"name": "shop_dev", "project": "shop", "env": "dev", "server": "web1"},
        **{"socket": str(tmp_path / "current.sock"), "path": "/health/", "status": 200},
        **{"host": "dev.example.com", "scheme": "http", "nginx_port": 0, "tls_port": 0},
        **{"failures": 2, "days": 14, "interval": 60},
    }


def check(config: dict[str, Any], place: Path, url: str = "", times: int = 1) -> dict[str, Any]:
    """The state after so many checks."""
    for _ in range(times):
        state = checking.check(config, str(place), url, NOW)
    assert json.loads((place / checking.FILE).read_text()) == state
    return state


def test_an_instance_without_a_release_is_no_failure(
    config: dict[str, Any], tmp_path: Path
) -> None:
    Path(config["socket"]).unlink()
    state = check(config, tmp_path, times=3)
    assert state["said"] == "no release yet"
    assert state["pending"] == []


def test_what_waits_to_be_told_waits_on_where_there_is_no_release_any_more(
    config: dict[str, Any], tmp_path: Path
) -> None:
    before = check(config, tmp_path, times=2)
    before["pending"] = before["changes"]
    (tmp_path / checking.FILE).write_text(json.dumps(before))
    Path(config["socket"]).unlink()
    state = check(config, tmp_path)
    assert [change["state"] for change in state["pending"]] == ["not well"]
    assert state["changes"] == before["changes"]


@pytest.mark.parametrize(("port", "kept"), [(0, set()), (443, {"ends", "ends_soon"})])
def test_where_there_is_no_tls_any_more_its_certificate_is_forgotten(
    config: dict[str, Any], tmp_path: Path, port: int, kept: set[str]
) -> None:
    (tmp_path / checking.FILE).write_text(json.dumps({"ends": NOW, "ends_soon": True}))
    state = check({**config, "tls_port": port}, tmp_path)
    assert {"ends", "ends_soon"} & state.keys() == kept


def test_nobody_on_the_socket_is_told_once_it_has_lasted(
    config: dict[str, Any], tmp_path: Path, receiver: Receiver
) -> None:
    check(config, tmp_path, receiver.url)
    assert receiver.got == []
    state = check(config, tmp_path, receiver.url, times=3)
    assert [message["state"] for message in receiver.got] == ["not well"]
    assert receiver.got[0]["text"].startswith("shop_dev on web1 is NOT WELL since ")
    assert state["pending"] == []


@pytest.mark.parametrize("status", [503, 301, 302, 307, 308])
def test_what_the_webhook_did_not_take_is_told_at_the_next_check(
    config: dict[str, Any], tmp_path: Path, receiver: Receiver, status: int
) -> None:
    receiver.status = status
    state = check(config, tmp_path, receiver.url, times=2)
    assert (len(state["pending"]), state["webhook"]) == (1, f"it answered {status}")
    receiver.status = 200
    state = check(config, tmp_path, receiver.url)
    assert (len(receiver.got), state["pending"], state["webhook"]) == (1, [], "")


def test_what_waits_is_told_in_its_order(
    config: dict[str, Any], tmp_path: Path, receiver: Receiver
) -> None:
    states = ("not well", "well", "not well")
    waiting = [{"state": s, "since": NOW, "said": s, "before_seconds": 9} for s in states]
    (tmp_path / checking.FILE).write_text(json.dumps({"pending": waiting}))
    check(config, tmp_path, receiver.url)
    assert [message["state"] for message in receiver.got] == list(states)


@pytest.mark.parametrize(
    "url",
    [
        "file:///s3cr3t",
        "http://[s3cr3t",
        "http://127.0.0.1:1/s3cr3t",
        "http://127.0.0.1:1/s3cr3t b",
    ],
)
def test_an_address_that_leads_nowhere_is_no_end_and_is_not_told(
    config: dict[str, Any], tmp_path: Path, url: str
) -> None:
    state = check(config, tmp_path, url, times=2)
    assert state["webhook"]
    assert "s3cr3t" not in json.dumps(state)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", "null", '"well"', "7", "[" * 100_000])
def test_a_state_that_was_cut_is_begun_anew(
    config: dict[str, Any], tmp_path: Path, text: str
) -> None:
    (tmp_path / checking.FILE).write_text(text)
    assert check(config, tmp_path)["failures"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"failures": "1"},
        {"milliseconds": "12"},
        {"milliseconds": [None]},
        {"changes": None},
        {"pending": [{"state": "not well"}]},
        {"since": "yesterday", "state": "well"},
        {"ends": "2026-11-21", "ends_soon": False},
        {"failing_since": float("inf")},
    ],
    ids=str,
)
def test_a_state_that_somebody_changed_is_begun_anew(
    config: dict[str, Any], tmp_path: Path, receiver: Receiver, wrong: dict[str, Any]
) -> None:
    before = check(config, tmp_path)
    (tmp_path / checking.FILE).write_text(json.dumps(before | {"failures": 7} | wrong))
    state = check({**config, "tls_port": 1}, tmp_path, receiver.url)
    assert (state["failures"], state["state"], state["pending"]) == (1, "", [])
    assert receiver.got == []


def test_without_a_webhook_nothing_waits_to_be_told(config: dict[str, Any], tmp_path: Path) -> None:
    assert check(config, tmp_path, times=2)["pending"] == []


def test_the_program_runs_with_nothing_but_the_modules_that_the_role_brings(
    config: dict[str, Any], tmp_path: Path
) -> None:
    variables = (ROOT / "roles/gunicorn_systemd/vars/main.yml").read_text()
    place = tmp_path / "lib/ansible_collections/slipway/django/plugins/module_utils"
    place.mkdir(parents=True)
    for path in (ROOT / "plugins/module_utils").glob("*.py"):
        if f"/module_utils/{path.name}'" in variables:
            (place / path.name).write_bytes(path.read_bytes())
    program = tmp_path / "lib/health.py"
    program.write_bytes((ROOT / "roles/gunicorn_systemd/files/health.py").read_bytes())
    (tmp_path / "config.json").write_text(json.dumps(config))
    command = ["/usr/bin/python3", "-I", program, tmp_path / "config.json"]
    environment = {"STATE_DIRECTORY": str(tmp_path), "PATH": os.environ["PATH"]}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("shop_dev: /health/ did not answer: ")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with its key that ends in 61 days."""
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=dev.example.com", "-days", "61"]
    done = subprocess.run(
        [*command, "-keyout", path, "-out", f"{path}.crt"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture
def served(certificate: Path) -> Iterator[int]:
    """The port of this host where it is served."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]

        def serve() -> None:
            with suppress(OSError), context.wrap_socket(server, server_side=True) as secure:
                secure.accept()[0].recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield port
        thread.join(timeout=5)


def test_the_end_of_a_certificate_is_read_whoever_vouches_for_it(served: int) -> None:
    ends = served_certificate.served("dev.example.com", served, 5)
    assert 60.9 < (ends - time.time()) / served_certificate.DAY_SECONDS <= 61


def test_a_port_without_tls_is_told() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(Failed, match="does not speak TLS for dev"),
    ):
        server.settimeout(0)
        served_certificate.served("dev.example.com", server.getsockname()[1], 0.2)


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"hello", b"\x30\x00"])
def test_what_is_no_certificate_is_told(data: bytes) -> None:
    with pytest.raises(Failed, match="is none"):
        served_certificate.ends(data)
