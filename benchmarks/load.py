"""Light load on a site while it is deployed: a fixed rate of requests, every lost one counted."""

import asyncio
import threading
import time
from collections import Counter
from types import TracebackType

PER_SECOND = 50
ANSWER_SECONDS = 15
SHOWN = 40


class Load:
    """Requests to `host` from a thread of its own for as long as the block runs.

    Each has a connection of its own and starts when it is due, whether or not those before it
    were answered. Anything but a whole answer with status 200 is lost; `reasons` tells why.
    """

    def __init__(self, address: str, host: str, port: int = 80) -> None:
        self.address, self.port = address, port
        words = f"GET /health/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        self.question = words.encode()
        self.sent = 0
        self.reasons: Counter[str] = Counter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    @property
    def lost(self) -> int:
        """How many requests were lost so far."""
        return self.reasons.total()

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    async def _run(self) -> None:
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while not self._stop.is_set():
                group.create_task(self._ask())
                self.sent += 1
                due = started + self.sent / PER_SECOND
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await asyncio.open_connection(self.address, self.port)
                writer.write(self.question)
                answer = await reader.read()
                writer.close()
        except (OSError, TimeoutError) as error:
            self.reasons[type(error).__name__] += 1
            return
        status = answer.split(b"\r\n", 1)[0].decode(errors="replace")
        if not status.startswith("HTTP/1.1 200 "):
            self.reasons[status[:SHOWN] or "no answer"] += 1
