# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option of every module that works under an instance's lease."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.lease) adds."""

    DOCUMENTATION = r"""
options:
  lease:
    description:
      - The run that the module belongs to. The action plugin fills in what a task leaves out; a
        task says whether the run begins or ends with it.
    type: dict
    suboptions:
      id:
        description: The run's name. Empty takes no lease.
        type: str
        default: ""
      who:
        description: Who runs it, shown to those who have to wait.
        type: str
        default: ""
      action:
        description: What is run, such as V(deploy).
        type: str
        default: ""
      seconds:
        description: Seconds that the lease outlives the last module of a run that died.
        type: float
        default: 60.0
      wait:
        description: Seconds to wait for another run's lease; then the module fails and names it.
        type: float
        default: 0.0
      begins:
        description: Whether the run begins here; if not, the lease must still be the run's own.
        type: bool
        default: false
      ends:
        description: Whether the lease is given back after the module. It is after a failure.
        type: bool
        default: false
      gone:
        description: A run whose controller is known to have died; its lease may be taken.
        type: str
        default: ""
"""
