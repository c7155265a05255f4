"""What the application and the log learn of a request, and what becomes of long-lived answers."""

import json
import re
from email import message_from_string
from email.message import Message
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


def ask(host: Host, path: str, *options: str, port: int = APPLICATION) -> tuple[Message, str]:
    """Ask a site for a path; the headers of the answer, its status among them, and its body."""
    words = ["curl --silent --show-error --max-time 10 --include -H 'Host: dev.test'", *options]
    done = host.run(f"{' '.join(words)} 'http://127.0.0.1:{port}{path}'")
    assert done.rc == 0, done
    head, _empty, body = str(done.stdout).replace("\r\n", "\n").partition("\n\n")
    return message_from_string(head.replace("HTTP/1.1 ", "Status: ", 1)), body


def told(host: Host, *options: str, port: int = APPLICATION) -> dict[str, str]:
    """The headers that the application gets of a request."""
    headers, body = ask(host, "/", *options, port=port)
    found: dict[str, str] = json.loads(body)
    assert headers["X-Request-ID"] == found["X-Request-ID"]
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


def test_a_proxy_that_is_trusted_is_believed(host: Host) -> None:
    said = ["X-Forwarded-For: 203.0.113.9, 192.0.2.7", "X-Forwarded-Proto: https"]
    words = [f"-H '{line}'" for line in (*said, f"X-Request-ID: {GIVEN}")]
    found = told(host, PROXY, *words)
    names = ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto", "X-Request-ID")
    # Of several addresses it wrote the last one itself.
    assert [found[name] for name in names] == ["192.0.2.7", "192.0.2.7", "https", GIVEN]
    line = logged(host)
    assert (line["address"], line["request_id"]) == ("192.0.2.7", GIVEN)


def test_what_anyone_else_says_of_himself_is_not_believed(host: Host) -> None:
    own = host.check_output("hostname -I").split()[0]
    said = ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https", f"X-Request-ID: {GIVEN}"]
    said += ["X-Forwarded-Ssl: on", "X-Forwarded-Protocol: ssl", "X-Forwarded-Host: other.test"]
    said += ["X-Real-IP: 192.0.2.7", "Forwarded: for=192.0.2.7", "Proxy: http://other.test"]
    found = told(host, f"--interface {own}", *[f"-H '{line}'" for line in said])
    names = ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto")
    assert [found[name] for name in names] == [own, own, "http"]
    forged = {line.partition(":")[0] for line in said} - {*names, "X-Request-ID"}
    assert not forged & set(found)
    assert re.fullmatch("[0-9a-f]{32}", found["X-Request-ID"])
    assert logged(host)["address"] == own


def test_the_host_itself_may_say_the_scheme_alone(host: Host) -> None:
    found = told(host, "-H 'X-Forwarded-Proto: https'", "-H 'X-Forwarded-For: 192.0.2.7'")
    assert (found["X-Forwarded-Proto"], found["X-Forwarded-For"]) == ("https", "127.0.0.1")


@pytest.mark.parametrize("given", ["short", "x" * 129, 'quoted"0123456789', "a b c d e f g h"])
def test_an_id_that_no_proxy_would_make_is_replaced(host: Host, given: str) -> None:
    found = told(host, PROXY, f"-H 'X-Request-ID: {given}'")
    assert re.fullmatch("[0-9a-f]{32}", found["X-Request-ID"])


def test_an_answer_has_one_request_id(host: Host) -> None:
    headers, _ = ask(host, "/own")
    assert headers.get_all("X-Request-ID") == [logged(host)["request_id"]]


def test_behind_a_web_server_the_application_learns_who_asked_that(host: Host) -> None:
    visitor = ["--interface 127.0.0.9", "-H 'X-Forwarded-For: 192.0.2.7'"]
    found = told(host, *visitor, f"-H 'X-Request-ID: {GIVEN}'", port=FRONT)
    assert found["X-Forwarded-For"] == "127.0.0.9"
    line = logged(host)
    assert line["address"] == "127.0.0.9"
    assert line["request_id"] == found["X-Request-ID"] != GIVEN


def test_a_line_of_the_log_is_json_without_a_query(host: Host) -> None:
    agent = 'odd "agent" \\\\ of ours'
    ask(host, "/error?token=secret", f"-A '{agent}' -e 'http://dev.test/a?token=secret'")
    line = logged(host)
    assert list(line) == [*KEYS.split(), "referer", "agent"]
    assert (line["method"], line["uri"], line["status"]) == ("GET", "/error", 500)
    assert (line["host"], line["referer"]) == ("dev.test", "http://dev.test/a")
    assert line["agent"] == agent
    assert 0 <= line["seconds"] < 5


def test_a_file_with_a_hash_is_logged_like_all_else_without_an_id(host: Host) -> None:
    headers, _ = ask(host, "/assets/board.0123456789ab.css")
    line = logged(host)
    assert list(line) == [*KEYS.split(), "referer", "agent"]
    assert (line["uri"], line["status"]) == ("/assets/board.0123456789ab.css", 200)
    assert line["request_id"] == ""
    assert headers["X-Request-ID"] is None


def test_the_other_form_of_the_log_has_no_query_either(host: Host) -> None:
    ask(host, "/?token=secret", "-A probe", port=FRONT)
    line = last_line(host, "/var/log/nginx/shop_front.access.log")
    assert re.fullmatch(r'127.0.0.1 - - \[.*] "GET / HTTP/1.1" 200 \d+ "-?" "probe"', line)


@pytest.mark.parametrize("port", [APPLICATION, FRONT])
def test_a_websocket_is_opened_and_carries_words_both_ways(host: Host, port: int) -> None:
    said = speak(host, "websocket.py", port)
    assert said.startswith("HTTP/1.1 101 Switching Protocols|ping|"), said
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in said


def test_no_other_protocol_is_changed_to(host: Host) -> None:
    found = told(host, "-H 'Upgrade: h2c'", "-H 'Connection: Upgrade, HTTP2-Settings'")
    assert "Upgrade" not in found
    assert found["Connection"] == "close"


@pytest.mark.parametrize("port", [APPLICATION, FRONT])
def test_a_stream_arrives_as_it_is_made_compressed_too(host: Host, port: int) -> None:
    said = speak(host, "stream.py", port)
    first, last, seconds = said.split() or ["", "", "0"]
    assert (first, last) == ("first", "last"), said
    assert float(seconds) > 0.3, "it came when it had ended"


@pytest.mark.parametrize("port", [APPLICATION, FRONT])
def test_large_cookies_pass_both_ways(host: Host, port: int) -> None:
    assert len(told(host, f"-H 'Cookie: large={'x' * 12000}'", port=port)["Cookie"]) > 12000
    headers, _ = ask(host, "/cookies", port=port)
    assert headers["Status"].startswith("200"), headers
    assert len(headers["Set-Cookie"]) > 12000


@pytest.mark.parametrize(("accepted", "got"), [("gzip", "gzip"), ("gzip, br", "br"), ("x", None)])
def test_a_file_that_was_compressed_beforehand_is_sent_so(
    host: Host, accepted: str, got: str | None
) -> None:
    path = "/assets/board.0123456789ab.css"
    headers, body = ask(host, path, f"-H 'Accept-Encoding: {accepted}'")
    assert headers["Content-Encoding"] == got
    assert body == ("made beforehand" if got else "body {}")
    assert headers["Content-Type"] == "text/css"
    assert headers["Vary"] == "Accept-Encoding"


def test_that_a_hashed_file_is_missing_is_not_kept_for_ever(host: Host) -> None:
    headers, _ = ask(host, "/assets/none.0123456789ab.css")
    assert headers["Status"].startswith("404")
    assert headers["Cache-Control"] is None


def test_a_pdf_is_left_to_the_browser_s_own_viewer(host: Host) -> None:
    headers, _ = ask(host, "/files/report.pdf")
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Security-Policy"] is None


def test_what_the_application_alone_may_send_nobody_gets_by_himself(host: Host) -> None:
    headers, body = ask(host, "/protected")
    assert body == "due", headers
    assert "sandbox" in headers["Content-Security-Policy"]
    for path in ("/protected/invoice.txt", "/files/.protected/invoice.txt"):
        assert ask(host, path)[0]["Status"].startswith("404")


def test_a_template_of_one_s_own_changes_one_block_of_the_site(host: Host) -> None:
    assert ask(host, "/about", port=FRONT)[1] == "in front"
    assert told(host, port=FRONT)["Host"] == "dev.test"


def test_strangers_cannot_read_the_logs(host: Host) -> None:
    said = host.run(f"runuser -u nobody -- cat {LOG} {LOG.replace('access', 'error')}")
    assert said.stderr.count("Permission denied") == 2, said
