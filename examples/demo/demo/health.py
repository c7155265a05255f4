"""What a deploy asks before it lets a release answer: can you serve, and which one are you?"""

import logging

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 if the database answers, else 503. One query only: it is asked every few seconds."""
    report = {"status": "ok", "database": "ok", "release": settings.RELEASE}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        # The driver's message names hosts and users: it is for the log, the world gets the kind.
        logger.exception("The database does not answer")
        report |= {"status": "error", "database": f"{type(error).__name__}, see the log"}
    return JsonResponse(report, status=200 if report["status"] == "ok" else 503)
