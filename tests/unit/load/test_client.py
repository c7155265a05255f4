"""The load client against a server that misbehaves on purpose: whatever is lost is counted."""

import asyncio
import time

import pytest

from tests.load import report
from tests.load.client import Load
from tests.load.http import Answer, Connection, Lost
from tests.load.kinds import KINDS, Kind, Question, health, upload
from tests.unit.load.server import GOOD, Server, answer, chunked, serving

# It takes seconds to see that nobody answers.
pytestmark = pytest.mark.slow


def asked(server: Server, kind: Kind, seconds: float = 0.25, patience: float = 2.0) -> Load:
    """What a load of one kind found."""
    with serving(server):
        load = Load("127.0.0.1", "dev.test", port=server.port, kinds=[kind])
        load.patience = patience
        with load:
            time.sleep(seconds)
    assert load.records, "nothing was asked at all"
    return load


FAST = Kind("fast", 20, health)
KEPT = Kind("kept", 20, health, keep=True)
BOTH = (b"line 1\n", b"line 2\n")
LINES = Kind("lines", 20, lambda _number: Question("/", expected=b"".join(BOTH)))


def test_right_answers_are_no_failures_and_name_their_release() -> None:
    load = asked(Server(), FAST)
    assert not load.failures, load.failures
    assert report.releases(load) == {"one": len(load.records)}


@pytest.mark.parametrize(
    ("kind", "server", "failure"),
    [
        (FAST, Server(answer(b"Bad gateway", "502 Bad Gateway")), "status 502"),
        (FAST, Server(answer(b"", "302 Found", "Location: /login/")), "status 302"),
        (FAST, Server(b"", reset=True), "reset before the answer"),
        (FAST, Server(b"", close=True), "closed before the answer"),
        (FAST, Server(b"HTTP/1.1 200 OK\r\nCont", close=True), "closed within the headers"),
        (FAST, Server(answer(GOOD)[:-3], close=True), "closed within the body"),
        (FAST, Server(answer(GOOD)[:-3], reset=True), "reset within the body"),
        (FAST, Server(b"HTTP/1.1 200 OK\r\n\r\n", close=True), "does not say where it ends"),
        (FAST, Server(b"SSH-2.0-fake\r\n\r\n"), "not HTTP"),
        (FAST, Server(answer(b"<h1>Maintenance</h1>")), "another body: b'<h1>Maintenance"),
        (FAST, Server(answer(b'{"status": "ok"}')), "another body"),
        (FAST, Server(delay=9), "no whole answer within 0.3 s"),
        (LINES, Server(chunked(b"line 1\n", end=False), close=True), "closed within the body"),
        (LINES, Server(chunked(*BOTH, end=False), close=True), "closed within the body"),
        (LINES, Server(chunked(*BOTH, end=False)[:-4], close=True), "closed within the body"),
        (LINES, Server(chunked(b"line 1\n", end=False), reset=True), "reset within the body"),
        (LINES, Server(chunked(b"line 1\n", end=False)), "no whole answer within 0.3 s"),
        (LINES, Server(chunked(b"line 1\n")), "another body: b'line 1"),
        (Kind("up", 20, upload), Server(answer(b"0" * 64)), "another body: b'0000"),
    ],
)
def test_whatever_a_visitor_would_miss_is_counted(kind: Kind, server: Server, failure: str) -> None:
    load = asked(server, kind, patience=0.3 if "0.3 s" in failure else 10.0)
    assert len(load.failures) == len(load.records)
    assert {failure in one.failure for one in load.failures} == {True}, load.failures


def test_a_site_that_is_not_there_loses_everything() -> None:
    with serving(Server()) as server:
        pass
    with Load("127.0.0.1", "dev.test", port=server.port, kinds=[FAST]) as load:
        time.sleep(0.2)
    assert len(load.failures) == len(load.records) > 0
    assert "no connection" in load.failures[0].failure


def test_a_site_that_falls_behind_is_asked_no_more_than_it_was_agreed() -> None:
    with serving(Server(delay=9)) as server:
        load = Load("127.0.0.1", "dev.test", port=server.port, kinds=[FAST])
        load.patience, load.most = 2.0, 2
        with load:
            time.sleep(0.4)
    assert len(load.records) == 2, load.records
    assert load.left_out > 0
    assert f"{load.left_out} left out" in report.table(load)


def test_a_stream_that_arrives_whole_is_no_failure() -> None:
    load = asked(Server(chunked(*BOTH)), LINES)
    assert not load.failures, load.failures


def test_kept_connections_carry_more_than_one_request_and_fresh_ones_do_not() -> None:
    kept, fresh = Server(), Server()
    asked(kept, KEPT)
    asked(fresh, FAST)
    assert kept.connections < len(kept.requests)
    assert fresh.connections == len(fresh.requests)


def test_a_close_between_two_requests_is_no_failure() -> None:
    server = Server(close=True)
    load = asked(server, KEPT)
    assert not load.failures, load.failures
    assert server.connections == len(server.requests) == len(load.records)


def test_an_announced_close_is_heeded() -> None:
    server = Server(answer(GOOD, "200 OK", "Connection: close"))
    load = asked(server, KEPT)
    assert not load.failures, load.failures
    assert server.connections == len(load.records)


def test_a_request_that_was_sent_is_lost_with_its_connection_and_never_repeated() -> None:
    server = Server()

    async def second_request_meets_a_closing_server() -> None:
        listener = await asyncio.start_server(server, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        connection = await Connection.open("127.0.0.1", port)
        request = Question("/").head("dev.test", keep=True)
        await connection.exchange(request)
        assert connection.reusable()
        server.says, server.close = b"", True
        with pytest.raises(Lost, match="closed before the answer"):
            await connection.exchange(request)
        listener.close()

    asyncio.run(second_request_meets_a_closing_server())
    assert len(server.requests) == 2


def test_requests_come_when_they_are_due_though_none_is_answered() -> None:
    load = asked(Server(delay=9), Kind("fast", 50, health), seconds=1, patience=0.8)
    assert 40 <= len(load.records) <= 60, len(load.records)


def test_every_upload_has_a_body_of_its_own() -> None:
    server = Server(answer(b""))
    load = asked(server, Kind("up", 20, upload))
    assert len(set(server.requests)) == len(load.records)


def test_a_client_that_breaks_does_not_pass_for_a_quiet_run() -> None:
    def broken(_number: int) -> Question:
        raise RuntimeError("no question comes to mind")

    with pytest.raises(ExceptionGroup):
        asked(Server(), Kind("broken", 20, broken))


def test_each_kind_of_the_issue_is_asked() -> None:
    paths = {kind.ask(1).path.split("?")[0] for kind in KINDS}
    assert paths == {"/health/", "/slow/", "/upload/", "/stream/"}
    assert {kind.keep for kind in KINDS} == {True, False}


def test_a_question_reads_the_release_out_of_the_answer() -> None:
    assert health(1).read(Answer(200, {}, GOOD)) == "one"
