# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Doppler's CLI on a host: the secrets of a config, and the fallback file for an outage.

Measured with 3.77: an answer of 4xx deletes the fallback file; a project of another name reads it.
So each of our settings has a file of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    dotenv,
    environment,
    programs,
    units,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

PROGRAM = "/usr/local/bin/doppler"
# Of two requests each: what does not answer costs about ten seconds.
FLAGS = ("--no-check-version", "--attempts=2", "--timeout=5s")
# It says so, and in no other way, when it takes the fallback file.
FELL_BACK = "Reading secrets from fallback file"
UNUSABLE = ("fallback file does not exist", "Unable to decrypt fallback file")
REASON = re.compile(r"Doppler Error: (.*)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# The CLI reads them itself; Doppler adds those about the config to its secrets.
ABOUT = ("DOPPLER_PROJECT", "DOPPLER_CONFIG", "DOPPLER_ENVIRONMENT")
PLAIN = re.compile(r"[\w.:/-]+")


def settings(given: Mapping[str, Any]) -> dict[str, str]:
    """The CLI's own variables of what the inventory says. Raises Failed."""
    names = {"token": "TOKEN", "project": "PROJECT", "config": "CONFIG", "api_host": "API_HOST"}
    found = {f"DOPPLER_{names[key]}": str(given[key]) for key in names if given.get(key)}
    if "DOPPLER_TOKEN" not in found:
        raise Failed(
            "django_secrets_backend is doppler, but there is no token: set django_doppler_token to "
            "a service token of the config, in a vault."
        )
    for name, value in found.items():
        if not PLAIN.fullmatch(value):
            raise Failed(
                f"django_{name.lower()} has a space or another character that none of Doppler's "
                "has: copy it anew."
            )
    return found


@dataclass(frozen=True)
class Doppler:
    """A config of Doppler's, for an instance. ``run``: the application's user asks, not root."""

    instance: Instance
    settings: Mapping[str, str]
    run: bool

    @property
    def directory(self) -> str:
        """Where the CLI keeps what it likes to."""
        return os.path.join(self.instance.doppler, "run" if self.run else "fetch")

    @property
    def words(self) -> list[str]:
        """The arguments that keep it to that."""
        digest = hashlib.sha256(environment.render(self.settings).encode()).hexdigest()[:12]
        return [*FLAGS, f"--config-dir={self.directory}", f"--fallback={self.directory}/{digest}"]

    def around(self, *command: str, own: Collection[str] = ()) -> list[str]:
        """A command with the secrets in its environment, where variables ``own`` stay as given."""
        flags = ["--no-liveness-ping", *([f"--preserve-env={','.join(own)}"] if own else [])]
        return [PROGRAM, "run", *self.words, *flags, "--", *command]

    def download(self, *flags: str) -> tuple[dict[str, str], str]:
        """The secrets, and why they came from the fallback file if they did. Raises Failed."""
        if not os.path.exists(PROGRAM) or not os.path.isdir(self.instance.doppler):
            raise Failed(
                "Doppler's CLI is not set up on this host: run `invoke provision "
                f"{self.instance.env}` (playbook slipway.django.site), then deploy."
            )
        done = programs.finished(
            [PROGRAM, "secrets", "download", "--no-file", "--format=json", *self.words, *flags],
            problem="Doppler's CLI does not run.",
            # It does nothing without a home.
            env={**self.settings, "HOME": self.directory},
            timeout=60,
            user=self.instance.user if self.run else None,
            group=self.instance.group if self.run else None,
        )
        said = self.cleaned(done.stderr.decode(errors="replace"))
        if done.returncode != 0:
            raise refusal(said)
        try:
            found = environment.texts(json.loads(done.stdout))
        except (ValueError, AttributeError) as error:
            raise Failed("Doppler answered with something that is no list of secrets.") from error
        found = {name: value for name, value in found.items() if name not in ABOUT}
        return found, reason(said) or "no answer" if FELL_BACK in said else ""

    def cleaned(self, said: str) -> str:
        """What the CLI said, for people."""
        return COLOUR.sub("", said).replace(self.settings["DOPPLER_TOKEN"], "********")

    def seal(self, secrets: Mapping[str, str]) -> str:
        """What tells secrets and settings from others, and nothing of them to who has no token."""
        text = environment.render(secrets) + environment.render(self.settings)
        key = self.settings["DOPPLER_TOKEN"].encode()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def reason(said: str) -> str:
    """Why Doppler did not answer as it should, in its CLI's words."""
    found = REASON.findall(said)
    return re.sub(r'^Get "\S+": ', "", found[0]).rstrip(".") if found else ""


def refusal(said: str) -> Failed:
    """The failure for what the CLI said."""
    why = reason(said) or "it does not say why"
    if any(words in said for words in UNUSABLE):
        return Failed(
            f"Doppler does not answer ({why}), and this host has kept none of its secrets from an "
            "earlier deploy: deploy again when it does, or check django_doppler_api_host."
        )
    return Failed(
        f"Doppler refuses ({why}): check django_doppler_token, and django_doppler_project and "
        "django_doppler_config where they are set."
    )


def settings_file(instance: Instance) -> str:
    """The CLI's own variables for the service, which systemd reads."""
    return os.path.join(instance.doppler, "environment")


def of_service(instance: Instance) -> Optional[Doppler]:
    """The config that an instance's service asks for, if it is set up so."""
    path = settings_file(instance)
    kept = dotenv.parse(dotenv.text_of(path), path)
    return Doppler(instance, kept, run=True) if "DOPPLER_TOKEN" in kept else None


def require_service(instance: Instance, slot: str) -> None:
    """Raise Failed where a slot's unit does not run within Doppler's CLI, as far as is known."""
    shown = units.show(instance.slot_unit(slot), "ExecStart", "NeedDaemonReload")
    # systemd has yet to read a newer one: at a start it does, and is asked again.
    unread = shown.get("NeedDaemonReload") == "yes"
    if not unread and f"{PROGRAM} run " not in shown.get("ExecStart", ""):
        raise Failed(
            "This release asks Doppler for its secrets, and its service does not: run "
            f"`invoke provision {instance.env}`, then deploy again."
        )


def remedy(log: Iterable[str]) -> str:
    """What to do where the log of a service tells that Doppler refused it; else nothing."""
    said = COLOUR.sub("", "\n".join(log))
    why = "" if FELL_BACK in said else reason(said)
    return f" Doppler refuses ({why}): a deploy brings it the inventory's token." if why else ""


def remembered(instance: Instance) -> set[str]:
    """A service's token, and the secrets that it had, as far as its host remembers them."""
    found: set[str] = set()
    with suppress(Failed, OSError):
        if service := of_service(instance):
            found.add(service.settings["DOPPLER_TOKEN"])
            found.update(service.download("--fallback-only")[0].values())
    return found
