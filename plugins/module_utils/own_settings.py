# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an application's own settings come to, asked of its Django once that is set up.

Facts only, in JSON's types, and no value of a secret; serving.py judges them. inside.py takes this
file along into the release, so it imports nothing of Slipway.
"""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import Any, Optional

INSECURE_KEY = "django-insecure-"
# They serve static files themselves, wherever STATIC_URL is.
SERVERS = ("servestatic", "whitenoise")
SECURITY = "django.middleware.security.SecurityMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"


def text(value: object) -> str:
    """A value of a setting, which may be a path or lazy, as text; nothing where it is not set."""
    return "" if value is None else str(value)


def facts(hostnames: list[str], scheme: str) -> dict[str, Any]:
    """All of it, for the names and the scheme that visitors use."""
    from django.conf import settings

    return {
        "debug": bool(settings.DEBUG),
        "secret_key": key_fault(),
        "allowed_hosts": [text(host) for host in settings.ALLOWED_HOSTS],
        "trusted_origins": [text(origin) for origin in settings.CSRF_TRUSTED_ORIGINS],
        "proxy_header": text(settings.SECURE_PROXY_SSL_HEADER) or "not set",
        "ssl_redirect": bool(settings.SECURE_SSL_REDIRECT) and SECURITY in settings.MIDDLEWARE,
        "secure": request("localhost", scheme).is_secure(),
        **refused(hostnames, scheme),
        "static": static_files(),
        "media": uploads(),
        "database": default_database(),
    }


def key_fault() -> str:
    """What is wrong with SECRET_KEY; nothing of it itself."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        return "empty"
    # It may be bytes.
    known = key.startswith(INSECURE_KEY.encode() if isinstance(key, bytes) else INSECURE_KEY)
    return f"one that starts with {INSECURE_KEY}" if known else ""


def request(hostname: str, scheme: str) -> Any:
    """A form that a visitor sends, as nginx and gunicorn hand it on.

    Measured: gunicorn's own workers and uvicorn's tell Django the scheme that nginx says, whether
    the settings look at the header or not.
    """
    from django.core.handlers.wsgi import WSGIRequest

    return WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "SERVER_NAME": hostname,
            "SERVER_PORT": "443" if scheme == "https" else "80",
            "HTTP_HOST": hostname,
            "HTTP_ORIGIN": f"{scheme}://{hostname}",
            "HTTP_X_FORWARDED_PROTO": scheme,
            "wsgi.url_scheme": scheme,
            "wsgi.input": io.BytesIO(),
        }
    )


def refused(hostnames: list[str], scheme: str) -> dict[str, list[str]]:
    """The names that Django does not answer to, and the origins whose forms it does not take."""
    from django.conf import settings
    from django.core.exceptions import DisallowedHost
    from django.middleware.csrf import CsrfViewMiddleware

    guard = CsrfViewMiddleware(lambda _request: None)
    # Private, but the same from Django 4.0 on; where it is gone, nothing is known to be refused.
    takes = getattr(guard, "_origin_verified", lambda _request: True)
    found: dict[str, list[str]] = {"refused_hosts": [], "refused_origins": []}
    for hostname in hostnames:
        sent = request(hostname, scheme)
        try:
            sent.get_host()
        except DisallowedHost:
            found["refused_hosts"].append(hostname)
            continue
        if CSRF in settings.MIDDLEWARE and not takes(sent):
            found["refused_origins"].append(f"{scheme}://{hostname}")
    return found


def static_files() -> Optional[dict[str, str]]:
    """Where collectstatic puts files, and where pages look for them; None if not on this host."""
    from django.apps import apps
    from django.conf import settings

    if not apps.is_installed("django.contrib.staticfiles"):
        return None
    found = place("staticfiles", settings.STATIC_ROOT, settings.STATIC_URL)
    if found and any(text(path).startswith(SERVERS) for path in settings.MIDDLEWARE):
        found["url"] = ""
    return found


def uploads() -> Optional[dict[str, str]]:
    """Where uploads go; None if not to this host, or if nothing says that there are any."""
    from django.apps import apps
    from django.conf import settings

    found = place("default", settings.MEDIA_ROOT, settings.MEDIA_URL)
    if not found or found["root"]:
        return found
    fields = [field for model in apps.get_models() for field in model._meta.local_fields]
    return found if any(homeless(getattr(field, "storage", None)) for field in fields) else None


def homeless(storage: Any) -> bool:
    """Whether a field's storage keeps files in a directory that is not set."""
    from django.core.files.storage import FileSystemStorage

    return isinstance(storage, FileSystemStorage) and not text(storage.base_location)


def place(alias: str, root: object, url: object) -> Optional[dict[str, str]]:
    """Directory and URL of a storage; None where it keeps its files elsewhere."""
    from django.core.files.storage import FileSystemStorage, storages
    from django.utils.module_loading import import_string

    kind: Any = None
    with suppress(Exception):  # Who uses it says more.
        kind = import_string(storages.backends[alias]["BACKEND"])
    if not (isinstance(kind, type) and issubclass(kind, FileSystemStorage)):
        return None
    # One with a manifest refuses to be made without STATIC_ROOT.
    with suppress(Exception):
        storage: Any = storages[alias]
        root, url = storage.base_location, storage.base_url
    return {"root": text(root), "url": text(url)}


def default_database() -> Optional[dict[str, str]]:
    """Which one it is; None where there is none, or a file of libpq's says it."""
    from django.db import connections

    own = connections["default"].settings_dict
    if own["ENGINE"] == "django.db.backends.dummy" or "service" in own.get("OPTIONS", {}):
        return None
    named = {key.lower(): text(own.get(key)) for key in ("NAME", "HOST", "PORT", "USER")}
    if named["port"] == os.environ.get("PGPORT"):
        named["port"] = ""
    return {"vendor": connections["default"].vendor, **named}
