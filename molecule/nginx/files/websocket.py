"""Opens a WebSocket at a port of this host, says a word, and prints what comes back.

The key is the example of RFC 6455, section 1.3, which has its answer too.
"""

import socket
import sys

HEAD = """GET /chat HTTP/1.1
Host: dev.test
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

"""

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5) as connection:
    connection.sendall(HEAD.replace("\n", "\r\n").encode())
    answer = connection.makefile("rb")
    lines = [line.decode().strip() for line in iter(answer.readline, b"\r\n")]
    connection.sendall(b"ping")
    print(lines[0], answer.read(4).decode(), *lines[1:], sep="|")
