# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who came in by which key, as sshd told the journal."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterable

from ansible_collections.slipway.django.plugins.module_utils import accounts
from ansible_collections.slipway.django.plugins.module_utils.programs import finished
from ansible_collections.slipway.django.plugins.module_utils.session import PROC, ancestors

ACCEPTED = re.compile(r"\[(\d+)\]: Accepted publickey for \S+ from .*(SHA256:\S+)$", re.MULTILINE)
# Anyone may call himself sshd there, but not be root.
JOURNAL = ["journalctl", "--quiet", "--boot", "--no-pager", "-t", "sshd", "-t", "sshd-session"]
JOURNAL += ["_UID=0"]
KEY = re.compile(r"(?:^|\s)((?:ssh|ecdsa|sk)-[\w@.-]+)\s+([A-Za-z0-9+/]+=*)(?:\s|$)")


def fingerprint(key: str) -> str:
    """The fingerprint of a public key's line; empty where it is none."""
    match = KEY.search(key)
    if match is None or key.lstrip().startswith("#"):
        return ""
    try:
        digest = hashlib.sha256(base64.b64decode(match[2], validate=True)).digest()
    except ValueError:
        return ""
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def told(journal: str) -> dict[int, str]:
    """The processes of sshd that let somebody in by a key, and its fingerprint."""
    return {int(process): known for process, known in ACCEPTED.findall(journal)}


def standing() -> dict[int, str]:
    """Those of the sessions that stand. Raises Failed."""
    journal = finished(JOURNAL, problem="The journal does not say who came in.").stdout.decode()
    return {process: known for process, known in told(journal).items() if is_sshd(process)}


def sessions(keys: Iterable[str]) -> set[int]:
    """sshd's processes of the sessions that stand by one of these keys. Raises Failed."""
    fingerprints = {fingerprint(key) for key in keys} - {""}
    if not fingerprints:
        return set()
    return {process for process, known in standing().items() if known in fingerprints}


def is_sshd(process: int) -> bool:
    """Whether a process is sshd's; its number may be somebody else's by now."""
    try:
        return (PROC / str(process) / "comm").read_text(encoding="utf-8").startswith("sshd")
    except OSError:
        return False


def is_ours(keys: Iterable[str]) -> bool:
    """Whether this process came in by one of these keys. Raises Failed."""
    return bool(sessions(keys).intersection(ancestors(os.getpid())))


def own() -> str:
    """The fingerprint of the key that this process came in by; empty where nobody says."""
    known = standing()
    return next((known[process] for process in ancestors(os.getpid()) if process in known), "")


def end(keys: Iterable[str]) -> None:
    """End the sessions that stand by these keys, and what runs in them. Raises Failed."""
    found = sessions(keys)
    found |= accounts.below(dict(accounts.processes()), found)
    accounts.kill(lambda: found.intersection(dict(accounts.processes())), "Sessions by old keys")
