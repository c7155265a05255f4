# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option of the modules that decide who gets in."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.guarded) adds."""

    DOCUMENTATION = r"""
options:
  phase:
    description:
      - V(plan) looks, V(apply) changes and has a timer of systemd take that back in a minute,
        V(settle) lets it stand, V(undo) takes it back. The action plugin goes through them, and
        settles only what lets a new connection of its own in.
    type: str
    choices: [plan, apply, settle, undo]
    default: plan
notes:
  - Without its action plugin it only plans.
"""
