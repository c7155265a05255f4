from django.conf import settings
from django.http import HttpRequest


def release(request: HttpRequest) -> dict[str, str]:
    """Let every page say which release made it."""
    return {"release": settings.RELEASE}
