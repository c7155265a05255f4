"""Questions to an application, asked of a real server on a Unix socket."""

import os
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import certificates
from ansible_collections.slipway.django.plugins.module_utils.asking import Question, runs
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.plugins.conftest import Release

QUESTION = Question("/health/", "shop.example.com", "https", 200, timeout=5)


@dataclass
class Application:
    """A server that answers as it is told, and what it was asked."""

    path: str
    port: int = 0
    status: int = 200
    body: bytes = b"well"
    location: str = ""
    delay: float = 0
    asked: list[dict[str, str]] = field(default_factory=list)


def handler(application: Application) -> type[BaseHTTPRequestHandler]:
    """What answers the requests to an application."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            application.asked.append({"path": self.path, **self.headers})
            time.sleep(application.delay)
            self.send_response(application.status)
            self.send_header("Content-Length", str(len(application.body)))
            if application.location:
                self.send_header("Location", application.location)
            self.end_headers()
            self.wfile.write(application.body)

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    """An application that is well, on a Unix socket and on a port."""
    application = Application(str(tmp_path / "s"))
    on_socket = socketserver.UnixStreamServer(application.path, handler(application))
    on_port = socketserver.TCPServer(("127.0.0.1", 0), handler(application))
    application.port = on_port.server_address[1]
    for server in (on_socket, on_port):
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield application
    for server in (on_socket, on_port):
        server.shutdown()
        server.server_close()


class Quiet(socketserver.TCPServer):
    """A server that says nothing of clients who leave as soon as they know."""

    def handle_error(self, *_words: Any) -> None:
        """Say nothing."""


def refusal(question: Question, path: str) -> Failed:
    """The failure of a question."""
    with pytest.raises(Failed) as caught:
        question.ask_socket(path)
    return caught.value


def test_the_right_answer_names_the_process_that_gave_it(application: Application) -> None:
    assert QUESTION.ask_socket(application.path) == os.getpid()


def test_the_application_is_asked_as_a_visitor_asks_it(application: Application) -> None:
    QUESTION.ask_socket(application.path)
    (asked,) = application.asked
    assert asked["path"] == "/health/"
    assert asked["Host"] == "shop.example.com"
    assert asked["X-Forwarded-Proto"] == "https"


def test_the_web_server_is_asked_on_its_port_for_the_sites_name(application: Application) -> None:
    QUESTION.ask_nginx(application.port)
    assert [asked["Host"] for asked in application.asked] == ["shop.example.com"]


@pytest.fixture
def secure(application: Application, tmp_path: Path) -> Iterator[Application]:
    """What answers over TLS, to which the application sends visitors."""
    certificates.sign(["shop.example.com"], "shop", str(tmp_path))
    secure = Application(str(tmp_path / "secure"))
    server = Quiet(("127.0.0.1", 0), handler(secure))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "fullchain.pem", tmp_path / "privkey.pem")
    context.sni_callback = lambda _socket, name, _context: secure.asked.append({"sni": name})
    server.socket = context.wrap_socket(server.socket, server_side=True)
    secure.port = server.server_address[1]
    application.status = 302
    application.location = f"https://shop.example.com:{secure.port}/health/"
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield secure
    server.shutdown()
    server.server_close()


def test_who_is_sent_to_the_same_over_tls_asks_there(
    application: Application, secure: Application
) -> None:
    QUESTION.ask_nginx(application.port)
    assert [one.get("sni") or one["Host"] for one in secure.asked] == ["shop.example.com"] * 2
    secure.status = 500
    with pytest.raises(Failed, match="/health/ answered 500"):
        QUESTION.ask_nginx(application.port)


@pytest.mark.parametrize(
    "place",
    [
        "https://other.example.com:{port}/health/",
        "https://shop.example.com:{port}/login/",
        "https://shop.example.com:{port}/health/?next=1",
        "http://shop.example.com:{port}/health/",
        "https://shop.example.com:port/health/",
        "/health/",
    ],
)
def test_who_is_sent_elsewhere_does_not_go(
    application: Application, secure: Application, place: str
) -> None:
    application.location = place.format(port=secure.port)
    with pytest.raises(Failed, match="/health/ answered 302"):
        QUESTION.ask_nginx(application.port)
    assert secure.asked == []


def test_a_wrong_status_is_told_with_what_the_application_said(application: Application) -> None:
    application.status, application.body = 503, b"database: down\nqueue: up\n"
    failed = refusal(QUESTION, application.path)
    assert str(failed) == "/health/ answered 503 Service Unavailable, not 200."
    assert failed.evidence == ["database: down", "queue: up"]


@pytest.mark.parametrize("status", [204, 301, 404, 500])
def test_only_the_right_status_is_right(application: Application, status: int) -> None:
    application.status, application.body = status, b""
    assert str(refusal(QUESTION, application.path)).startswith(f"/health/ answered {status} ")


def test_a_long_answer_is_cut(application: Application) -> None:
    application.status, application.body = 500, b"x" * 100_000
    assert len("".join(refusal(QUESTION, application.path).evidence)) == 600


def test_an_answer_that_is_no_text_is_no_error(application: Application) -> None:
    application.status, application.body = 500, b"\xff\xfe"
    assert refusal(QUESTION, application.path).evidence == ["\N{REPLACEMENT CHARACTER}" * 2]


def test_another_status_may_be_the_right_one(application: Application) -> None:
    application.status = 302
    QUESTION.__class__("/", "shop", "http", 302, 5).ask_socket(application.path)


def test_an_application_that_takes_too_long_did_not_answer(application: Application) -> None:
    application.delay = 0.3
    failed = refusal(Question("/health/", "shop", "http", 200, timeout=0.1), application.path)
    assert str(failed) == "/health/ did not answer: timed out."


def test_a_socket_that_is_not_there_did_not_answer(tmp_path: Path) -> None:
    assert str(refusal(QUESTION, str(tmp_path / "none"))) == (
        "/health/ did not answer: [Errno 2] No such file or directory."
    )


def test_a_server_that_speaks_no_http_did_not_answer(tmp_path: Path) -> None:
    class Rude(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1000)
            self.request.sendall(b"SSH-2.0\r\n")

    with socketserver.UnixStreamServer(str(tmp_path / "s"), Rude) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        failed = refusal(QUESTION, str(tmp_path / "s"))
    assert str(failed).startswith("/health/ did not answer: SSH-2.0")


@pytest.mark.parametrize(("where", "right"), [("first", True), ("second", False)])
def test_a_process_is_told_by_the_release_that_it_runs_in(
    shop: Instance, release: Release, where: str, right: bool
) -> None:
    release("first")
    release("second")
    slot = Path(shop.slot("blue"))
    slot.symlink_to(f"../releases/{where}")
    with subprocess.Popen(["sleep", "30"], cwd=slot) as process:
        found = runs(process.pid, shop, "first")
        process.kill()
    assert found == right


def test_a_process_that_is_gone_runs_nothing(shop: Instance) -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    with pytest.raises(Failed, match="The process that answered is gone"):
        runs(process.pid, shop, "first")
