"""How another host's repository is reached: by whom, with what, and what is refused."""

import base64
import os
import shlex
import stat
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import remote
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.remote import Access
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.repository import Repository

TOKEN = "glpat-t0kenOfTheTest"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\r\nAAAA\r\n-----END OPENSSH PRIVATE KEY-----"
LINE = "git.example.com ssh-ed25519 AAAAC3Nz"
# Stands in for a program: notes its words, its environment and what it could read.
WITNESS = """\
#!/bin/sh
printf '%s\\n' "$@" >>{place}/words
env >>{place}/environment
tr '\\0' '\\n' </proc/$PPID/cmdline >>{place}/words
for file in {memory}/slipway-*/*; do ls -ln "$file" >>{place}/files; done
cat {memory}/slipway-*/key >{place}/key
cat {memory}/slipway-*/hosts >{place}/hosts
{then}
"""


@pytest.mark.parametrize(
    ("url", "scheme", "host"),
    [
        ("https://github.com/you/shop.git", "https", "github.com"),
        ("https://[2001:db8::1]:8443/shop.git", "https", "2001:db8::1"),
        ("ssh://git@git.example.com:2222/you/shop.git", "ssh", "git.example.com"),
        ("ssh://git@[2001:db8::1]:2222/shop.git", "ssh", "2001:db8::1"),
        ("git@github.com:you/shop.git", "ssh", "github.com"),
        ("git@[2001:db8::1]:shop.git", "ssh", "2001:db8::1"),
        ("forge:shop.git", "ssh", "forge"),
        ("/srv/shop.bundle", "path", ""),
        ("./odd:name", "path", ""),
        ("file:///srv/shop.git", "file", ""),
    ],
)
def test_an_address_tells_how_it_is_reached_and_where(url: str, scheme: str, host: str) -> None:
    assert (remote.scheme_of(url), remote.host_of(url)) == (scheme, host)


@pytest.mark.parametrize(
    "url", ["https://ada:pa@ss@example.com/shop", "https://tok@example.com/shop"]
)
def test_an_address_is_shown_without_what_it_may_hold(url: str) -> None:
    assert remote.shown(url) == "https://example.com/shop"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("github.com", "x-access-token"),
        ("gitlab.com", "oauth2"),
        ("gitlab.example.com", "oauth2"),
        ("bitbucket.org", "x-token-auth"),
        ("codeberg.org", "x-access-token"),
    ],
)
def test_a_token_goes_with_the_name_that_its_host_wants(host: str, name: str) -> None:
    assert remote.user_for(f"https://{host}/you/shop.git") == name


NOTHING = {"token": "", "key": "", "host_keys": []}


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("https://github.com/you/shop.git", {"token": TOKEN}),
        ("git@github.com:you/shop.git", {"key": KEY, "host_keys": ["# scanned", LINE]}),
        ("ssh://git@example.com:2222/shop.git", {"key": KEY}),
        ("/srv/shop.bundle", {}),
    ],
)
def test_what_belongs_together_is_no_mistake(url: str, given: dict[str, object]) -> None:
    assert remote.objections(url, NOTHING | given) == []


@pytest.mark.parametrize(
    ("url", "given", "said"),
    [
        ("https://tok@github.com/x.git", {}, "django_repository holds a name or password: "),
        ("https://a:b@c.d/x.git", {}, "django_repository holds a name or password: "),
        ("ssh://git:pw@example.com/x.git", {}, "django_repository holds a name or password: "),
        ("git@example.com:x.git", {"token": TOKEN}, "django_repository_token needs an https:// "),
        (
            "http://example.com/x.git",
            {"token": TOKEN},
            "django_repository_token needs an https:// ",
        ),
        ("https://[x/y.git", {}, "django_repository is 'https://[x/y.git', which is no address"),
        ("https://example.com/x.git", {"key": KEY}, "django_deploy_key needs an address for ssh"),
        ("git@example.com:x.git", {"key": "~/.ssh/id"}, "django_deploy_key is no private key"),
        (
            "git@example.com:x.git",
            {"host_keys": [LINE, "example.com"]},
            "django_repository_host_keys has 'example.com': give lines as ssh-keyscan prints them.",
        ),
    ],
)
def test_what_cannot_work_or_would_tell_a_secret_is_refused(
    url: str, given: dict[str, object], said: str
) -> None:
    (sentence,) = remote.objections(url, NOTHING | given)
    assert sentence.startswith(said)
    assert TOKEN not in sentence
    assert "pw" not in sentence.split()


class Forge(SimpleHTTPRequestHandler):
    """Files for who brings the token, under any name; a note of each name."""

    names: list[str]

    def do_GET(self) -> None:
        told = self.headers.get("Authorization", "").removeprefix("Basic ")
        name, _colon, token = base64.b64decode(told).decode().partition(":")
        self.names.append(name)
        if token == TOKEN:
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="forge"')
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def names() -> list[str]:
    """The names that the forge was asked by."""
    return []


@pytest.fixture
def forge(origin: Repository, names: list[str]) -> Iterator[str]:
    """The address of a forge that has the repository, for whoever has the token."""
    origin.git("update-server-info")
    handler = type("Handler", (Forge,), {"names": names})
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(handler, directory=str(origin.path))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/.git"
        server.shutdown()
        thread.join()


@pytest.fixture
def witness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a git and an ssh that stand first on the path note what they are given."""
    place, memory = tmp_path / "seen", tmp_path / "memory"
    for directory in (place, memory):
        directory.mkdir()
    monkeypatch.setattr(remote, "PLACE", str(memory))
    for name in ("git", "ssh"):
        found = subprocess.run(["which", name], capture_output=True, text=True, check=False)
        then = f'exec {found.stdout.strip()} "$@"' if name == "git" else "exit 255"
        (place / name).write_text(WITNESS.format(place=place, memory=memory, then=then))
        (place / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    return place


def test_a_token_lets_git_in_and_stands_in_no_argument_and_no_file(
    forge: str, mirror: Mirror, witness: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "ansible_collections.slipway.django.plugins.module_utils.programs.home",
        lambda _user: str(tmp_path / "home"),
    )
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text("[credential]\n\thelper = store\n")
    reached = Mirror(mirror.path, forge, mirror.user, Access(TOKEN))
    reached.fetch()
    assert reached.resolve("main").subject == "Begin"
    assert TOKEN in (witness / "environment").read_text()
    assert TOKEN not in (witness / "words").read_text()
    (witness / "environment").unlink()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(("given", "name"), [("", "x-access-token"), ("ada", "ada")])
def test_the_token_goes_with_the_name_that_was_given(
    forge: str, mirror: Mirror, names: list[str], given: str, name: str
) -> None:
    Mirror(mirror.path, forge, mirror.user, Access(TOKEN, given)).fetch()
    assert set(names) == {"", name}


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_host_that_refuses_is_named_and_the_token_is_not(
    forge: str, mirror: Mirror, token: str
) -> None:
    with pytest.raises(Failed) as caught:
        Mirror(mirror.path, forge, mirror.user, Access(token)).fetch()
    assert str(caught.value).startswith(
        f"The repository {forge} cannot be read from this host: 127.0.0.1 refuses us: check "
    )
    assert not token or token not in str(caught.value) + str(caught.value.evidence)


def test_a_token_is_for_its_host_alone(forge: str) -> None:
    given = Access(TOKEN).credentials(forge)
    assert given["GIT_CONFIG_KEY_1"] == f"credential.{forge.removesuffix('/.git')}.helper"


def fetch_over_ssh(mirror: Mirror, access: Access, url: str = "git@example.com:shop.git") -> Failed:
    """The failure of a fetch whose ssh only notes what it is given."""
    with pytest.raises(Failed) as caught:
        Mirror(mirror.path, url, mirror.user, access).fetch()
    return caught.value


def test_a_key_is_read_by_ssh_alone_and_is_gone_afterwards(mirror: Mirror, witness: Path) -> None:
    failed = fetch_over_ssh(mirror, Access(key=KEY))
    assert (witness / "key").read_bytes() == KEY.replace("\r", "").encode() + b"\n"
    listed = [line.split() for line in (witness / "files").read_text().splitlines()]
    assert {(words[0], words[2]) for words in listed} == {("-rw-------", str(os.geteuid()))}
    assert "AAAA" not in (witness / "words").read_text()
    assert "AAAA" not in (witness / "environment").read_text()
    assert "AAAA" not in str(failed) + str(failed.evidence)
    assert list(Path(remote.PLACE).iterdir()) == []


def test_an_agent_is_for_git_alone(
    mirror: Mirror, witness: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    fetch_over_ssh(mirror, Access())
    assert "SSH_AUTH_SOCK=/run/agent\n" in (witness / "environment").read_text()
    assert "SSH_AUTH_SOCK" not in run(["env"], problem="-")


def test_only_hosts_of_the_list_are_talked_to(mirror: Mirror, witness: Path) -> None:
    fetch_over_ssh(mirror, Access(host_keys=["# scanned", LINE]))
    words = (witness / "words").read_text()
    assert (witness / "hosts").read_text() == f"# scanned\n{LINE}\n"
    assert "-oStrictHostKeyChecking=yes" in words
    assert "accept-new" not in words
    assert "-oGlobalKnownHostsFile=/dev/null" in words
    assert "-i\n" not in words, "the user's own keys are used"


def test_a_dry_run_takes_the_same_key_and_the_same_hosts(mirror: Mirror, witness: Path) -> None:
    access = Access(key=KEY, host_keys=[LINE])
    far = Mirror(mirror.path, "git@example.com:shop.git", mirror.user, access)
    with pytest.raises(Failed), far.preview() as preview:
        preview.fetch()
    assert (witness / "hosts").read_text() == f"{LINE}\n"
    assert "/dev/null ~/.ssh" not in (witness / "words").read_text()


def test_nobody_else_can_look_where_the_key_is(me: str) -> None:
    with Access(key=KEY).opened("git@example.com:shop.git", me) as environment:
        words = shlex.split(environment["GIT_SSH_COMMAND"])
        key = Path(words[words.index("-i") + 1])
        assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("said", "pinned", "reason"),
    [
        ("Host key verification failed.", True, "shows a host key that is none of django_repos"),
        ("Host key verification failed.", False, "shows another host key than ada on this host"),
        ("fatal: Could not resolve host: example.com", False, "does not answer: check its name"),
        ("ssh: Could not resolve hostname example.com", True, "does not answer: check its name"),
        ("connect to host example.com port 22: Connection timed out", False, "does not answer"),
        ("Failed to connect to example.com port 443 after 130 ms", False, "does not answer"),
        ("Operation too slow. Less than 1000 bytes/sec", False, "does not answer"),
        ("git@example.com: Permission denied (publickey).", False, "refuses us: check django_rep"),
        ("fatal: could not read Username for 'https://example.com'", False, "refuses us"),
        ("remote: Repository not found. error: 404", False, "check django_repository, and that"),
        ("The requested URL returned error: 403", False, "refuses us"),
    ],
)
def test_a_failure_is_told_by_what_is_to_be_done(said: str, pinned: bool, reason: str) -> None:
    access = Access(host_keys=[LINE] if pinned else [])
    assert reason in access.reason("https://example.com/shop.git", "ada", said)


def test_a_host_that_is_not_there_is_named_in_a_sentence(mirror: Mirror) -> None:
    closed = "ssh://git@127.0.0.1:9/shop.git"
    failed = Mirror(mirror.path, closed, mirror.user)
    with pytest.raises(Failed) as caught:
        failed.fetch()
    assert str(caught.value) == (
        "The repository ssh://127.0.0.1:9/shop.git cannot be read from this host: 127.0.0.1 does "
        "not answer: check its name and port, and the network of this host."
    )
