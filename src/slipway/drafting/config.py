"""What of the server itself a commit may want otherwise, which a deploy does not do by itself."""

from __future__ import annotations

import posixpath
import re

from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.telling import several

from slipway.drafting.changes import (
    ADDED,
    CHANGED,
    REMOVED,
    Change,
)
from slipway.drafting.forms import Form, listed, one_of

WORDS = {ADDED: "new", CHANGED: "changed", REMOVED: "removed"}
# The paths of files, and what to say of one that changed.
FILES = {
    r"(.*/)?(Procfile(\..+)?|supervisord?\.(conf|ini)|uwsgi\.ini|[^/]+\.(service|socket|timer))": (
        "the server's units come from gunicorn_systemd_* and do not follow it"
    ),
    r"(.*/)?gunicorn([-_.](conf|config|cfg))?\.(py|conf)": (
        "gunicorn's configuration comes from gunicorn_systemd_* and does not follow it"
    ),
    r"(.*/)?([^/]*nginx[^/]*\.conf|[^/]+\.nginx|nginx/.+\.(conf|j2|template))": (
        "the server's site comes from nginx_* and does not follow it"
    ),
    r"(.*/)?(Dockerfile(\..+)?|(docker-)?compose[^/]*\.ya?ml|Aptfile|[^/]*crontab|[^/]+\.cron)": (
        "what it installs or starts, a deploy does not"
    ),
}
ENTRY = re.compile(r"(?:.*/)?[aw]sgi\.py")
PACKAGES = {
    **dict.fromkeys(
        ("channels", "daphne", "hypercorn", "uvicorn"),
        "gunicorn_systemd_app and gunicorn_systemd_worker_class say what serves the application",
    ),
    **dict.fromkeys(
        ("celery", "django-q2", "django-rq", "dramatiq", "huey", "procrastinate"),
        "a deploy runs the web process alone, and no workers",
    ),
}
BUILT = "package.json"
SERVED = "gunicorn_systemd_app says which entry is served"
MADE = "django_build_commands says what is built of it"
FORMS = (
    Form("config", r"package (\S+) is new", one_of(PACKAGES.values())),
    Form(
        "config",
        listed(rf".+? \((?:{one_of(WORDS.values())})\)"),
        one_of((*FILES.values(), SERVED, MADE)),
        by_how=True,
    ),
)
# .devcontainer and its like.
HIDDEN = re.compile(r"(?:.*/)?\.[^/]+/")


def items(change: Change) -> list[Item]:
    """A line for each need of files that asks for more than a deploy, and for each package."""
    found: dict[str, list[str]] = {}
    # Those next to the root say most.
    paths = sorted(filter(change.concerns, change.files), key=lambda path: (path.count("/"), path))
    for path in paths:
        if how := said(path, change.files[path]):
            found.setdefault(how, []).append(f"{path} ({WORDS[change.files[path]]})")
    lines = [Item("config", several(names), how=how) for how, names in found.items()]
    return lines + packages(change)


def said(path: str, how: str) -> str:
    """What a changed file asks for; nothing if it asks for nothing, such as tools' own."""
    if HIDDEN.match(path):
        return ""
    if how != CHANGED and ENTRY.fullmatch(path):
        return SERVED
    if how != CHANGED and posixpath.basename(path) == BUILT:
        return MADE
    return next((words for pattern, words in FILES.items() if re.fullmatch(pattern, path)), "")


def packages(change: Change) -> list[Item]:
    """What new packages ask for, where the application names them itself."""
    before, after = change.pins
    new = {name for name in after.direct if name in after.versions} - set(before.versions)
    return [
        Item("config", f"package {name} is new", how=PACKAGES[name])
        for name in sorted(new & {*PACKAGES})
    ]
