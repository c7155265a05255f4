# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that say where the code comes from."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.source) adds."""

    DOCUMENTATION = r"""
options:
  source:
    description:
      - With V(git) the host fetches O(repository). With V(push) the controller brings the commit
        from O(checkout), over the connection of the task; on the host there is no key for it.
    type: str
    choices: [git, push]
    default: git
  version:
    description:
      - A branch, a tag or a commit (at least 7 characters), looked up in this order. With
        O(source=push) it is looked up in O(checkout), and V(HEAD) is what is checked out there.
    type: str
    required: true
  repository:
    description: Where git fetches from, as C(git fetch) takes it. For O(source=git).
    type: str
    default: ""
  repository_host_keys:
    description:
      - Lines of known_hosts; a host that shows another key is refused. Where there is none, the key
        of a new host is taken as it is and remembered.
    type: list
    elements: str
    default: []
  repository_user:
    description: The name that goes with O(repository_token); chosen by the host where it is empty.
    type: str
    default: ""
  repository_token:
    description: What git gives a host that is reached over https and asks for a password.
    type: str
    default: ""
  deploy_key:
    description: A private key for ssh, which the host holds in memory while it fetches.
    type: str
    default: ""
  checkout:
    description: The path of a checkout on the controller. For O(source=push).
    type: str
    default: ""
  pushed:
    description: What is pushed. The action plugin fills it in; a task leaves it out.
    type: dict
    suboptions:
      commit:
        description: The commit, in full.
        type: str
        required: true
      ref:
        description: The full name of its branch or tag; empty where it has none.
        type: str
        default: ""
      note:
        description: What there is to say of the checkout.
        type: str
        default: ""
      pack:
        description:
          - What the host lacks of the commit as a pack of git, in base64. With V(-) it follows the
            arguments on standard input as it is.
        type: str
        default: ""
"""
