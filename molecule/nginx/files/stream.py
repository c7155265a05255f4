"""Reads a compressed stream: its first piece, the rest, and the seconds between."""

import sys
import time
import urllib.request
import zlib

request = urllib.request.Request(
    f"http://127.0.0.1:{sys.argv[1]}/stream",
    headers={"Host": "dev.test", "Accept-Encoding": "gzip"},
)
with urllib.request.urlopen(request) as answer:  # noqa: S310
    unpack = zlib.decompressobj(31)
    first, piece = b"", b"-"
    # gzip's own header may come by itself.
    while piece and not first:
        piece = answer.read1()
        first = unpack.decompress(piece)
    at = time.monotonic()
    print(first.decode(), unpack.decompress(answer.read()).decode(), time.monotonic() - at)
