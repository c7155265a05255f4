"""The id that nginx gives each request, in every line that is logged while it is answered."""

import logging
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponseBase

Handler = Callable[[HttpRequest], HttpResponseBase]

_current: ContextVar[str] = ContextVar("request_id", default="")


def id_of(request: HttpRequest) -> str:
    """Header X-Request-ID, which nginx always sets itself."""
    return request.headers.get("X-Request-ID", "")


def remember(get_response: Handler) -> Handler:
    """Keep the id while a request is answered."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        token = _current.set(id_of(request))
        try:
            return get_response(request)
        finally:
            _current.reset(token)

    return middleware


class AddRequest(logging.Filter):
    """Gives each record `about`, which names the request; empty outside of one."""

    def filter(self, record: logging.LogRecord) -> bool:
        # What Django itself logs of a bad answer comes after all middleware, with the request.
        request = getattr(record, "request", None)
        found = id_of(request) if isinstance(request, HttpRequest) else _current.get()
        record.about = f" (request {found})" if found else ""
        return True
