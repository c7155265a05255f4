"""For work on one's own machine."""

from config.settings.base import *  # noqa: F403

DEBUG = True
SECRET_KEY = "only-here"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
