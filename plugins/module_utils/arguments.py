# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arguments that modules share: their specifications, and what each of them stands for."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import leasing, serving
from ansible_collections.slipway.django.plugins.module_utils.asking import Question
from ansible_collections.slipway.django.plugins.module_utils.instance import (
    BadInstance,
    Instance,
    instance,
)
from ansible_collections.slipway.django.plugins.module_utils.interpreters import PROVIDERS
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

ANSWER_SECONDS = 10.0
INSTANCE: dict[str, Any] = {
    "project": {"type": "str", "required": True},
    "env": {"type": "str", "required": True},
    "root": {"type": "path", "default": "/var/www"},
}
MANAGE: dict[str, Any] = {
    "timeout": {"type": "int", "default": 600},
    "static_days": {"type": "int", "default": 30},
    "superuser": {"type": "dict", "default": {}},
    "superuser_password": {"type": "str", "default": "", "no_log": True},
}
QUESTION: dict[str, Any] = {
    "path": {"type": "str", "default": "/health/"},
    "status": {"type": "int", "default": 200},
    "host": {"type": "str", "required": True},
    "scheme": {"type": "str", "choices": ["http", "https"], "default": "http"},
    "nginx_port": {"type": "int"},
}
SOURCE: dict[str, Any] = {
    "source": {"type": "str", "choices": ["git", "push"], "default": "git"},
    "version": {"type": "str", "required": True},
    "repository": {"type": "str", "default": ""},
    "repository_host_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "repository_user": {"type": "str", "default": ""},
    "repository_token": {"type": "str", "default": "", "no_log": True},
    "deploy_key": {"type": "str", "default": "", "no_log": True},
    "checkout": {"type": "str", "default": ""},
    "pushed": {
        "type": "dict",
        "options": {
            "commit": {"type": "str", "required": True},
            "ref": {"type": "str", "default": ""},
            "note": {"type": "str", "default": ""},
            "pack": {"type": "str", "default": "", "no_log": True},
        },
    },
}
RELEASE: dict[str, Any] = {
    "builder": {"type": "str", "default": "deploy"},
    "python": {"type": "str", "default": ">=3.12"},
    "python_provider": {"type": "str", "choices": ["auto", *PROVIDERS], "default": "auto"},
    "pyenv": {
        "type": "dict",
        "default": {},
        "options": {
            "repository": {"type": "str", "default": "https://github.com/pyenv/pyenv.git"},
            "version": {"type": "str", "default": "v2.8.1"},
            "environment": {"type": "json", "default": "{}", "no_log": True},
        },
    },
    "requirements": {"type": "str", "default": "auto"},
    "server": {"type": "str", "required": True},
    "app_path": {"type": "str", "default": ""},
    "groups": {"type": "list", "elements": "str", "default": []},
    "extras": {"type": "list", "elements": "str", "default": []},
    "packages": {"type": "list", "elements": "str", "default": []},
    "unlocked": {"type": "bool", "default": False},
    "commands": {"type": "list", "elements": "str", "default": []},
    "install_project": {"type": "bool", "default": False},
    "settings_override": {"type": "str", "default": ""},
    "optional": {"type": "list", "elements": "str", "default": []},
    "uv_environment": {"type": "json", "default": "{}", "no_log": True},
    "environment": {"type": "dict", "default": {}},
    "secrets": {"type": "json", "default": "{}", "no_log": True},
    "generated": {"type": "list", "elements": "str", "default": ["SECRET_KEY"]},
    "defaults": {"type": "dict", "default": {}},
    "default_secrets": {"type": "json", "default": "{}", "no_log": True},
    "backend": {"type": "str", "choices": ["vault", "env_file", "doppler"], "default": "vault"},
    "doppler": {
        "type": "dict",
        "options": {
            "mode": {"type": "str", "choices": ["fetch", "run"], "default": "fetch"},
            "token": {"type": "str", "default": "", "no_log": True},
            "project": {"type": "str", "default": ""},
            "config": {"type": "str", "default": ""},
            "api_host": {"type": "str", "default": ""},
        },
    },
    "serves": {
        "type": "dict",
        "required": True,
        "options": {
            "hostnames": {"type": "list", "elements": "str", "required": True},
            "scheme": {"type": "str", "choices": ["http", "https"], "default": "http"},
            "static_url": {"type": "str", "default": "/static/"},
            "media_url": {"type": "str", "default": "/media/"},
            "own_database": {"type": "bool", "default": False},
            "database_host": {"type": "str", "default": ""},
            "allow_debug": {"type": "bool", "default": False},
            "unchecked": {
                "type": "list",
                "elements": "str",
                "choices": serving.SETTINGS,
                "default": [],
            },
        },
    },
}
LEASE: dict[str, Any] = {"lease": {"type": "dict", "options": leasing.OPTIONS}}


def instance_of(params: dict[str, Any]) -> Instance:
    """The instance that a module was called for. Raises Failed when the names cannot be one."""
    try:
        return instance(params["project"], params["env"], params["root"])
    except BadInstance as error:
        raise Failed(str(error)) from error


def question_of(params: dict[str, Any]) -> Question:
    """What the application is asked."""
    path, host, scheme, status = (params[key] for key in ("path", "host", "scheme", "status"))
    return Question(path, host, scheme, status, ANSWER_SECONDS)


def is_provisioned(instance: Instance) -> bool:
    """Whether site.yml has laid the instance out on this host."""
    return os.path.isdir(instance.releases)


def require_provisioned(instance: Instance) -> None:
    """Raise Failed unless it is provisioned."""
    if not is_provisioned(instance):
        raise Failed(
            f"{instance.name} is not set up on this host: run `invoke provision {instance.env}` "
            "(playbook slipway.django.site) once, then deploy."
        )
