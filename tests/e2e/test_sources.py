"""Code that a push brings, and code that the server fetches with a key, an agent or a token."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slipway import demo

from .site import Site

MIRROR = "/var/www/shop/dev/repo.git"
TOKEN = "forge-t0kenOfTheTest"
OVER_SSH = "ssh://forge@localhost:22/srv/git/shop.git"
OVER_HTTPS = "https://localhost:8443/shop.git"
# The server is its own forge too: a user who takes one key, and nginx with a password.
FORGE = """
git clone --quiet --bare /srv/shop.bundle /srv/git/shop.git
git --git-dir=/srv/git/shop.git update-server-info
useradd --home-dir /srv/git --shell /bin/bash forge
mkdir -m 700 /srv/git/.ssh
echo '{public}' >/srv/git/.ssh/authorized_keys
chown -R forge: /srv/git && chmod 755 /srv/git
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -quiet \
    -addext subjectAltName=DNS:localhost -keyout /etc/nginx/forge.key \
    -out /usr/local/share/ca-certificates/forge.crt 2>&1
update-ca-certificates >/dev/null 2>&1
printf 'x-access-token:%s\\n' '{hashed}' >/etc/nginx/forge.users
cat >/etc/nginx/conf.d/forge.conf <<'END'
server {{
    listen 8443 ssl;
    ssl_certificate /usr/local/share/ca-certificates/forge.crt;
    ssl_certificate_key /etc/nginx/forge.key;
    root /srv/git;
    auth_basic forge;
    auth_basic_user_file /etc/nginx/forge.users;
}}
END
systemctl reload nginx
rm /srv/shop.bundle
"""
# Stands first on sudo's path, and notes the arguments of all processes while git works.
WITNESS = """cat >/usr/local/sbin/git <<'END'
#!/bin/sh
exec 3<&0
/usr/bin/git "$@" <&3 &
while kill -0 $! 2>/dev/null; do
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' >>/run/witness
    sleep 0.01
done
wait $!
END
chmod 755 /usr/local/sbin/git; touch /run/witness; chmod 666 /run/witness"""
# What a run could leave of what it was given, in memory and on disk. The socket of a forwarded
# agent goes with its connection, which lasts for a while.
LEFT = (
    "find /tmp /var/tmp /dev/shm -mindepth 1 -not -path '*systemd-private*' "
    "-not -name 'PostgreSQL*' -not -path '/tmp/ssh-*' | sort"
)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key that the forge knows."""
    path = tmp_path_factory.mktemp("key") / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


@pytest.fixture(scope="module")
def forge(site: Site, key: Path) -> Site:
    """The site, whose server has no other way to the code than the forge."""
    words = ["openssl", "passwd", "-apr1", TOKEN]
    hashed = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    public = key.with_suffix(".pub").read_text().strip()
    site.sh("set -e\n" + FORGE.format(public=public, hashed=hashed))
    return site


def tell(site: Site, **variables: Any) -> None:
    """Say in the inventory of dev where the code comes from, and nothing else of that."""
    main = site.inventories / "dev" / "group_vars" / "all" / "main.yml"
    said = json.loads(main.read_text())
    about = ("django_source", "django_repository", "django_deploy_key", "django_checkout")
    kept = {name: value for name, value in said.items() if not name.startswith(about)}
    main.write_text(json.dumps(kept | variables))


def refused(site: Site, *words: str, **environment: str) -> str:
    """The sentence of a deploy that must fail."""
    done = site.invoke("deploy", "dev", *words, **environment)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return line


def commit(site: Site, subject: str) -> str:
    """Commit to the checkout and to nothing else; the commit."""
    demo.git(site.repository, "commit", "--quiet", "--allow-empty", "--message", subject)
    return demo.git(site.repository, "rev-parse", "HEAD")


def found(site: Site, secret: str) -> str:
    """The files of the server that hold a secret."""
    script = f"cat >/run/secret <<'END'\n{secret}\nEND\n"
    places = "/etc /home /opt /root /run /srv /tmp /usr/local /var /dev/shm"
    look = f"grep -rlsF -f /run/secret --exclude=secret {places} || true"
    return site.sh(f"{script}{look}; rm /run/secret")


def test_a_host_that_shows_another_key_is_refused(forge: Site, key: Path) -> None:
    other = " ".join(["localhost", *key.with_suffix(".pub").read_text().split()[:2]])
    reached = {"django_repository": OVER_SSH, "django_deploy_key": key.read_text()}
    tell(forge, **reached, django_repository_host_keys=[other])
    said = refused(forge)
    assert "localhost shows a host key that is none of django_repository_host_keys" in said
    assert forge.sh("ls /dev/shm | grep slipway || true") == ""


def test_a_key_of_the_inventory_lets_the_server_fetch_and_leaves_with_it(
    forge: Site, key: Path
) -> None:
    lines = forge.sh("ssh-keyscan -t ed25519 localhost 2>/dev/null").splitlines()
    reached = {"django_repository": OVER_SSH, "django_deploy_key": key.read_text()}
    tell(forge, **reached, django_repository_host_keys=lines)
    assert "Nothing changed" in forge.succeed("deploy", "dev")
    secret = key.read_text().splitlines()[2]
    assert found(forge, secret) == ""
    assert forge.sh("ls /dev/shm | grep slipway || true") == ""


@pytest.fixture
def agent(key: Path) -> Iterator[str]:
    """The socket of an agent that has the key."""
    started = subprocess.run(["ssh-agent", "-s"], check=True, capture_output=True, text=True)
    variables = dict(re.findall(r"(\w+)=([^;]+);", started.stdout))
    subprocess.run(["ssh-add", "-q", key], env=os.environ | variables, check=True)
    yield variables["SSH_AUTH_SOCK"]
    subprocess.run(["ssh-agent", "-k"], env=os.environ | variables, check=True, capture_output=True)


def test_a_forwarded_agent_lets_the_server_fetch(forge: Site, agent: str) -> None:
    tell(forge, django_repository=OVER_SSH)
    assert "localhost refuses us: check django_repository" in refused(forge)
    tell(forge, django_repository=OVER_SSH, ansible_ssh_extra_args="-o ForwardAgent=yes")
    # Ansible would go on with the connection of the run before, which has no agent.
    with tempfile.TemporaryDirectory(prefix="slipway-", dir="/tmp") as apart:
        given = {"ANSIBLE_SSH_CONTROL_PATH_DIR": apart, "SSH_AUTH_SOCK": agent}
        assert "Nothing changed" in forge.succeed("deploy", "dev", **given)


def test_a_token_lets_the_server_fetch_and_stands_nowhere(forge: Site) -> None:
    tell(forge, django_repository=OVER_HTTPS, django_repository_token="wrong")
    assert "localhost refuses us" in refused(forge)
    tell(forge, django_repository=OVER_HTTPS, django_repository_token=TOKEN)
    forge.sh(WITNESS)
    said = forge.succeed("deploy", "dev", "--verbose")
    forge.sh("rm /usr/local/sbin/git")
    assert TOKEN not in said
    seen = forge.sh("cat /run/witness")
    assert OVER_HTTPS in seen.splitlines(), "nobody looked while git worked"
    assert TOKEN not in seen
    assert found(forge, TOKEN) == ""


@pytest.fixture(scope="module")
def pushed(forge: Site) -> Site:
    """The site after a release that only this machine had."""
    tell(forge, django_source="push", django_checkout=str(forge.repository))
    commit(forge, "Only here")
    said = forge.succeed("deploy", "dev")
    assert re.search(r"push +[\d.]+ s  \w{7} Only here\n", said), said
    return forge


def test_a_commit_that_is_only_on_this_machine_goes_live(pushed: Site) -> None:
    tip = demo.git(pushed.repository, "rev-parse", "HEAD")
    assert pushed.release().endswith(tip[:7])
    assert pushed.ask("/health/").status == 200
    assert "Nothing changed" in pushed.succeed("deploy", "dev")


def test_the_next_push_is_thin_and_says_what_is_not_in_it(pushed: Site) -> None:
    commit(pushed, "A little more")
    (pushed.repository / "forgotten.py").touch()
    before = pushed.sh(f"{LEFT}; find {MIRROR}; cat {MIRROR}/HEAD")
    told = pushed.succeed("deploy", "dev", "--check")
    assert pushed.sh(f"{LEFT}; find {MIRROR}; cat {MIRROR}/HEAD") == before
    left = pushed.sh(LEFT)
    said = pushed.succeed("deploy", "dev")
    (pushed.repository / "forgotten.py").unlink()
    assert "A little more (without 1 uncommitted change)" in told, told
    assert "A little more (without 1 uncommitted change)" in said, said
    newest = f"ls -t {MIRROR}/objects/pack/*.pack | head -1"
    assert int(pushed.sh(f"stat -c %s $({newest})")) < 1000
    assert pushed.sh(LEFT) == left
    assert pushed.sh(f"find {MIRROR} -user root") == ""


def test_an_older_commit_and_an_unknown_name_are_refused(pushed: Site) -> None:
    older = demo.git(pushed.repository, "rev-parse", "HEAD~1")
    assert f"{older[:7]} ({older}) is older than" in refused(pushed, "--branch", older)
    said = refused(pushed, "--branch", "mian")
    assert f"'mian' is no branch, tag or commit of {pushed.repository}." in said
    assert "Did you mean main?" in said
