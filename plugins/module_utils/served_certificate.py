# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificate that nginx serves: until when it is valid, whoever vouches for it."""

from __future__ import annotations

import socket
import ssl
from datetime import datetime, timezone

from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

DAY_SECONDS = 86400.0
# Tags of DER (X.690): the version's [0], and the two forms that a time has.
VERSION = 0xA0
TIMES = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}


def served(name: str, port: int, timeout: float) -> float:
    """When the certificate ends that this host serves for a name, in seconds since 1970.

    Raises Failed where there is no TLS.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        plain = socket.create_connection(("127.0.0.1", port), timeout)
        with plain, context.wrap_socket(plain, server_hostname=name) as secure:
            found = secure.getpeercert(binary_form=True)
    except OSError as error:
        raise Failed(f"Port {port} does not speak TLS for {name}: {error}.") from error
    return ends(found or b"")


def ends(certificate: bytes) -> float:
    """When a certificate in DER ends, in seconds since 1970. Raises Failed.

    Of the standard library's readers one wants the certificate verified, which one that has ended
    or vouches for itself is not.
    """
    try:
        _tag, outer, _rest = part(certificate)
        _tag, body, _rest = part(outer)
        tag, _value, rest = part(body)
        # The version may be left out; after it come serial number, algorithm and issuer.
        for _passed in range(3 if tag == VERSION else 2):
            _tag, _value, rest = part(rest)
        _tag, validity, _rest = part(rest)
        _tag, _begin, rest = part(validity)
        tag, end, _rest = part(rest)
        when = datetime.strptime(end.decode(), TIMES[tag])
    except (IndexError, KeyError, ValueError) as error:
        raise Failed("What is served as a certificate is none.") from error
    return when.replace(tzinfo=timezone.utc).timestamp()


def part(data: bytes) -> tuple[int, bytes, bytes]:
    """The first value of DER: its tag, itself, and what comes after it. Raises IndexError."""
    tag, length, start = data[0], data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        raise IndexError("cut short")
    return tag, data[start : start + length], data[start + length :]
