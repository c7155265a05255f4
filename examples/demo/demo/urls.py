from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path

from demo.health import health

urlpatterns = [
    path("", include("notes.urls")),
    path("admin/", admin.site.urls),
    path("health/", health, name="health"),
    # With DEBUG only; on a server nginx answers for MEDIA_URL.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]

if settings.DEMO_LAB:
    urlpatterns += [path("", include("demo.lab"))]
