"""The release is the one that was asked for, and complete: it runs with nothing but its own."""

import json
import shlex

from testinfra.host import Host

HOME = "/srv/sites/harbour/stage"
STATIC = "/srv/sites/staticfiles_stage"
OLDEST_PYTHON = (3, 11)
# As docs/daily-work.md has it for a command of Django.
IN_THE_RELEASE = f"""systemd-run --pipe --wait --collect --quiet \
  --uid=harbour_stage --gid=harbour_stage_web --property=SupplementaryGroups=harbour_stage \
  --working-directory={HOME}/current \
  --property=EnvironmentFile={HOME}/current/.slipway/environment \
  {HOME}/current/.venv/bin/python """
ASK_HEALTH = """
from wsgiref.util import setup_testing_defaults
from demo.wsgi import application

asked = {"PATH_INFO": "/health/", "HTTP_HOST": "stage.test", "HTTP_X_FORWARDED_PROTO": "https"}
setup_testing_defaults(asked)
body = application(asked, lambda status, _headers: print(status))
print(b"".join(body).decode())
"""
# Prints how many there are; fails at the first that cannot be read.
READ_STATIC_FILES = f"""
import json, pathlib

root = pathlib.Path("{STATIC}")
names = json.loads((root / "staticfiles.json").read_text())["paths"].values()
print(len([(root / name).read_bytes() for name in names]))
"""


def run(host: Host, *words: str) -> str:
    """Run the release's Python as the application's user; what it printed."""
    done = host.run(IN_THE_RELEASE + shlex.join(words))
    assert done.rc == 0, done.stdout + done.stderr
    return done.stdout


def events(host: Host) -> list[dict[str, str]]:
    """The history of the instance."""
    return [json.loads(line) for line in host.file(f"{HOME}/deploys.jsonl").content.splitlines()]


def test_django_s_own_check_of_a_deployment_finds_nothing(host: Host) -> None:
    run(host, "manage.py", "check", "--deploy", "--fail-level=INFO")


def test_no_migration_waits(host: Host) -> None:
    run(host, "manage.py", "migrate", "--check")


def test_its_health_view_says_that_it_is_well_and_which_release_it_is(host: Host) -> None:
    status, body = run(host, "-c", ASK_HEALTH).splitlines()
    assert status == "200 OK", body
    assert json.loads(body)["release"] == host.check_output(f"basename $(realpath {HOME}/current)")


def test_it_is_the_newest_commit_of_the_branch_that_the_inventory_names(host: Host) -> None:
    said = host.check_output(
        "git --git-dir=/srv/git/harbour.git -c safe.directory='*' rev-parse stable main"
    )
    stable, main = said.split()
    assert stable != main
    live = host.check_output(f"basename $(realpath {HOME}/current)")
    assert live.endswith(f"-{stable[:7]}"), f"{live} is not of stable ({said})"


def test_a_secret_reaches_the_application_as_it_was_written(host: Host) -> None:
    said = run(host, "-c", "import os; print(os.environ['MOORING'])")
    assert said == "a 'quoted' $ecret \\ \"berth\"\n"


def test_the_file_that_people_read_holds_no_secret(host: Host) -> None:
    shown = host.check_output(f"cat {HOME}/.env")
    assert "ALLOWED_HOSTS=" in shown
    assert "MOORING" not in shown
    assert "SECRET_KEY" not in shown


def test_nginx_s_user_reads_each_file_of_the_manifest(host: Host) -> None:
    done = host.run(f"runuser -u www-data -- python3 -c {shlex.quote(READ_STATIC_FILES)}")
    assert done.rc == 0, done.stderr
    assert int(done.stdout) > 100, "Django's admin alone has more"


def test_it_runs_on_a_python_that_the_inventory_allows(host: Host) -> None:
    version = json.loads(run(host, "-c", "import sys; print(list(sys.version_info[:2]))"))
    assert tuple(version) >= OLDEST_PYTHON


def test_everyone_finds_the_uv_that_the_inventory_names(host: Host) -> None:
    assert host.check_output("runuser -u nobody -- uv --version").startswith("uv 0.13.8")


def test_the_history_tells_who_released_what(host: Host) -> None:
    (event,) = events(host)
    live = host.check_output(f"basename $(realpath {HOME}/current)")
    assert (event["action"], event["result"], event["release"]) == ("deploy", "live", live), event
    assert "@" in event["who"], event


def test_a_second_deploy_made_no_second_release(host: Host) -> None:
    """Molecule deployed twice; that the second changed nothing, Ansible said itself."""
    assert len(host.check_output(f"ls {HOME}/releases").split()) == 1
