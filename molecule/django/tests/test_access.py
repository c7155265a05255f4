"""Who may read and write what belongs to an instance."""

import pytest
from testinfra.host import Host

HOME = "/srv/sites/harbour/stage"
KEY = "/home/crew/.ssh/id_ed25519"


@pytest.mark.parametrize(
    "path", [".env", ".keys", "current/.slipway/environment", "current/manage.py", "repo.git/HEAD"]
)
@pytest.mark.parametrize("user", ["harbour_other", "nobody"])
def test_what_belongs_to_the_instance_is_closed_to(host: Host, user: str, path: str) -> None:
    assert host.check_output(f"cat {HOME}/{path}")
    done = host.run(f"runuser -u {user} -- cat {HOME}/{path}")
    assert done.rc != 0, host.check_output(f"ls -la {HOME} {HOME}/{path}")
    assert "Permission denied" in done.stderr


def test_the_application_can_write_nothing_of_its_code_and_its_packages(host: Host) -> None:
    # It stops with an error where it may not look.
    places = f"{HOME}/current/ {HOME}/current/.venv/"
    look = f"cd / && runuser -u harbour_stage -- find {places} %s"
    assert host.check_output(look % "-path '*/.venv/bin/gunicorn'")
    writable = host.check_output(look % "-writable -ls")
    assert not writable, writable


@pytest.mark.parametrize("path", [".env", ".keys", "deploys.jsonl", "."])
def test_the_application_cannot_write_what_decides_about_it(host: Host, path: str) -> None:
    done = host.run(f"runuser -u harbour_stage -- test -w {HOME}/{path}")
    assert done.rc == 1, host.check_output(f"ls -lad {HOME}/{path}")


@pytest.mark.parametrize("user", ["harbour_stage", "nobody"])
def test_the_key_of_the_repository_is_closed_to(host: Host, user: str) -> None:
    assert host.check_output(f"cat {KEY}")
    done = host.run(f"runuser -u {user} -- cat {KEY}")
    assert done.rc != 0
    assert "Permission denied" in done.stderr
