from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from visits.models import DailyCount

Handler = Callable[[HttpRequest], HttpResponseBase]


def count_page_views(get_response: Handler) -> Handler:
    """Count the pages that visitors are shown; health checks, errors and the admin are none."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if is_page_view(request, response):
            DailyCount.objects.add_view(timezone.localdate())
        return response

    return middleware


def is_page_view(request: HttpRequest, response: HttpResponseBase) -> bool:
    return (
        request.method == "GET"
        and response.status_code == 200
        and response.headers.get("Content-Type", "").startswith("text/html")
        and request.resolver_match is not None
        and request.resolver_match.app_name != "admin"
    )
