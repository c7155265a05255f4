"""An app of the demo that waits where a test of Slipway wants it to: see tests/e2e/faults.py."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.http import HttpRequest, HttpResponse

PLACE = Path("/run/faults")
View = Callable[[HttpRequest], HttpResponse]


def hold(step: str) -> None:
    """Wait here while the file `hold` names this step."""
    try:
        wanted = (PLACE / "hold").read_text().strip()
    except OSError:
        return
    if wanted == step:
        (PLACE / "reached").write_text(step)
        while (PLACE / "hold").exists():
            time.sleep(0.05)


def check(**_options: Any) -> list[checks.CheckMessage]:
    """Be one of Django's system checks."""
    hold("check")
    return []


def middleware(get_response: View) -> View:
    """Hold up the deploy's own question, and nobody else's."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.headers.get("User-Agent") == "slipway":
            # nginx gives each request an id.
            hold("ask nginx" if "X-Request-ID" in request.headers else "ask")
        return get_response(request)

    return answer


class Faults(AppConfig):
    """Registers the check."""

    name = "faults"

    def ready(self) -> None:
        """Django is set up."""
        checks.register(check)
