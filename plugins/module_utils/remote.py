# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reaching another host's repository: with which key or token, and who that host must be."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.programs import acting_as, run

# Nobody is there to answer a question.
SSH = "ssh -oBatchMode=yes -oControlPath=none -oConnectTimeout=15 -oServerAliveInterval=15"
TRUSTING = "-oStrictHostKeyChecking=accept-new"
# The key of a new host goes into the first of these files.
FORGETFUL = "-o'UserKnownHostsFile=/dev/null ~/.ssh/known_hosts ~/.ssh/known_hosts2'"
PINNED = "-oStrictHostKeyChecking=yes -oGlobalKnownHostsFile=/dev/null -oUserKnownHostsFile={}"
OWN_KEY = "-i {} -oIdentitiesOnly=yes -oIdentityAgent=none"
# What sudo leaves of an agent that is forwarded.
AGENT = ("SSH_AUTH_SOCK",)
# In memory: no key is ever written to a disk.
PLACE = "/dev/shm"  # noqa: S108 - a directory of our own in it
# As git reads it, from our environment: neither in its arguments nor in a file.
HELPER = '!f() { echo "username=$SLIPWAY_GIT_USER"; echo "password=$SLIPWAY_GIT_TOKEN"; }; f'
# What takes this long to send a kilobyte a second does not answer.
STALLED = {"GIT_HTTP_LOW_SPEED_LIMIT": "1000", "GIT_HTTP_LOW_SPEED_TIME": "60"}
# user@host:path, which is no path of this host and no URL.
SCP = re.compile(r"(?:[^/@:]+@)?(?P<host>\[[^\]/]+\]|[^/:\[\]]+):(?!//)")
# A marker or none, names, a kind of key and the key; or a comment.
KNOWN_HOST = re.compile(r"\s*#|(@\S+\s+)?\S+\s+\S*-\S+\s+[\w+/=]+")
CREDENTIALS = re.compile(r"//[^/]*@")

OTHER_KEY = (
    "{host} shows a host key that is none of django_repository_host_keys: compare with what it "
    "publishes, and list the right one."
)
CHANGED_KEY = (
    "{host} shows another host key than {user} on this host knows: if that is right, list it in "
    "django_repository_host_keys."
)
SILENT = "{host} does not answer: check its name and port, and the network of this host."
REFUSED = (
    "{host} refuses us: check django_repository, and that the key or token may read it "
    "(docs/application.md, Where the code comes from)."
)
UNKNOWN = "check django_repository, and that {user} on the host may read it."
SAID = (
    (r"Could not resolve|Connection (refused|timed out|closed)|No route to host", SILENT),
    (r"Failed to connect|Network is unreachable|Operation too slow|timeout|took longer", SILENT),
    (r"Permission denied \(|Authentication failed|could not read (Username|Password)", REFUSED),
    (r"The requested URL returned error: 40[134]", REFUSED),
)


def scheme_of(url: str) -> str:
    """How git reaches an address: ``https``, ``http``, ``ssh``, another scheme, or a ``path``."""
    if "://" in url:
        return url.partition("://")[0]
    return "ssh" if SCP.match(url) else "path"


def host_of(url: str) -> str:
    """The host of an address; empty for a path."""
    if "://" in url:
        return urlsplit(url).hostname or ""
    found = SCP.match(url)
    return found["host"].strip("[]") if found else ""


def shown(url: str) -> str:
    """An address without the credentials that it may hold."""
    return CREDENTIALS.sub("//", url)


def user_for(url: str) -> str:
    """The name that goes with a token where none is given; most hosts take any."""
    host = host_of(url)
    if host == "bitbucket.org":
        return "x-token-auth"
    return "oauth2" if "gitlab" in host else "x-access-token"


def objections(url: str, given: Mapping[str, Any]) -> list[str]:
    """A sentence for each thing that is wrong with how ``url`` is to be reached.

    ``given`` has ``token``, ``key`` and ``host_keys``.
    """
    scheme = scheme_of(url)
    sentences = []
    try:
        host_of(url)
    except ValueError:
        return [f"django_repository is {shown(url)!r}, which is no address that git takes."]
    if re.match(r"https?://[^/]*@|\w+://[^/@:]*:[^/]*@", url):
        sentences.append(
            "django_repository holds a name or password: take it out, and give the token as "
            "django_repository_token (and the name as django_repository_user)."
        )
    if given["token"] and scheme != "https":
        sentences.append("django_repository_token needs an https:// address as django_repository.")
    if given["key"] and scheme != "ssh":
        sentences.append("django_deploy_key needs an address for ssh as django_repository.")
    if given["key"] and not given["key"].lstrip().startswith("-----BEGIN "):
        sentences.append("django_deploy_key is no private key, which begins with -----BEGIN.")
    lines = [line for line in given["host_keys"] if not KNOWN_HOST.match(line)]
    return sentences + [
        f"django_repository_host_keys has {line!r}: give lines as ssh-keyscan prints them."
        for line in lines
    ]


@dataclass(frozen=True)
class Access:
    """How a repository is reached: with a token or a private key, else with what its user has.

    ``host_keys`` are lines of known_hosts, and no other host is talked to; without any, the key of
    a new host is taken as it is, and remembered unless ``forgetful``.
    """

    token: str = ""
    name: str = ""
    key: str = ""
    host_keys: Sequence[str] = ()
    forgetful: bool = False

    def forgetting(self) -> Access:
        """The same, which learns nothing."""
        return replace(self, forgetful=True)

    @contextmanager
    def opened(self, url: str, user: str) -> Iterator[dict[str, str]]:
        """The environment for git; what it names is gone after the block."""
        if not self.key and not self.host_keys:
            yield self.environment(url, "")
            return
        make = ["mktemp", "--directory", f"--tmpdir={PLACE}", "slipway-XXXXXX"]
        place = run(make, problem=f"{PLACE} cannot be written.", user=user).strip()
        try:
            for name, text in (("key", self.key), ("hosts", "\n".join(self.host_keys))):
                lines = "\n".join(text.split("\r\n")).strip() + "\n"
                with acting_as(user):
                    write(os.path.join(place, name), lines, 0o600)
            yield self.environment(url, place)
        finally:
            shutil.rmtree(place)

    def environment(self, url: str, place: str) -> dict[str, str]:
        """The variables that git gets; no other program is let near somebody's agent."""
        agent = {name: os.environ[name] for name in AGENT if name in os.environ}
        words = {"GIT_SSH_COMMAND": self.ssh(place)}
        return {**STALLED, **agent, **self.credentials(url), **words}

    def ssh(self, place: str) -> str:
        """The command for ssh; ``place`` holds what it reads."""
        words = [SSH]
        if self.key:
            words.append(OWN_KEY.format(shlex.quote(os.path.join(place, "key"))))
        if self.host_keys:
            words.append(PINNED.format(shlex.quote(os.path.join(place, "hosts"))))
        else:
            words.append(f"{TRUSTING} {FORGETFUL}" if self.forgetful else TRUSTING)
        return " ".join(words)

    def credentials(self, url: str) -> dict[str, str]:
        """The variables that give git the token where the host of ``url`` asks for one.

        The helpers of the user are left out: one of them would write the token down.
        """
        if not self.token:
            return {}
        parts = urlsplit(url)
        return {
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "credential.helper",
            "GIT_CONFIG_VALUE_0": "",
            "GIT_CONFIG_KEY_1": f"credential.{parts.scheme}://{parts.netloc}.helper",
            "GIT_CONFIG_VALUE_1": HELPER,
            "SLIPWAY_GIT_USER": self.name or user_for(url),
            "SLIPWAY_GIT_TOKEN": self.token,
        }

    def reason(self, url: str, user: str, said: str) -> str:
        """Why git cannot read ``url``, by what it said."""
        sentence = next((why for pattern, why in SAID if re.search(pattern, said)), UNKNOWN)
        if "Host key verification failed" in said:
            sentence = OTHER_KEY if self.host_keys else CHANGED_KEY
        return sentence.format(host=host_of(url), user=user)


# With what the user has.
UNAIDED = Access()
