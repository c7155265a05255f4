"""For servers."""

import os

import dj_database_url

from config.settings.base import *  # noqa: F403

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")
DATABASES = {"default": dj_database_url.config(conn_max_age=60)}
STATIC_ROOT = os.environ["STATIC_ROOT"]
