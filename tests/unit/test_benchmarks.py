"""What the benchmark makes of its measurements."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from benchmarks import load, nginx, table
from benchmarks.rig import Broken
from benchmarks.table import Series

SAID = "Already up to date.\nsplit fetch 38\nsplit start 134\nsplit health 306\n"
SAID += "split switch 4\nsplit stop 342\nsplit hairs\n"


def test_the_split_is_read_out_of_what_the_script_said() -> None:
    assert table.splits(SAID)["fetch"] == 38
    assert table.switching(table.splits(SAID)) == pytest.approx(0.786)


def test_the_median_of_each_part_is_over_all_runs() -> None:
    runs = [{"fetch": 30, "stop": 1}, {"fetch": 50, "stop": 2}, {"fetch": 900, "stop": 3}]
    assert table.medians(runs) == {"fetch": 50, "stop": 2}


def test_a_row_has_median_range_ratio_and_what_was_lost() -> None:
    script = Series("script", seconds=[2.0, 9.0, 1.0], requests=300)
    ours = Series("ours", base="script", seconds=[3.0, 2.0, 4.0], requests=450, lost=2)
    rows = table.render([script, ours]).splitlines()
    assert rows[2] == "| script | 2.0 | 1.0 to 9.0 | - | 0 of 300 | 3 |"
    assert rows[3] == "| ours | 3.0 | 2.0 to 4.0 | 1.50 | 2 of 450 | 3 |"


def test_a_contender_that_failed_has_no_figures_and_says_how_often_it_did() -> None:
    broken = Series("broken", base="script", failures=["no", "no"])
    row = table.render([broken]).splitlines()[2]
    assert row == "| broken | - | - | - | - | 0, 2 failed |"


def test_the_table_is_as_wide_in_every_line() -> None:
    lines = table.render([Series("one"), Series("two", seconds=[1.0])]).splitlines()
    assert {line.count("|") for line in lines} == {7}, lines


class Answers:
    """A web server that gives everyone the same answer, or none."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.port = answer, 0
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_until_complete, args=[self.run()]).start()
        self.ready.wait()

    async def run(self) -> None:
        self.stopped = asyncio.Event()
        server = await asyncio.start_server(self.reply, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        async with server:
            await self.stopped.wait()

    async def reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(self.answer)
        writer.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set)


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[int]:
    server = Answers(request.param)
    yield server.port
    server.stop()


def asked(port: int) -> load.Load:
    with load.Load("127.0.0.1", "shop.test", port=port) as running:
        threading.Event().wait(0.3)
    return running


@pytest.mark.parametrize("answering", [b"HTTP/1.1 200 OK\r\n\r\n{}"], indirect=True)
def test_answered_requests_are_not_lost_and_come_at_their_rate(answering: int) -> None:
    running = asked(answering)
    assert running.lost == 0, running.reasons
    assert 5 <= running.sent <= 20


@pytest.mark.parametrize(
    ("answering", "reason"),
    [(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "HTTP/1.1 502 Bad Gateway"), (b"", "no answer")],
    indirect=["answering"],
)
def test_an_error_or_silence_is_a_lost_request(answering: int, reason: str) -> None:
    running = asked(answering)
    assert running.sent > 0
    assert running.reasons == {reason: running.sent}


def test_a_closed_port_loses_every_request() -> None:
    running = asked(1)
    assert running.reasons == {"ConnectionRefusedError": running.sent}


ASKED = {"rate": 2000.5, "well": 50, "answering": 0.003, "asking": 0.002}


def test_the_cpu_time_of_a_request_is_of_those_who_answer_and_of_all() -> None:
    subject = nginx.Subject("ours", [], 50, "")
    subject.note(ASKED)
    assert (subject.rates, subject.answering) == ([2000.5], [60.0])
    assert subject.whole == [pytest.approx(100)]


def test_a_round_in_which_a_request_failed_does_not_count() -> None:
    subject = nginx.Subject("ours", [], 50, "")
    with pytest.raises(Broken, match="ours: 49 of 50 were answered"):
        subject.note(ASKED | {"well": 49})
    assert subject.rates == []


def test_a_ratio_is_the_median_of_the_rounds_ratios_and_below_one_where_more_is_used() -> None:
    bare = nginx.Subject("bare", [], 1, "", "", [100, 200, 50], [1, 1, 1], [10, 10, 10])
    ours = nginx.Subject("ours", [], 1, "", "bare", [90, 190, 49], [2, 2, 2], [11, 12.5, 30])
    rows = nginx.render([bare, ours]).splitlines()
    assert rows[2] == "| bare | 100 | - | 1.0 | 10.0 | - |"
    assert rows[3] == "| ours | 90 | 0.95 | 2.0 | 12.5 | 0.80 |"
