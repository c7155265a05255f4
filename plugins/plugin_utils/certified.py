# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an inventory says of certificates, held against itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

LETSENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
# What preflight reads of an inventory, and what it is where that says nothing.
VARIABLES: dict[str, Any] = {
    "nginx_tls": "none",
    "nginx_hostnames": None,
    "slipway_hostnames": [],
    "slipway_scheme": "",
    "nginx_redirect_hostnames": [],
    "nginx_tls_certificate": "",
    "nginx_tls_key": "",
    "nginx_acme_server": LETSENCRYPT,
    "nginx_acme_staging": False,
    "nginx_hsts_seconds": 0,
}
PLAIN_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.I)
# Names that no public DNS has (RFC 2606, RFC 6761, RFC 6762, and what ICANN set aside).
NOBODYS = ("example", "internal", "invalid", "local", "localhost", "test")


def objections(given: Mapping[str, Any]) -> list[str]:
    """A sentence for each thing that is missing or contradicts another."""
    source = given["nginx_tls"]
    own = given["nginx_hostnames"] or given["slipway_hostnames"]
    others = given["nginx_redirect_hostnames"]
    found = [
        f"{name} is among nginx_redirect_hostnames and among the site's own: take it out of one."
        for name in others
        if name in own
    ]
    if source == "files":
        found += of_files(given)
    if source == "letsencrypt":
        found += of_names([*own, *others], given["nginx_acme_server"] == LETSENCRYPT)
        if boolean(given["nginx_acme_staging"]) and given["nginx_acme_server"] != LETSENCRYPT:
            found.append(
                "nginx_acme_staging is for Let's Encrypt, and nginx_acme_server names another CA: "
                "remove one of them."
            )
    if source == "none" and int(given["nginx_hsts_seconds"]):
        found.append(
            "nginx_hsts_seconds asks browsers to insist on https, and nginx_tls is none: set that."
        )
    if source != "none" and given["slipway_scheme"] == "http":
        found.append(f"slipway_scheme is http, and nginx_tls is {source}: remove slipway_scheme.")
    return found


def of_files(given: Mapping[str, Any]) -> list[str]:
    """The sentence about a certificate or a key that is not given."""
    missing = [name for name in ("nginx_tls_certificate", "nginx_tls_key") if not given[name]]
    if not missing:
        return []
    return [f"nginx_tls is files, so {' and '.join(missing)} must be set."]


def of_names(names: list[str], publicly: bool) -> list[str]:
    """The sentences about names for which no CA gives a certificate over HTTP-01."""
    patterns = [name for name in names if name.startswith(("*", ".", "~")) or name.endswith("*")]
    strange = [name for name in names if name not in patterns and not PLAIN_NAME.fullmatch(name)]
    if publicly:
        strange += [name for name in names if name.lower().rpartition(".")[2] in NOBODYS]
    found = []
    if patterns:
        found.append(
            f"nginx_tls is letsencrypt, which proves one name at a time and no pattern such as "
            f"{patterns[0]}: list the names, or set nginx_tls: files with a wildcard certificate."
        )
    if strange:
        said = " or ".join(dict.fromkeys(strange))
        found.append(
            f"nginx_tls is letsencrypt, and no public name is {said}: "
            "give names that DNS has, or set nginx_tls: selfsigned."
        )
    return found
