"""What runs the site, told while it waits for nothing."""

import asyncio
import sys

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path


async def tide(_request):
    async def waves():
        for number in range(3):
            await asyncio.sleep(0.05)
            yield f"wave {number}\n"
        yield "by uvicorn" if "uvicorn" in sys.modules else "by another"

    return StreamingHttpResponse(waves())


async def status(_request):
    return HttpResponse(status=204)


urlpatterns = [path("", tide), path("internal/status", status)]
