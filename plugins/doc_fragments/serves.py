# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says what a host serves, which the settings must agree with."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.serves) adds."""

    DOCUMENTATION = r"""
options:
  serves:
    description: What the host serves of the instance, which the settings must agree with.
    type: dict
    required: true
    suboptions:
      hostnames:
        description: The names that nginx answers to, patterns of its own among them.
        type: list
        elements: str
        required: true
      scheme:
        description: The scheme that visitors use.
        type: str
        choices: [http, https]
        default: http
      static_url:
        description: The path below which nginx serves the instance's static files.
        type: str
        default: /static/
      media_url:
        description: The path below which nginx serves its uploads.
        type: str
        default: /media/
      own_database:
        description: Whether the inventory names a database itself, so that any will do.
        type: bool
        default: false
      database_host:
        description: The host of the instance's database; empty for this host's socket.
        type: str
        default: ""
      allow_debug:
        description: Whether DEBUG may be on and SECRET_KEY be one that everybody knows.
        type: bool
        default: false
      unchecked:
        description: Settings that are not compared.
        type: list
        elements: str
        choices: [DEBUG, SECRET_KEY, ALLOWED_HOSTS, SECURE_SSL_REDIRECT, SECURE_PROXY_SSL_HEADER,
          CSRF_TRUSTED_ORIGINS, STATIC_ROOT, STATIC_URL, MEDIA_ROOT, MEDIA_URL, DATABASES]
        default: []
"""
