# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of every module that runs Django's commands."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.manage) adds."""

    DOCUMENTATION = r"""
options:
  timeout:
    description: Seconds that one of Django's commands may take; then it is killed.
    type: int
    default: 600
  static_days:
    description: Days after which a static file goes that no release on the host wants.
    type: int
    default: 30
  superuser:
    description:
      - Fields of the user model by their names, such as C(username) and C(email), of a superuser
        that is made where no user of that name is there. One that is there is never changed.
    type: dict
    default: {}
  superuser_password:
    description: Its password, which reaches Django by an environment variable of one process.
    type: str
    default: ""
"""
