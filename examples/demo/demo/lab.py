"""Answers that take their time, for load tests and for watching a deploy, and answers that log.

Enabled by DEMO_LAB=1. Never on a public site: each request holds a worker for up to ten seconds,
or fills the log.
"""

import time
from collections.abc import Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

LONGEST_SECONDS = 10.0
MOST_LINES = 50_000
TICK_SECONDS = 0.1


def slow(request: HttpRequest) -> HttpResponse:
    """/slow/?seconds=2 sleeps, then answers."""
    seconds = _seconds(request)
    time.sleep(seconds)
    return HttpResponse(f"slept {seconds:g} s\n", content_type="text/plain")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """/stream/?seconds=2 sends a line every tenth of a second; under ASGI all of them at once."""
    lines = _lines(round(_seconds(request) / TICK_SECONDS))
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


urlpatterns = [
    path("slow/", slow),
    path("stream/", stream),
    path("say/", say),
    path("fail/", fail),
]
