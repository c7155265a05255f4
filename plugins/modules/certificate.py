#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificate of a site; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Keep the certificate of a site, which nginx can always read
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Keeps a certificate and its key in C(/etc/slipway/tls/<name>/current), a link that changes at
    once. Whatever happens elsewhere, there is one that nginx can start with.
  - At first, and until a CA has answered, that is one which the host signed itself.
  - With O(obtain) it asks the CA through certbot, if there is something to ask for. What the CA
    refuses is no failure but RV(problem), and what was served before is served on.
options:
  name:
    description: The instance, by which certbot knows the certificate too.
    type: str
    required: true
  source:
    description: Where the certificate comes from.
    type: str
    choices: [letsencrypt, files, selfsigned]
    required: true
  hostnames:
    description: The names that it is for, the site's own first. Patterns of nginx are left out.
    type: list
    elements: str
    required: true
  obtain:
    description: Whether the CA is asked; else the certificate is only held ready.
    type: bool
    default: false
  certificate:
    description: For O(source=files), the path of the certificate with its chain, or the PEM text.
    type: str
    default: ""
  key:
    description: For O(source=files), its key, in the same way.
    type: str
    default: ""
  email:
    description: The address of the CA's account.
    type: str
    default: ""
  server:
    description: The ACME directory of the CA.
    type: str
    default: ""
  preflight:
    description: Whether each name must lead to this host before the CA is asked.
    type: bool
    default: true
  webroot:
    description: The directory below which nginx serves what the CA looks for.
    type: path
    default: /var/lib/slipway/acme
  hook:
    description: The program that puts a certificate where nginx reads it.
    type: path
    default: /usr/local/lib/slipway-certificate
attributes:
  check_mode:
    description: Says whether it would make, take over or ask for a certificate.
    support: full
"""

EXAMPLES = r"""
- name: Ask the CA
  slipway.django.certificate:
    name: shop_dev
    source: letsencrypt
    hostnames: [dev.example.com]
    server: https://acme-v02.api.letsencrypt.org/directory
    obtain: true
"""

RETURN = r"""
state:
  description:
    - What is served. Whether it is C(trusted), the C(names) that it is for, the C(days_left), and
      whether it names an C(ocsp) responder; whether there is something C(due) to ask the CA for;
      and of nginx its C(version), whether it speaks C(http3), and the C(resolvers) of the host.
  type: dict
  returned: success
problem:
  description: What kept the CA from giving a certificate for all names, in a sentence; or nothing.
  type: str
  returned: success
"""

from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.site_certificate import SiteCertificate
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

OPTIONS = {
    "name": {"type": "str", "required": True},
    "source": {"type": "str", "choices": ["letsencrypt", "files", "selfsigned"], "required": True},
    "hostnames": {"type": "list", "elements": "str", "required": True},
    "obtain": {"type": "bool", "default": False},
    "certificate": {"type": "str", "default": ""},
    "key": {"type": "str", "default": "", "no_log": True},
    "email": {"type": "str", "default": ""},
    "server": {"type": "str", "default": ""},
    "preflight": {"type": "bool", "default": True},
    "webroot": {"type": "path", "default": "/var/lib/slipway/acme"},
    "hook": {"type": "path", "default": "/usr/local/lib/slipway-certificate"},
}


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Hold the certificate ready, or ask for it; the module's result. Raises Failed."""
    site = SiteCertificate(params, dry)
    changed, problem = site.obtain() if params["obtain"] else (site.hold_ready(), "")
    return {"changed": changed, "problem": problem, "state": site.state()}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
