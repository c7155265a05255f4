# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A certificate from an ACME server, as certbot keeps and renews it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import urlsplit

from ansible_collections.slipway.django.plugins.module_utils import certificates
from ansible_collections.slipway.django.plugins.module_utils.certificates import Certificate
from ansible_collections.slipway.django.plugins.module_utils.programs import finished
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

LETSENCRYPT = "/etc/letsencrypt"
# The CA's own certificate may be vouched for by one that the system does not know; certbot.service
# puts them together in the same way.
SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
CA_PLACE = "/etc/slipway/tls/ca"
BUNDLE = "/run/slipway-acme-bundle.pem"
PATIENCE_SECONDS = 180
BUSY = "Another instance of Certbot is already running"
BUSY_SECONDS = 60
SERVER = re.compile(r"^server\s*=\s*(\S+)", re.MULTILINE)
DETAIL = re.compile(r"^\s*Domain:\s*(\S+)\n\s*Type:\s*\S+\n\s*Detail:\s*(.+)$", re.MULTILINE)
UNEXPECTED = re.compile(r"An unexpected error occurred:\s*\n(.+)")
REQUESTING = re.compile(r"Requesting \S+: (.+)")
LONGEST = 300


@dataclass(frozen=True)
class Lineage:
    """What certbot keeps for an instance: the directory of the newest, its names, whom it asks."""

    place: str
    certificate: Certificate
    server: str

    def is_right(self, names: Collection[str], server: str, now: float) -> bool:
        """Whether there is nothing to ask the CA for."""
        same = set(self.certificate.names) == set(names) and self.server == server
        return same and not self.certificate.is_late(now)


def lineage(name: str) -> Optional[Lineage]:
    """What certbot keeps under a name; None where that is nothing, or not whole."""
    place = os.path.join(LETSENCRYPT, "live", name)
    certificate = certificates.read(os.path.join(place, "fullchain.pem"))
    try:
        with open(os.path.join(LETSENCRYPT, "renewal", f"{name}.conf"), encoding="utf-8") as file:
            found = SERVER.search(file.read())
    except OSError:
        return None
    return Lineage(place, certificate, found[1] if found else "") if certificate else None


def to_ask(
    wanted: Sequence[str], unreachable: Collection[str], held: Optional[Lineage], server: str
) -> list[str]:
    """The names to ask the CA for; none where that would gain nothing, or lose a name.

    Nothing is asked without the first name, which is the site's own.
    """
    reachable = [name for name in wanted if name not in unreachable]
    if wanted[0] not in reachable:
        return []
    if held is None or held.server != server:
        return reachable
    kept = set(held.certificate.names) & set(wanted)
    if not kept <= set(reachable):
        return []
    same = set(held.certificate.names) == set(reachable)
    return [] if same and not held.certificate.is_late(time.time()) else reachable


def command(names: Sequence[str], params: Mapping[str, Any], force: bool) -> list[str]:
    """The words that ask the CA for a certificate of these names."""
    email = params["email"]
    return [
        *("certbot", "certonly", "--non-interactive", "--agree-tos", "--webroot"),
        *("--webroot-path", params["webroot"], "--cert-name", params["name"]),
        *("--server", params["server"], "--key-type", "ecdsa"),
        *("--deploy-hook", f"{params['hook']} {params['name']}"),
        *(["--email", email, "--no-eff-email"] if email else ["--register-unsafely-without-email"]),
        *("--renew-with-new-domains", "--force-renewal" if force else "--keep-until-expiring"),
        *(word for name in names for word in ("--domain", name)),
    ]


def ask(words: Sequence[str]) -> str:
    """Ask the CA; what is wrong, or nothing. certbot allows one of itself at a time."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            env = environment()
            done = finished(words, problem="certbot failed.", env=env, timeout=PATIENCE_SECONDS)
        except (Failed, OSError) as error:
            # The site serves what it has.
            return str(error).rstrip(".")
        said = (done.stdout + b"\n" + done.stderr).decode(errors="replace")
        if BUSY not in said or time.monotonic() > deadline:
            return complaint(said) if done.returncode else ""
        time.sleep(1)


def environment() -> dict[str, str]:
    """Variables for certbot: the certificates that it trusts, where the system's do not suffice."""
    own = sorted(os.listdir(CA_PLACE)) if os.path.isdir(CA_PLACE) else []
    if not own:
        return {}
    with open(BUNDLE, "w", encoding="utf-8") as bundle:
        for path in (SYSTEM_BUNDLE, *(os.path.join(CA_PLACE, name) for name in own)):
            with open(path, encoding="utf-8") as file:
                bundle.write(file.read())
    return {"REQUESTS_CA_BUNDLE": BUNDLE}


def complaint(said: str) -> str:
    """What certbot's output says is wrong, in a line."""
    details = [f"{name}: {why.strip()}" for name, why in DETAIL.findall(said)]
    if details:
        return "; ".join(details)[:LONGEST].rstrip(".")
    found = UNEXPECTED.search(said)
    lines = [line for line in said.splitlines() if line.strip()]
    line = (found[1] if found else lines[-1] if lines else "certbot failed").strip()
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return "its own certificate is not one that this host trusts (nginx_acme_ca_bundle)"
    refused = REQUESTING.search(line)
    if refused or "ConnectionError" in line or "Timeout" in line:
        return f"it does not answer{f' ({refused[1]})' if refused else ''}"
    return line[:LONGEST].rstrip(".")


def host_of(server: str) -> str:
    """The CA's host, for people."""
    return urlsplit(server).netloc or server
