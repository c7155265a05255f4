# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that limit what a switch may take."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.limits) adds."""

    DOCUMENTATION = r"""
options:
  patience:
    description: Seconds that the release may take until it answers rightly.
    type: int
    default: 60
  drain:
    description: Seconds that requests may wait in the old slot's queue after the switch, at most.
    type: float
    default: 10.0
  memory_reserve:
    description: Megabytes that must remain free on the host while two releases run.
    type: int
    default: 64
  memory_max:
    description: Megabytes that a release may take while it starts; 0 for no limit of its own.
    type: int
    default: 0
"""
