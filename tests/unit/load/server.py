"""A web server that misbehaves on purpose."""

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.load.http import parse

GOOD = json.dumps({"release": "one"}).encode()


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """An answer that says how long it is."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(*chunks: bytes, end: bool = True) -> bytes:
    """An answer in chunks."""
    parts = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(parts) + (b"0\r\n\r\n" if end else b"")


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection as the kernel does for a process that was killed."""
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    writer.close()


@dataclass
class Server:
    """Answers each request with ``says``, then closes or not; notes what it got."""

    says: bytes = answer(GOOD)
    close: bool = False
    reset: bool = False
    delay: float = 0.0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    port: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                _status, headers = parse(b"HTTP/1.1 0 " + head)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.requests.append(head + body)
                await asyncio.sleep(self.delay)
                writer.write(self.says)
                await writer.drain()
                if self.reset:
                    # The kernel gives what was not read yet to nobody.
                    await asyncio.sleep(0.1)
                    reset(writer)
                elif self.close:
                    writer.close()


@contextlib.contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Let a server listen in a thread of its own."""
    started, ended = threading.Event(), threading.Event()

    async def listen() -> None:
        listener = await asyncio.start_server(server, "127.0.0.1", 0)
        server.port = listener.sockets[0].getsockname()[1]
        started.set()
        await asyncio.to_thread(ended.wait)
        listener.close()

    thread = threading.Thread(target=asyncio.run, args=[listen()])
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        ended.set()
        thread.join()
