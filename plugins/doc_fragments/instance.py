# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that name an instance, the same in every module that works on one."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.instance) adds."""

    DOCUMENTATION = r"""
options:
  project:
    description: The project, as roles have it in C(slipway_project).
    type: str
    required: true
  env:
    description: The environment, as roles have it in C(slipway_env).
    type: str
    required: true
  root:
    description: The directory on the host that holds every project.
    type: path
    default: /var/www
"""
