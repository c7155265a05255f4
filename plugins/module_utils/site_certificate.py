# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificate that nginx serves of a site: made, taken over, or asked for."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    acme,
    certificates,
    nginx,
    reaching,
)
from ansible_collections.slipway.django.plugins.module_utils.acme import Lineage
from ansible_collections.slipway.django.plugins.module_utils.certificates import Certificate
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

PLACE = "/etc/slipway/tls"
FILES = ("fullchain.pem", "privkey.pem")
# What a server shows to those who ask for no name of its sites, where nginx cannot turn them away.
STRANGER = "stranger"
REJECTS = (1, 19, 4)


class SiteCertificate:
    """What module certificate was asked to keep; ``dry`` changes nothing."""

    def __init__(self, params: dict[str, Any], dry: bool) -> None:
        self.params, self.dry = params, dry
        self.names = certificates.plain(params["hostnames"])
        self.now = time.time()

    def current(self, name: str = "") -> Optional[Certificate]:
        """What nginx reads."""
        return certificates.read(self.path(name))

    def path(self, name: str = "") -> str:
        """Where nginx reads it."""
        return os.path.join(PLACE, name or self.params["name"], "current", "fullchain.pem")

    def lineage(self) -> Optional[Lineage]:
        """What certbot keeps, where that is what should be served."""
        asked = self.params["source"] == "letsencrypt"
        return acme.lineage(self.params["name"]) if asked else None

    def hold_ready(self) -> bool:
        """See to it that nginx has a certificate to start with; whether it has another now."""
        stranger = self.sign_for_strangers()
        if self.params["source"] == "files":
            return self.take_given() or stranger
        held = self.lineage()
        if held:
            return self.take_over(held) or stranger
        return self.sign() or stranger

    def take_given(self) -> bool:
        """Take the files of the inventory, if they are not served yet. Raises Failed."""
        if self.dry and not shutil.which("openssl"):
            return True
        with tempfile.TemporaryDirectory(prefix="slipway-") as place:
            found = certificates.given(self.params, place)
            certificates.require_suitable(found, self.names, self.now)
            return self.take(place)

    def take_over(self, held: Lineage) -> bool:
        """Take what certbot keeps, if it is not served yet."""
        return self.take(held.place)

    def take(self, place: str) -> bool:
        """Serve what stands in a directory, if it is not served yet; whether it was not."""
        served = os.path.dirname(self.path())
        pairs = [[text(os.path.join(at, name)) for at in (place, served)] for name in FILES]
        same = all(new == old for new, old in pairs)
        if not same and not self.dry:
            self.install(self.params["name"], place)
        return not same

    def sign(self) -> bool:
        """Sign one ourselves, if what is served is none, or one of ours that does not suit.

        What another source left is served on until the CA has answered.
        """
        found = self.current()
        wants_own = self.params["source"] == "selfsigned"
        if found and not found.is_late(self.now) and not found.lacks(self.names):
            suits = found.self_signed or not wants_own
        else:
            suits = bool(found and not found.self_signed and not wants_own)
        if not suits and not self.dry:
            self.make(self.params["name"], self.names)
        return not suits

    def sign_for_strangers(self) -> bool:
        """Sign one that names nobody, where nginx needs it."""
        needed = nginx.version_of(nginx.says()) < REJECTS and self.current(STRANGER) is None
        if needed and not self.dry:
            self.make(STRANGER, [])
        return needed

    def make(self, name: str, names: list[str]) -> None:
        """Sign a certificate ourselves and serve it."""
        with tempfile.TemporaryDirectory(prefix="slipway-") as place:
            certificates.sign(names, f"Slipway {name}", place)
            self.install(name, place)

    def install(self, name: str, place: str) -> None:
        """Let nginx read what stands in a directory. Raises Failed where it does not take it."""
        run([self.params["hook"], name, place], problem="nginx does not take the certificate.")

    def obtain(self) -> tuple[bool, str]:
        """Ask the CA, if there is something to ask for: whether it gave a certificate, and what
        kept it from giving one for all names."""
        held, server = self.lineage(), self.params["server"]
        if self.dry:
            return not self.is_settled(held), ""
        unreachable: dict[str, str] = {}
        if self.params["preflight"]:
            unreachable = reaching.complaints(self.names, self.params["webroot"])
        names = acme.to_ask(self.names, unreachable, held, server)
        if not names:
            return False, self.told(unreachable, held)
        refused = acme.ask(acme.command(names, self.params, bool(held and held.server != server)))
        if refused:
            said = f"the CA at {acme.host_of(server)} gave no certificate: {refused}"
            return False, f"{said}. {self.serves()}"
        return True, self.taken() or self.told(unreachable, self.lineage())

    def is_settled(self, held: Optional[Lineage]) -> bool:
        """Whether there is nothing to ask the CA for."""
        return bool(held and held.is_right(self.names, self.params["server"], self.now))

    def taken(self) -> str:
        """Take what the CA gave, if certbot's hook did not; why that cannot be served."""
        held = self.lineage()
        try:
            if held:
                self.take_over(held)
        except Failed as failure:
            return f"{failure} {' '.join(failure.evidence)}"
        return ""

    def told(self, unreachable: dict[str, str], held: Optional[Lineage]) -> str:
        """The sentence about names that do not lead here, of which there may be none."""
        why = "; ".join(unreachable.values())
        if why and held and set(held.certificate.lacks(self.names)) <= set(unreachable):
            return f"{why}, so the certificate leaves that out: mend it and provision again."
        return f"{why}, so the CA was not asked. {self.serves()}" if why else ""

    def serves(self) -> str:
        """What the site has meanwhile, and what to do."""
        found = self.current()
        if found is None or found.self_signed:
            meanwhile = "The site serves a self-signed certificate, at which browsers warn"
        else:
            meanwhile = f"The certificate before serves on, for {found.days_left(self.now)} days"
        return f"{meanwhile}: mend it and provision again."

    def state(self) -> dict[str, Any]:
        """What is served, and what nginx can do with it."""
        found, held, said = self.current(), self.lineage(), nginx.says()
        asks = self.params["source"] == "letsencrypt"
        asked_files = self.params["source"] == "files"
        return {
            # Those who give files may have a CA of their own, which visitors know.
            "trusted": bool(found and (found.known or (asked_files and not found.self_signed))),
            "names": list(found.names) if found else [],
            "days_left": found.days_left(self.now) if found else 0,
            "ocsp": bool(found and found.ocsp),
            "due": asks and not self.is_settled(held),
            "version": ".".join(map(str, nginx.version_of(said))),
            "http3": "--with-http_v3_module" in said,
            "resolvers": nginx.resolvers(text(nginx.RESOLVERS)),
        }


def text(path: str) -> str:
    """The text of a file; nothing where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
