# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One check of an instance's health, as its timer makes it: ask, keep what became of it, tell.

Runs on the host by itself (roles/gunicorn_systemd): ``main`` gets the path of its configuration.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    believed,
    served_certificate,
    watching,
)
from ansible_collections.slipway.django.plugins.module_utils.asking import Question
from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.watching import Rules, Seen, State

ANSWER_SECONDS = 10.0
WEBHOOK_SECONDS = 5.0
FILE = "state.json"
WEBHOOK = "SLIPWAY_HEALTH_WEBHOOK"


def read(path: str) -> State:
    """The dictionary that a file holds; none where it is not there, or not whole."""
    with suppress(OSError, ValueError, RecursionError), open(path, encoding="utf-8") as file:
        found = json.load(file)
        return found if isinstance(found, dict) else {}
    return {}


def kept(path: str) -> State:
    """The state that a file holds; none where it is no such state as is written here."""
    found = read(path)
    return found if believed.sound(found) else {}


def known(path: str, config: State) -> State:
    """The state that a file holds, without a certificate that is not asked for any more."""
    gone = () if config["tls_port"] else ("ends", "ends_soon")
    return {name: value for name, value in kept(path).items() if name not in gone}


def look(config: State, now: float) -> Seen:
    """Ask on the socket, through nginx, and for the certificate, as far as there are such."""
    path, host, scheme, status = (config[key] for key in ("path", "host", "scheme", "status"))
    question = Question(path, host, scheme, status, ANSWER_SECONDS)
    took: dict[str, Optional[float]] = {"socket": None, "nginx": None}
    ends = None
    try:
        took["socket"] = timed(lambda: question.ask_socket(config["socket"]))
        if config["nginx_port"]:
            took["nginx"] = timed(lambda: question.ask_nginx(config["nginx_port"]))
        if config["tls_port"]:
            ends = served_certificate.served(host, config["tls_port"], ANSWER_SECONDS)
    except Failed as failure:
        return Seen(now, False, str(failure), took["nginx"], took["socket"], ends)
    return Seen(now, True, f"{path} answers {status}", took["nginx"], took["socket"], ends)


def timed(deed: Callable[[], object]) -> float:
    """How many milliseconds a deed took. Raises what it raises."""
    started = time.monotonic()
    deed()
    return (time.monotonic() - started) * 1000


def deliver(state: State, config: State, url: str) -> State:
    """The state after its messages were sent; what cannot be is pending until the next check."""
    pending = list(state["pending"]) if url else []
    why = ""
    while pending and not why:
        why = send(url, watching.message(pending[0], config))
        if not why:
            del pending[0]
    return {**state, "pending": pending, "webhook": why}


class Straight(urllib.request.HTTPRedirectHandler):
    """No redirect is followed: as a GET to elsewhere it would lose the message."""

    def redirect_request(self, *_given: Any) -> None:
        """Ask nowhere else, so that the redirect is the answer."""


def send(url: str, message: dict[str, str]) -> str:
    """Send a message; why it was not taken, empty if it was. The address is a secret."""
    if not url.startswith(("https://", "http://")):
        return "its address begins with neither https:// nor http://"
    headers = {"Content-Type": "application/json", "User-Agent": "slipway"}
    try:
        body = json.dumps(message).encode()
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - seen above
        with urllib.request.build_opener(Straight).open(request, timeout=WEBHOOK_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return f"it answered {error.code}"
    except OSError as error:
        return str(error)
    except (ValueError, http.client.HTTPException):
        # Which would quote from the address.
        return "its address is none, or what answers there does not speak HTTP"


def check(config: State, place: str, url: str, now: float) -> State:
    """Check once; the state that is kept in a directory."""
    path = os.path.join(place, FILE)
    before = known(path, config)
    if not os.path.islink(config["socket"]):
        state: State = {"checked": now, "said": "no release yet"}
        state |= {name: before.get(name, []) for name in ("changes", "pending")}
        write(path, json.dumps(state))
        return state
    rules = Rules(config["failures"], config["days"])
    state = watching.judged(before, look(config, now), rules)
    # First: should telling it take too long, it is known at the next check.
    write(path, json.dumps(state))
    if state["pending"] or before.get("webhook"):
        state = deliver(state, config, url)
        write(path, json.dumps(state))
    return state


def main(path: str) -> int:
    """Check as a configuration says; 0, for an instance that is not well is no fault of ours."""
    with open(path, encoding="utf-8") as file:
        config: dict[str, Any] = json.load(file)
    os.umask(0o022)
    place = os.environ["STATE_DIRECTORY"]
    state = check(config, place, os.environ.get(WEBHOOK, ""), time.time())
    if state.get("failures"):
        sys.stdout.write(f"{config['name']}: {state['said']}\n")
    if state.get("webhook"):
        sys.stdout.write(f"The webhook was not told: {state['webhook']}\n")
    return 0
