"""Answers that take their time, for load tests and for watching a deploy, and answers that log.

Enabled by DEMO_LAB=1. Never on a public site: each request holds a worker for up to ten seconds,
or fills the log.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterator

from django.core.exceptions import BadRequest
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

LONGEST_SECONDS = 10.0
MOST_LINES = 50_000
TICK_SECONDS = 0.1


def slow(request: HttpRequest) -> HttpResponse:
    """/slow/?seconds=2 sleeps, then answers."""
    seconds = _seconds(request)
    time.sleep(seconds)
    return HttpResponse(f"slept {seconds:g} s\n", content_type="text/plain")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """/stream/?seconds=2 sends a line every tenth of a second."""
    count = round(_seconds(request) / TICK_SECONDS)
    # Under ASGI Django would collect the lines of an ordinary iterator, and send them all at once.
    lines = _lines_later(count) if isinstance(request, ASGIRequest) else _lines(count)
    # nginx would otherwise collect the lines and pass them on together.
    headers = {"X-Accel-Buffering": "no"}
    return StreamingHttpResponse(lines, content_type="text/plain", headers=headers)


def say(request: HttpRequest) -> HttpResponse:
    """/say/?words=ahoy&lines=3 prints `ahoy 1` to `ahoy 3` to standard output."""
    words = request.GET.get("words", "line")
    try:
        count = int(request.GET.get("lines", 1))
    except ValueError:
        raise BadRequest("lines must be a number") from None
    for line in range(1, min(count, MOST_LINES) + 1):
        print(words, line)
    return HttpResponse("said\n", content_type="text/plain")


def fail(request: HttpRequest) -> HttpResponse:
    """/fail/?words=ahoy raises an error with these words."""
    raise RuntimeError(request.GET.get("words", "as asked"))


@csrf_exempt
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """POST to /upload/ answers the SHA-256 of the body; nothing is kept, so no token is asked."""
    return HttpResponse(hashlib.sha256(request.body).hexdigest() + "\n", content_type="text/plain")


def _seconds(request: HttpRequest) -> float:
    try:
        wanted = float(request.GET.get("seconds", 2))
    except ValueError:
        raise BadRequest("seconds must be a number") from None
    return min(max(0.0, wanted), LONGEST_SECONDS)


def _lines(count: int) -> Iterator[str]:
    for line in range(1, count + 1):
        time.sleep(TICK_SECONDS)
        yield f"line {line} of {count}\n"


async def _lines_later(count: int) -> AsyncIterator[str]:
    for line in range(1, count + 1):
        await asyncio.sleep(TICK_SECONDS)
        yield f"line {line} of {count}\n"


urlpatterns = [
    path("slow/", slow),
    path("stream/", stream),
    path("say/", say),
    path("fail/", fail),
    path("upload/", upload),
]
