"""What the application and the log learn of a request, and what becomes of long-lived answers."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

APPLICATION, FRONT = 8080, 8081
PROXY = "--interface 127.0.0.2"
LOG = "/var/log/nginx/shop_dev.access.log"
GIVEN = "given-0123456789"
KEYS = "time request_id address host method uri protocol status bytes seconds upstream_seconds"
FILES = Path(__file__).parents[1] / "files"

Ask = Callable[..., Any]


def told(ask: Ask, *options: str, port: int = APPLICATION) -> dict[str, str]:
    """The headers that the application gets of a request."""
    answer = ask("/", *options, port=port)
    found: dict[str, str] = json.loads(answer.body)
    assert answer.headers["X-Request-ID"] == found["X-Request-ID"]
    return found


def speak(host: Host, program: str, port: int) -> str:
    """What a program of this scenario comes to that speaks to a site."""
    done = host.run("python3 -c %s %s", (FILES / program).read_text(), str(port))
    assert done.rc == 0, done
    return str(done.stdout)


def last_line(host: Host, log: str = LOG) -> str:
    """The last line of an access log, which nginx writes to within a second."""
    return str(host.check_output(f"sleep 1.2; tail --lines 1 {log}"))


def logged(host: Host) -> dict[str, Any]:
    """The last line of the access log."""
    found: dict[str, Any] = json.loads(last_line(host))
    return found


def test_a_proxy_that_is_trusted_is_believed(ask: Ask, host: Host) -> None:
    said = ["X-Forwarded-For: 203.0.113.9, 192.0.2.7", "X-Forwarded-Proto: https"]
    words = [f"-H '{line}'" for line in (*said, f"X-Request-ID: {GIVEN}")]
    found = told(ask, PROXY, *words)
    names = ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto", "X-Request-ID")
    # Of several addresses it wrote the last one itself.
    assert [found[name] for name in names] == ["192.0.2.7", "192.0.2.7", "https", GIVEN]
    line = logged(host)
    assert (line["address"], line["request_id"]) == ("192.0.2.7", GIVEN)


def test_what_anyone_else_says_of_himself_is_not_believed(ask: Ask, host: Host) -> None:
    own = host.check_output("hostname -I").split()[0]
    said = ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https", f"X-Request-ID: {GIVEN}"]
    said += ["X-Forwarded-Ssl: on", "X-Forwarded-Protocol: ssl", "X-Forwarded-Host: other.test"]
    said += ["X-Real-IP: 192.0.2.7", "Forwarded: for=192.0.2.7", "Proxy: http://other.test"]
    found = told(ask, f"--interface {own}", *[f"-H '{line}'" for line in said])
    names = ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto")
    assert [found[name] for name in names] == [own, own, "http"]
    forged = {line.partition(":")[0] for line in said} - {*names, "X-Request-ID"}
    assert not forged & set(found)
    assert re.fullmatch("[0-9a-f]{32}", found["X-Request-ID"])
    assert logged(host)["address"] == own


def test_the_host_itself_may_say_the_scheme_alone(ask: Ask) -> None:
    found = told(ask, "-H 'X-Forwarded-Proto: https'", "-H 'X-Forwarded-For: 192.0.2.7'")
    assert (found["X-Forwarded-Proto"], found["X-Forwarded-For"]) == ("https", "127.0.0.1")


@pytest.mark.parametrize("given", ["short", "x" * 129, 'quoted"0123456789', "a b c d e f g h"])
def test_an_id_that_no_proxy_would_make_is_replaced(ask: Ask, given: str) -> None:
    found = told(ask, PROXY, f"-H 'X-Request-ID: {given}'")
    assert re.fullmatch("[0-9a-f]{32}", found["X-Request-ID"])


def test_an_answer_has_one_request_id(ask: Ask, host: Host) -> None:
    headers = ask("/own").headers
    assert headers.get_all("X-Request-ID") == [logged(host)["request_id"]]


def test_behind_a_web_server_the_application_learns_who_asked_that(ask: Ask, host: Host) -> None:
    visitor = ["--interface 127.0.0.9", "-H 'X-Forwarded-For: 192.0.2.7'"]
    found = told(ask, *visitor, f"-H 'X-Request-ID: {GIVEN}'", port=FRONT)
    assert found["X-Forwarded-For"] == "127.0.0.9"
    line = logged(host)
    assert line["address"] == "127.0.0.9"
    assert line["request_id"] == found["X-Request-ID"] != GIVEN


def test_a_line_of_the_log_is_json_without_a_query(ask: Ask, host: Host) -> None:
    agent = 'odd "agent" \\\\ of ours'
    ask("/error?token=secret", f"-A '{agent}' -e 'http://dev.test/a?token=secret'")
    line = logged(host)
    assert list(line) == [*KEYS.split(), "referer", "agent"]
    assert (line["method"], line["uri"], line["status"]) == ("GET", "/error", 500)
    assert (line["host"], line["referer"]) == ("dev.test", "http://dev.test/a")
    assert line["agent"] == agent
    assert 0 <= line["seconds"] < 5


def test_a_file_with_a_hash_is_logged_like_all_else_without_an_id(ask: Ask, host: Host) -> None:
    headers = ask("/assets/board.0123456789ab.css").headers
    line = logged(host)
    assert list(line) == [*KEYS.split(), "referer", "agent"]
    assert (line["uri"], line["status"]) == ("/assets/board.0123456789ab.css", 200)
    assert line["request_id"] == ""
    assert headers["X-Request-ID"] is None


def test_the_other_form_of_the_log_has_no_query_either(ask: Ask, host: Host) -> None:
    ask("/?token=secret", "-A probe", port=FRONT)
    line = last_line(host, "/var/log/nginx/shop_front.access.log")
    assert re.fullmatch(r'127.0.0.1 - - \[.*] "GET / HTTP/1.1" 200 \d+ "-?" "probe"', line)


@pytest.mark.parametrize("port", [APPLICATION, FRONT])
def test_a_websocket_is_opened_and_carries_words_both_ways(host: Host, port: int) -> None:
    said = speak(host, "websocket.py", port)
    assert said.startswith("HTTP/1.1 101 Switching Protocols|ping|"), said
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in said


def test_no_other_protocol_is_changed_to(ask: Ask) -> None:
    found = told(ask, "-H 'Upgrade: h2c'", "-H 'Connection: Upgrade, HTTP2-Settings'")
    assert "Upgrade" not in found
    assert found["Connection"] == "close"


@pytest.mark.parametrize("port", [APPLICATION, FRONT])
def test_a_stream_arrives_as_it_is_made_compressed_too(host: Host, port: int) -> None:
    said = speak(host, "stream.py", port)
    first, last, seconds = said.split() or ["", "", "0"]
    assert (first, last) == ("first", "last"), said
    assert float(seconds) > 0.3, "it came when it had ended"


@pytest.mark.parametrize("port", [APPLICATION, FRONT])
def test_large_cookies_pass_both_ways(ask: Ask, port: int) -> None:
    assert len(told(ask, f"-H 'Cookie: large={'x' * 12000}'", port=port)["Cookie"]) > 12000
    answer = ask("/cookies", port=port)
    assert answer.status == 200, answer.text
    assert len(answer.headers["Set-Cookie"]) > 12000


@pytest.mark.parametrize(("accepted", "got"), [("gzip", "gzip"), ("gzip, br", "br"), ("x", None)])
def test_a_file_that_was_compressed_beforehand_is_sent_so(
    ask: Ask, accepted: str, got: str | None
) -> None:
    path = "/assets/board.0123456789ab.css"
    answer = ask(path, f"-H 'Accept-Encoding: {accepted}'")
    assert answer.headers["Content-Encoding"] == got
    assert answer.body == ("made beforehand" if got else "body {}")
    assert answer.headers["Content-Type"] == "text/css"
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_that_a_hashed_file_is_missing_is_not_kept_for_ever(ask: Ask) -> None:
    answer = ask("/assets/none.0123456789ab.css")
    assert answer.status == 404, answer.text
    assert answer.headers["Cache-Control"] is None


def test_a_pdf_is_left_to_the_browser_s_own_viewer(ask: Ask) -> None:
    headers = ask("/files/report.pdf").headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Security-Policy"] is None


def test_what_the_application_alone_may_send_nobody_gets_by_himself(ask: Ask) -> None:
    answer = ask("/protected")
    assert answer.body == "due", answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for path in ("/protected/invoice.txt", "/files/.protected/invoice.txt"):
        assert ask(path).status == 404


def test_a_template_of_one_s_own_changes_one_block_of_the_site(ask: Ask) -> None:
    assert ask("/about", port=FRONT).body == "in front"
    assert told(ask, port=FRONT)["Host"] == "dev.test"


def test_strangers_cannot_read_the_logs(host: Host) -> None:
    said = host.run(f"runuser -u nobody -- cat {LOG} {LOG.replace('access', 'error')}")
    assert said.stderr.count("Permission denied") == 2, said
