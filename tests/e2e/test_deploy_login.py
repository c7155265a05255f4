"""What the login that deploys may do on a server, and what it may not."""

import json
import subprocess

import pytest
from ansible_collections.slipway.django.plugins.plugin_utils import library

from slipway import testhost

from . import faults
from .site import Site

SHOP = {"project": "shop", "env": "dev", "root": "/var/www"}
ENTRY = f"sudo -n {library.directory()}/{library.DEPLOY}"


def as_deploy(site: Site, script: str, feed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script as who logs in there to deploy."""
    words = ["runuser", "--login", "deploy", "--command", script]
    return testhost.exec_(site.host.name, words, feed=feed)


def ask(site: Site, module: str, **params: object) -> dict[str, object]:
    """What a module says whom the login asks by itself, beside Ansible."""
    request = json.dumps({"module": module, "params": {**SHOP, **params}, "dry": False})
    done = as_deploy(site, ENTRY, f"{request}\n")
    answer: dict[str, object] = json.loads(done.stdout or f'"{done.stderr}"')
    return answer


@pytest.mark.parametrize(
    "command",
    [
        "id",
        "sh -c id",
        "python3 -c 'import os; os.system(\"id\")'",
        "systemctl restart ssh",
        "systemctl status shop_dev",
        "-u postgres psql --list",
        f"{library.directory()}/{library.DEPLOY} argument",
        "cat /var/www/shop/dev/.keys",
    ],
)
def test_it_becomes_root_for_nothing_else(site: Site, command: str) -> None:
    done = as_deploy(site, f"sudo -n {command}")
    assert done.returncode != 0, done.stdout
    assert "a password is required" in done.stderr, done


@pytest.mark.parametrize(
    ("module", "params", "sentence"),
    [
        ("files", {"files": [{"path": "/etc/cron.d/x", "content": "x"}]}, "not run the module"),
        ("packages", {"names": ["hello"]}, "may not run the module packages"),
        ("health", {"root": "/srv"}, "shop dev in /srv was not provisioned on this host"),
        ("health", {"env": "prod"}, "shop prod in /var/www was not provisioned"),
        ("instance_info", {"builder": "root"}, "may not build as root"),
        ("activate", {"release": "../../../../tmp/mine"}, "'../../../../tmp/mine' is no release"),
        ("handoff_info", {"since": "../x"}, "'../x' is no release"),
    ],
)
def test_the_modules_do_for_it_what_a_deploy_needs_and_no_more(
    site: Site, module: str, params: dict[str, object], sentence: str
) -> None:
    answer = ask(site, module, **params)
    assert answer["refused"], answer
    assert sentence in str(answer["msg"]), answer


@pytest.mark.parametrize("verb", ["reload", "restart", "stop", "start"])
def test_it_works_the_unit_of_the_instance(site: Site, verb: str) -> None:
    done = as_deploy(site, f"sudo -n systemctl {verb} shop_dev")
    assert done.returncode == 0, done.stderr
    assert site.sh("systemctl is-active shop_dev || true") == (
        "inactive" if verb == "stop" else "active"
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("shop_dev-manage showmigrations notes", "[X] 0001_initial"),
        ("shop_dev-manage shell --command='import os; print(os.environ[\"DEMO_LAB\"])'", "1"),
        ("sudo -n -u shop_dev psql shop_dev --command='SELECT 1'", "(1 row)"),
        ("journalctl --quiet --lines=5 --unit='shop_dev@*'", "gunicorn"),
        ("tail /var/log/nginx/shop_dev.access.log", "GET"),
    ],
)
def test_it_looks_at_the_instance_and_runs_its_commands(
    site: Site, command: str, said: str
) -> None:
    site.ask("/")
    done = as_deploy(site, command)
    assert said in done.stdout, done


def test_what_was_released_is_not_its_own_to_change_whatever_the_build_did(site: Site) -> None:
    site.commit("An open door")
    faults.configure(site, django_build_commands=["chmod 0777 ."])
    site.succeed("deploy", "dev")
    faults.configure(site, django_build_commands=[])
    release = f"/var/www/shop/dev/releases/{site.release()}"
    for command in (
        f"mv {release} {release}.mine",
        f"mv {release}/.slipway {release}/mine",
        f"touch {release}/mine",
        f"ln -s /etc {release}/.slipway/etc",
    ):
        done = as_deploy(site, command)
        assert "Permission denied" in done.stderr, done


def test_a_link_in_its_home_is_not_followed_by_the_next_provision(site: Site) -> None:
    site.sh("mkdir /etc/precious && mv /home/deploy/.ssh /home/deploy/kept")
    as_deploy(site, "ln -s /etc/precious ~/.ssh")
    done = site.invoke("provision", "dev")
    site.sh("rm /home/deploy/.ssh && mv /home/deploy/kept /home/deploy/.ssh")
    assert done.returncode == 1, done.stdout
    assert site.sh("stat --format=%U:%a /etc/precious; ls /etc/precious") == "root:755"
    site.succeed("provision", "dev")


def test_a_build_that_makes_the_directory_of_the_record_is_refused(site: Site) -> None:
    before = site.release()
    site.commit("A trap")
    faults.configure(site, django_build_commands=["ln -s /etc .slipway"])
    done = site.invoke("deploy", "dev")
    faults.configure(site, django_build_commands=[])
    assert done.returncode == 1, done.stdout
    assert "A build command made .slipway, which is Slipway's" in done.stdout, done.stdout
    assert site.release() == before
    assert site.sh("ls -d /etc/release.json /etc/environment.next 2>/dev/null || true") == ""


def test_a_host_of_another_version_says_to_provision_it(site: Site) -> None:
    site.commit("Something new")
    site.sh(f"mv {library.directory()} /root/library")
    done = site.invoke("deploy", "dev")
    site.sh(f"mv /root/library {library.directory()}")
    assert done.returncode == 1, done.stdout
    assert "provision it anew" in done.stdout, done.stdout
    site.succeed("deploy", "dev")


def test_a_login_that_may_do_all_needs_no_provisioning_for_that(site: Site) -> None:
    faults.configure(site, base_deploy_sudo="all")
    site.succeed("provision", "dev")
    site.sh(f"rm -r {library.directory()}")
    site.commit("Something newer")
    site.succeed("deploy", "dev")
    assert as_deploy(site, "sudo -n id -un").stdout == "root\n"
