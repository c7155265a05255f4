# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a certificate says of itself, and which names it is for."""

from __future__ import annotations

import os
import re
import ssl
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

DAY_SECONDS = 86400
# The time that is left of a certificate when the timer must have renewed it: Let's Encrypt's 90
# days are renewed when 30 are left.
LATE = 1 / 6
SELF_SIGNED_DAYS = 3650
ASKED = ("-subject", "-issuer", "-dates", "-ext", "subjectAltName,authorityInfoAccess")
BEGIN = "-----BEGIN"
# As Let's Encrypt names the CAs of its staging environment.
REHEARSED = "(STAGING)"


@dataclass(frozen=True)
class Certificate:
    """What a certificate says: its names, and its time in seconds since the epoch.

    One is ``rehearsed`` that a CA gave for practice, and with ``ocsp`` it names a responder that
    could say that it was revoked.
    """

    names: tuple[str, ...]
    starts: float
    ends: float
    self_signed: bool = False
    rehearsed: bool = False
    ocsp: bool = False

    @property
    def known(self) -> bool:
        """Whether browsers know who vouches for it, as far as it tells itself."""
        return not (self.self_signed or self.rehearsed)

    def days_left(self, now: float) -> int:
        """Whole days until it expires; negative after that."""
        return int((self.ends - now) // DAY_SECONDS)

    def is_late(self, now: float) -> bool:
        """Whether its renewal is overdue."""
        return self.ends - now < (self.ends - self.starts) * LATE

    def covers(self, name: str) -> bool:
        """Whether a visitor of a name would take it, if it came from someone known."""
        parent = f"*.{name.partition('.')[2]}"
        return name.lower() in self.names or parent.lower() in self.names

    def lacks(self, names: Collection[str]) -> list[str]:
        """Those of the names that it is not for."""
        return [name for name in names if not self.covers(name)]


def parse(said: str) -> Certificate:
    """The certificate of which openssl said this. Raises ValueError."""
    # The subject may be empty.
    found = dict(re.findall(r"^(subject|issuer|notBefore|notAfter)= *(.*)$", said, re.MULTILINE))
    try:
        starts, ends = (ssl.cert_time_to_seconds(found[at]) for at in ("notBefore", "notAfter"))
    except KeyError as error:
        raise ValueError(f"no {error}") from error
    names = re.findall(r"\b(?:DNS|IP Address):([^,\s]+)", said)
    return Certificate(
        tuple(name.lower() for name in names),
        starts,
        ends,
        self_signed=found.get("subject") == found.get("issuer"),
        rehearsed=REHEARSED in found.get("issuer", ""),
        ocsp="OCSP - URI:" in said,
    )


def read(path: str) -> Optional[Certificate]:
    """The first certificate of a file; None where there is none."""
    try:
        said = run(["openssl", "x509", "-noout", *ASKED, "-in", path], problem="No certificate.")
        return parse(said)
    except (Failed, ValueError):
        return None


def plain(hostnames: Collection[str]) -> list[str]:
    """The names for a certificate, where nginx takes patterns; none for a regular expression."""
    found: list[str] = []
    for name in (one.lower() for one in hostnames):
        if name.startswith("."):
            found += [name[1:], f"*{name}"]
        elif not name.startswith("~") and not name.endswith("*"):
            found.append(name)
    return list(dict.fromkeys(found))


def key_fits(certificate: str, key: str) -> bool:
    """Whether a key, by its file, is the certificate's. Raises Failed where it is none."""
    problem = "nginx_tls_key is no private key that opens without a passphrase."
    of_key = run(["openssl", "pkey", "-pubout", "-passin", "pass:", "-in", key], problem=problem)
    problem = "nginx_tls_certificate is no certificate."
    of_it = run(["openssl", "x509", "-noout", "-pubkey", "-in", certificate], problem=problem)
    return of_key.split() == of_it.split()


def given(params: dict[str, Any], place: str) -> Certificate:
    """Lay the files that the inventory gives down in a private directory, as nginx wants them.

    Raises Failed where they are not a pair.
    """
    for variable, name in (("certificate", "fullchain.pem"), ("key", "privkey.pem")):
        text = text_of(f"nginx_tls_{variable}", params[variable])
        with open(os.path.join(place, name), "w", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")
    certificate, key = (os.path.join(place, name) for name in ("fullchain.pem", "privkey.pem"))
    fits = key_fits(certificate, key)
    found = read(certificate)
    if found is None:
        raise Failed("nginx_tls_certificate is no certificate.")
    if not fits:
        raise Failed("nginx_tls_key is the key of another certificate than nginx_tls_certificate.")
    return found


def text_of(variable: str, value: str) -> str:
    """The PEM text that a variable holds, or that the file holds which it names. Raises Failed."""
    if BEGIN in value:
        return value[value.index(BEGIN) :]
    if "\n" in value:
        raise Failed(f"{variable} is neither PEM text nor the path of a file on this host.")
    try:
        with open(value, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise Failed(f"{variable}, {value}, cannot be read on this host: {reason}.") from error


def require_suitable(certificate: Certificate, names: Collection[str], now: float) -> None:
    """Raise Failed where visitors of these names would not take it."""
    if certificate.ends < now:
        raise Failed("nginx_tls_certificate has expired: give the renewed one.")
    lacking = certificate.lacks(names)
    if lacking:
        raise Failed(
            f"nginx_tls_certificate is for {', '.join(certificate.names) or 'no name'} and not "
            f"for {', '.join(lacking)}: give one that is, or take the names out of "
            "slipway_hostnames and nginx_redirect_hostnames."
        )


def sign(names: Collection[str], subject: str, place: str) -> None:
    """Make a certificate that nobody vouches for, and its key, in a private directory."""
    with tempfile.NamedTemporaryFile("w", suffix=".cnf", encoding="utf-8") as file:
        alternative = ",".join(f"DNS:{name}" for name in names) or "DNS:stranger.invalid"
        file.write(
            f"[req]\nprompt=no\ndistinguished_name=d\nx509_extensions=x\n[d]\nCN={subject}\n"
        )
        file.write(f"[x]\nsubjectAltName={alternative}\nbasicConstraints=critical,CA:FALSE\n")
        file.flush()
        words = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-sha256"]
        words += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", str(SELF_SIGNED_DAYS)]
        words += ["-config", file.name, "-keyout", os.path.join(place, "privkey.pem")]
        words += ["-out", os.path.join(place, "fullchain.pem")]
        run(words, problem="openssl makes no certificate.", umask=0o077)
