"""Whatever differs between environments comes from an environment variable: see .env.example."""

from pathlib import Path

import dj_database_url

from demo import env

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.flag("DEBUG", default=False)


def local(value: object) -> str | None:
    """A default for work on one's own machine: without DEBUG the variable is required."""
    return str(value) if DEBUG else None


SECRET_KEY = env.text("SECRET_KEY", local("only-for-work-on-my-own-machine"))
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", local("localhost,127.0.0.1,[::1]"))
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "notes",
    "visits",
]

MIDDLEWARE = [
    "demo.request_id.remember",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "visits.middleware.count_page_views",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "demo.context_processors.release",
            ],
        },
    },
]

ROOT_URLCONF = "demo.urls"
WSGI_APPLICATION = "demo.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"

# `postgres:///demo_dev` names no host: that is PostgreSQL's unix socket, and no password.
DATABASES = {
    "default": dj_database_url.parse(
        env.text("DATABASE_URL", local(f"sqlite:///{BASE_DIR / 'db.sqlite3'}")),
        conn_max_age=env.number("CONN_MAX_AGE", default=60),
        conn_health_checks=True,
    )
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", local(BASE_DIR / "staticfiles"))
MEDIA_URL = "/media/"
MEDIA_ROOT = env.text("MEDIA_ROOT", local(BASE_DIR / "mediafiles"))

# A file's name carries a hash of its content: browsers may keep it for ever, and the files of two
# releases lie side by side. With DEBUG names stay plain, so nobody has to run collectstatic.
STATICFILES_BACKEND = "StaticFilesStorage" if DEBUG else "ManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": f"django.contrib.staticfiles.storage.{STATICFILES_BACKEND}"},
}

# nginx reads uploads as a member of the application's group; other users of the host do not.
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750

# Only nginx can reach the application's socket, and it always sets this header itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
HTTPS = env.flag("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", default=3600) if HTTPS else 0
# Subdomains and the preload list are for the owner of the domain to decide, not for one site on it.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}{about}", "style": "{"}},
    "filters": {"request": {"()": "demo.request_id.AddRequest"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}
    },
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    # Django's own handlers say nothing without DEBUG, and everything twice with it.
    "loggers": {"django": {"handlers": [], "propagate": True}},
}

RELEASE = env.text("SLIPWAY_RELEASE", "unknown")
DEMO_LAB = env.flag("DEMO_LAB", default=False)
