# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets out of what is shown, which an application may print when it breaks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

BLOT = "********"
# Shorter ones would blot words out at random, and hide nothing.
SHORTEST = 6
# Arguments of modules that are secrets, and those that are objects in JSON of nothing else.
SECRET = ("superuser_password", "password", "repository_token", "deploy_key", "value", "token")
OBJECTS = ("secrets", "default_secrets")


def blotted(text: str, secrets: Iterable[str]) -> str:
    """A text without these values, in whatever form Python prints them."""
    shown = {form for secret in secrets for form in forms(secret) if len(form) >= SHORTEST}
    for form in sorted(shown, key=len, reverse=True):
        text = text.replace(form, BLOT)
    return text


def forms(secret: str) -> set[str]:
    """As what a secret may stand in a text: whole, quoted, a line of it, the password of a URL."""
    found = {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    # The first lines of what is shown may have fallen off.
    found.update(line.strip() for line in secret.splitlines())
    with suppress(ValueError):
        password = urlsplit(secret).password or ""
        found |= {password, unquote(password), repr(unquote(password))[1:-1]}
    return found


def given(params: Mapping[str, Any]) -> set[str]:
    """The secrets among a module's arguments."""
    found = {str(params.get(name) or "") for name in SECRET}
    found.add(str((params.get("doppler") or {}).get("token") or ""))
    for name in OBJECTS:
        with suppress(ValueError, AttributeError):
            found.update(map(str, json.loads(params.get(name) or "{}").values()))
    return found
