# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter that gives templates the layout of an instance."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.slipway.django.plugins.module_utils.instance import (
    BadInstance,
    instance,
)

DOCUMENTATION = r"""
name: instance
short_description: The names and paths of a project in an environment
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Lays out an instance as docs/layout.md describes it, in one place for roles and modules.
  - Fails where a name could not be that of a system user and a database.
positional: env, root
options:
  _input:
    description: The project, C(slipway_project).
    type: str
    required: true
  env:
    description: The environment, C(slipway_env).
    type: str
    required: true
  root:
    description: The directory that holds every project, C(slipway_root).
    type: str
    default: /var/www
"""

EXAMPLES = r"""
shop: "{{ 'shop' | slipway.django.instance('dev') }}"
# shop.user is shop_dev, shop.home is /var/www/shop/dev
"""

RETURN = r"""
_value:
  description:
    - C(project), C(env), C(root), C(name), C(user), C(group), C(web_group), C(database), C(home),
      C(releases), C(venvs), C(slots), C(current), C(socket), C(repo), C(env_file), C(keys_file),
      C(doppler), C(history), C(static), C(media), C(logs), C(log_file), C(unit)
      and C(site).
  type: dict
"""


def layout(project: str, env: str, root: str = "/var/www") -> dict[str, str]:
    """The fields of the instance; a name that cannot be one is an AnsibleFilterError."""
    try:
        return instance(project, env, root).as_dict()
    except BadInstance as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The collection's filter of the same name."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"instance": layout}
