"""As much of an HTTP/1.1 client as it takes to say exactly what became of a request."""

import asyncio
import dataclasses
import ssl
import time

BLANK_LINE = b"\r\n\r\n"
# nginx closes a kept connection after 65 seconds without a request, and announces the close after
# 1000 requests. A client that gives it up long before never sends into a connection that is just
# being closed, so an answer that stays away is always the site's loss, and none is asked for twice.
IDLE_SECONDS = 5.0


class Lost(Exception):
    """What happened to a request that was not answered whole."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer that arrived whole."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection to the site."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.used = time.monotonic()
        self.announced_close = False

    @classmethod
    async def open(
        cls, address: str, port: int, name: str = "", context: ssl.SSLContext | None = None
    ) -> "Connection":
        """Connect, over TLS to the site of a name if there is a context. Raises Lost."""
        over = {"ssl": context, "server_hostname": name} if context else {}
        try:
            return cls(*await asyncio.open_connection(address, port, **over))
        except OSError as error:
            raise Lost(f"no connection: {error.strerror or error}") from error

    def reusable(self) -> bool:
        """Whether another request may be sent: nothing says that the site is closing it."""
        closed = self.announced_close or self.writer.is_closing() or self.reader.at_eof()
        return not closed and time.monotonic() - self.used < IDLE_SECONDS

    def close(self) -> None:
        """Give it up."""
        self.writer.close()

    async def exchange(self, request: bytes) -> Answer:
        """Send a request and take its answer. Raises Lost, and then the connection is of no use."""
        part = "before the answer"
        try:
            self.writer.write(request)
            await self.writer.drain()
            head = await self.reader.readuntil(BLANK_LINE)
            part = "within the body"
            status, headers = parse(head)
            body = await self._body(headers)
        except asyncio.IncompleteReadError as error:
            if part == "before the answer" and error.partial:
                part = "within the headers"
            raise Lost(f"closed {part}") from error
        except ConnectionError as error:
            raise Lost(f"reset {part}") from error
        except (ValueError, asyncio.LimitOverrunError) as error:
            raise Lost(f"not HTTP: {error}") from error
        self.announced_close = headers.get("connection", "").lower() == "close"
        self.used = time.monotonic()
        return Answer(status, headers, body)

    async def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await self._chunks()
        if "content-length" not in headers:
            raise ValueError("an answer that does not say where it ends")
        return await self.reader.readexactly(int(headers["content-length"]))

    async def _chunks(self) -> bytes:
        body = b""
        while True:
            size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            chunk = await self.reader.readexactly(size + 2)
            if not chunk.endswith(b"\r\n"):
                raise ValueError("a chunk longer than it says")
            if size == 0:
                return body
            body += chunk[:-2]


def parse(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer. Raises ValueError."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    version, status, *_reason = first.split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(f"{version!r} where the version belongs")
    pairs = (line.partition(":") for line in lines)
    return int(status), {name.lower(): value.strip() for name, _colon, value in pairs}
