"""A release that is bad in one of the ways that releases are bad: no visitor ever notices."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from . import faults
from .site import Site
from .visitors import Visitor

MEMORY_MAX_MB = faults.VARIABLES["gunicorn_systemd_memory_max_mb"]
# As django_keep_failed_releases is by default.
KEPT = 2
HEALTH = """import logging
import time

from django.http import HttpResponse, HttpResponseBadRequest


def health(request):
    logging.getLogger("demo").warning("The harbour master is asked")
    {body}
"""


class Refused(NamedTuple):
    """What became of a bad release."""

    output: str
    release: str
    mark: dict[str, str]
    before: str


@contextmanager
def committed(site: Site, subject: str, path: str, text: str) -> Iterator[None]:
    """A commit that adds to a file (or makes it), undone by another one at the end."""
    file = site.repository / path
    good = file.read_text() if file.exists() else None
    file.write_text((good or "") + text)
    site.commit(subject)
    try:
        yield
    finally:
        file.write_text(good) if good is not None else file.unlink()
        site.commit(f"Undo: {subject}")


def refuse(site: Site, subject: str, path: str, text: str) -> Refused:
    """Deploy a bad commit under the eyes of a visitor; what everybody saw."""
    before, state = site.release(), serving(site)
    with committed(site, subject, path, text):
        commit = faults.head(site)
        with Visitor(site) as visitor:
            done = site.invoke("deploy", "dev")
    assert done.returncode == 1, done.stdout
    assert not visitor.lost
    assert serving(site) == state, done.stdout
    assert f"{before} serves on" in done.stdout, done.stdout
    release = site.sh(f"cd /var/www/shop/dev/releases; ls -d *-{commit[:7]} | tail -1")
    mark = json.loads(site.sh(f"cat /var/www/shop/dev/releases/{release}/.slipway/failed"))
    return Refused(done.stdout, release, mark, before)


def serving(site: Site) -> str:
    """What serves: the links, and the only slot that runs with its process."""
    faults.until(lambda: len(faults.slots(site)) == 1, f"one slot runs, of {faults.slots(site)}")
    return site.sh(
        "cd /var/www/shop/dev; readlink current current.sock;"
        "systemctl list-units --plain --no-legend 'shop_dev@*';"
        "systemctl show -P MainPID 'shop_dev@*'"
    )


def assert_told(refused: Refused, step: str, reason: str, line: str) -> None:
    """The person, the mark and the history have the step and the reason; she has the log too."""
    assert re.search(reason, refused.output), refused.output
    assert line in refused.output, refused.output
    assert re.search(rf"\b{step}\b", refused.output), refused.output
    assert refused.mark["step"] == step, refused.mark
    assert re.search(reason, refused.mark["reason"]), refused.mark


def test_it_cannot_be_imported(faulty: Site) -> None:
    refused = refuse(faulty, "Fails at import", "demo/wsgi.py", "\nimport anchor\n")
    assert_told(refused, "start", "does not start", "No module named 'anchor'")


def test_its_workers_do_not_boot(faulty: Site) -> None:
    # The master imports it without a fault; what it forks is dead at once.
    text = (
        "\nimport sys\n\n\ndef sink():\n    print('a leak below the water line', file=sys.stderr)\n"
        "    sys.stderr.flush()\n    os._exit(3)\n\n\nos.register_at_fork(after_in_child=sink)\n"
    )
    refused = refuse(faulty, "Fails at boot", "demo/wsgi.py", text)
    assert refused.mark["step"] in ("start", "ask"), refused.mark
    reason = "does not start|ended while it was asked"
    assert_told(refused, refused.mark["step"], reason, "a leak below the water line")


def test_it_does_not_pass_djangos_checks(faulty: Site) -> None:
    text = (
        "\nfrom django.core import checks\n\n\n@checks.register\ndef boiler(**_options):\n"
        "    return [checks.Error('The boiler is cold.', id='demo.E001')]\n"
    )
    refused = refuse(faulty, "Fails in check", "notes/models.py", text)
    assert_told(refused, "check", "does not pass", "demo.E001) The boiler is cold.")


def test_its_migration_fails(faulty: Site) -> None:
    path, text = faults.next_migration(faulty, 'raise ValueError("the hold is full")')
    refused = refuse(faulty, "Fails in a migration", str(path.relative_to(faulty.repository)), text)
    assert_told(refused, "migrate", "migration failed", "ValueError: the hold is full")
    applied = "SELECT count(*) FROM django_migrations WHERE name = '{}'"
    query = f'runuser -u shop_dev -- psql shop_dev -Atc "{applied.format(path.stem)}"'
    assert faulty.sh(query) == "0"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('raise RuntimeError("the pumps do not work")', "answered 500"),
        ('return HttpResponseBadRequest("which harbour?")', "answered 400"),
        (f"time.sleep({faults.PATIENCE_SECONDS + 2})\n    return HttpResponse()", "did not answer"),
    ],
    ids=["500", "400", "too late"],
)
def test_it_is_not_well_in_time(impatient: Site, body: str, reason: str) -> None:
    text = HEALTH.format(body=body)
    refused = refuse(impatient, f"Answers wrongly: {reason}", "demo/health.py", text)
    reason = rf"not well within {faults.PATIENCE_SECONDS} s: /health/ {reason}"
    assert_told(refused, "ask", reason, "The harbour master is asked")


def test_it_answers_as_another_release(faulty: Site) -> None:
    # A path written into the code: what it starts is the release that is live already.
    text = """
import sys

live = "/var/www/shop/dev/current"
if os.path.realpath(live) != os.getcwd():
    print("gone to", live, file=sys.stderr, flush=True)
    os.chdir(live)
    os.environ["SLIPWAY_RELEASE"] = os.path.basename(os.path.realpath(live))
    os.execv(f"{live}/.venv/bin/python", [f"{live}/.venv/bin/python", *sys.argv])
"""
    refused = refuse(faulty, "Answers as another", "demo/wsgi.py", text)
    assert_told(refused, "ask", "[Aa]nother release", "gone to /var/www/shop/dev/current")


def test_it_eats_too_much_memory_while_it_starts(faulty: Site) -> None:
    text = "\nimport sys\n\nprint('loading the cargo', file=sys.stderr, flush=True)\n"
    text += f"CARGO = b'x' * ({2 * MEMORY_MAX_MB} << 20)\n"
    refused = refuse(faulty, "Eats memory", "demo/wsgi.py", text)
    assert refused.mark["step"] in ("start", "ask"), refused.mark
    assert_told(refused, refused.mark["step"], "memory", "loading the cargo")
    assert str(MEMORY_MAX_MB) in refused.mark["reason"], refused.mark


@pytest.fixture
def failed(faulty: Site) -> Refused:
    """A release that failed just now."""
    return refuse(faulty, "Fails to be told of", "demo/wsgi.py", "\nraise RuntimeError('x')\n")


def test_it_is_listed_as_failed(faulty: Site, failed: Refused) -> None:
    said = faulty.succeed("releases", "dev")
    shown = [line for line in said.splitlines() if failed.release in line]
    assert len(shown) == 1, said
    assert "failed" in shown[0], shown
    assert "Fails to be told of" in shown[0], shown


def test_it_is_in_the_history(faulty: Site, failed: Refused) -> None:
    event = json.loads(faulty.sh("tail -1 /var/www/shop/dev/deploys.jsonl"))
    assert event["result"] == "failed", event
    assert event["release"] == failed.release, event
    assert event["step"] == "start", event
    assert event["seconds"] > 0, event


def test_a_rollback_does_not_go_to_it(faulty: Site, failed: Refused) -> None:
    faulty.commit("A good one after a bad one")
    faulty.succeed("deploy", "dev")
    faulty.succeed("rollback", "dev")
    assert faulty.release() == failed.before
    faulty.succeed("deploy", "dev")


def test_it_is_removed_after_others_have_failed(faulty: Site, failed: Refused) -> None:
    standing = f"ls /var/www/shop/dev/releases | grep -c {failed.release} || true"
    assert faulty.sh(standing) == "1"
    for number in range(KEPT):
        refuse(faulty, f"Fails again {number}", "demo/wsgi.py", "\nraise RuntimeError('y')\n")
    faulty.succeed("deploy", "dev")
    assert faulty.sh(standing) == "0"
