# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that say how an application is asked whether it is well."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.question) adds."""

    DOCUMENTATION = r"""
options:
  path:
    description: The path of the health view.
    type: str
    default: /health/
  status:
    description: The HTTP status that is the right answer.
    type: int
    default: 200
  host:
    description: The Host header, as a visitor sends it.
    type: str
    required: true
  scheme:
    description: The scheme that visitors use.
    type: str
    choices: [http, https]
    default: http
  nginx_port:
    description: Port of nginx on this host, which is asked too; left out where none runs here.
    type: int
"""
