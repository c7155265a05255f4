"""Requests that arrive when they are due, whatever became of the ones before."""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import itertools
import ssl
import threading
import time
from collections.abc import Iterator, Sequence

from tests.load.http import Answer, Connection, Lost
from tests.load.kinds import KINDS, Kind, Question

# As long as gunicorn gives a request. A machine short of processors answers late, which the times
# tell; lost is what does not come.
PATIENCE_SECONDS = 30.0
# Who shares the processors with the site allows fewer at once, lest a machine that fell behind be
# asked ever more, and drown.
MOST_UNDER_WAY = 1000


@dataclasses.dataclass(frozen=True)
class Record:
    """One request. ``due`` is in seconds since the epoch, ``seconds`` is counted from then on.

    Counted from the sending, a site that stalls the client would look quicker than it was.
    """

    kind: str
    due: float
    seconds: float
    failure: str = ""
    release: str = ""


class Load:
    """Asks a site in a thread of its own from entering the block to leaving it.

    ``windows`` holds the stretches of time that a test wants to have told apart. Where ``most``
    requests are under way, those that are due are ``left_out``.
    """

    def __init__(
        self, address: str, name: str, *, port: int = 80, kinds: Sequence[Kind] = KINDS
    ) -> None:
        self.address, self.port, self.name, self.kinds = address, port, name, kinds
        # What is asked over TLS, if anything is.
        self.context: ssl.SSLContext | None = None
        self.patience = PATIENCE_SECONDS
        self.most, self.under_way, self.left_out = MOST_UNDER_WAY, 0, 0
        self.records: list[Record] = []
        self.windows: dict[str, list[tuple[float, float]]] = {}
        self._idle: list[Connection] = []
        self._stop = threading.Event()
        self._pool = concurrent.futures.ThreadPoolExecutor(1)

    def __enter__(self) -> "Load":
        self._work = self._pool.submit(asyncio.run, self._serve())
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._pool.shutdown()
        # A client that broke has counted nothing since: that must not pass for a quiet run.
        self._work.result()

    @contextlib.contextmanager
    def during(self, label: str) -> Iterator[None]:
        """Count the block as a window of this label."""
        start = time.time()
        try:
            yield
        finally:
            self.windows.setdefault(label, []).append((start, time.time()))

    @property
    def failures(self) -> list[Record]:
        """The requests that were lost, oldest first."""
        return sorted((one for one in self.records if one.failure), key=lambda one: one.due)

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as group:
            for kind in self.kinds:
                group.create_task(self._arrivals(kind, group))
        for connection in self._idle:
            connection.close()

    async def _arrivals(self, kind: Kind, group: asyncio.TaskGroup) -> None:
        start = time.time()
        for number in itertools.count():
            due = start + number / kind.per_second
            await asyncio.sleep(max(0.0, due - time.time()))
            if self._stop.is_set():
                return
            if self.under_way < self.most:
                self.under_way += 1
                group.create_task(self._request(kind, number, due))
            else:
                self.left_out += 1

    async def _request(self, kind: Kind, number: int, due: float) -> None:
        failure, release = "", ""
        question = kind.ask(number)
        try:
            async with asyncio.timeout(self.patience):
                release = question.read(await self._ask(question, keep=kind.keep))
        except TimeoutError:
            failure = f"no whole answer within {self.patience:g} s"
        except Lost as lost:
            failure = str(lost)
        finally:
            self.under_way -= 1
        self.records.append(Record(kind.name, due, time.time() - due, failure, release))

    async def _ask(self, question: Question, *, keep: bool) -> Answer:
        connection = self._kept() if keep else None
        if connection is None:
            connection = await Connection.open(self.address, self.port, self.name, self.context)
        kept = False
        try:
            request = question.head(self.name, keep=keep) + question.body
            answer = await connection.exchange(request)
            kept = keep and connection.reusable()
        finally:
            if kept:
                self._idle.append(connection)
            else:
                connection.close()
        return answer

    def _kept(self) -> Connection | None:
        """A connection on which nothing was sent since its last answer, and that stands."""
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable():
                return connection
            connection.close()
        return None
