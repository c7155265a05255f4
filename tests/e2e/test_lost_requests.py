"""Releases change under load and no request is lost; a plain restart shows what losing is."""

import itertools
import json
import time

import pytest

from tests.load import report
from tests.load.client import Load

from .site import Site, write_environment

pytestmark = pytest.mark.alone

# Each round is two deploys and a rollback.
BUDGET_ROUNDS = 10
WORKER_ROUNDS = 1
# From the start of the new slot to the end of the old one, seen from the moment of the switch.
SWITCH_SECONDS = (-1.0, 2.0)
# How long the load goes on before, between and after, to know what is normal.
STEADY_SECONDS = 5.0
HOME = "/var/www/shop/load"
# A machine that keeps up has five or six of them under way.
MOST_UNDER_WAY = 24
CONNECTIONS = (
    "runuser -u postgres -- psql -qc 'ALTER SYSTEM {}' && systemctl restart 'postgresql@*'"
)
# Slow requests and streams keep four or five workers or threads busy all the time.
THREADS = {"gunicorn_systemd_workers": 2, "gunicorn_systemd_threads": 8}
WORKERS = {
    "sync": {"gunicorn_systemd_worker_class": "sync", "gunicorn_systemd_workers": 12},
    "asgi": {
        "gunicorn_systemd_worker_class": "asgi",
        "gunicorn_systemd_app": "demo.asgi:application",
        "gunicorn_systemd_workers": 2,
        # Each request would leave a connection behind, until PostgreSQL refuses the next one.
        "django_environment": {"HTTPS": "0", "DEMO_LAB": "1", "CONN_MAX_AGE": "0"},
    },
}


@pytest.fixture(scope="module")
def loaded(site: Site) -> Site:
    """The host with an environment of its own, and nothing else that runs."""
    site.sh("systemctl disable --now shop_dev")
    write_environment(site.inventories, "load", site.host, **THREADS)
    site.succeed("provision", "load")
    # Under asgi nothing limits how many requests ask for a connection at once, but the database.
    site.sh(CONNECTIONS.format("SET max_connections = 400"))
    site.succeed("deploy", "load")
    return site


def load_of(site: Site) -> Load:
    """A load on the environment; where a request belongs to both windows, the first counts."""
    load = Load(site.host.address, "load.test")
    load.windows = {"switch": [], "rest of deploy": []}
    load.most = MOST_UNDER_WAY
    return load


def change(site: Site, load: Load, *words: str) -> tuple[float, str]:
    """Deploy or roll back; when the link was renamed, and the release that is live since."""
    with load.during("rest of deploy"):
        site.succeed(*words)
    shown = site.sh(f"stat --format %.6Y {HOME}/current.sock && readlink {HOME}/current")
    moment, release = shown.split()
    before, after = SWITCH_SECONDS
    load.windows["switch"].append((float(moment) + before, float(moment) + after))
    return float(moment), release.removeprefix("releases/")


def changes(site: Site, load: Load, rounds: int) -> list[tuple[float, str]]:
    """Two deploys of new commits and a rollback, so many times."""
    done = []
    for number in range(rounds):
        for half in ("first", "second"):
            site.commit(f"Under load, {half} of round {number}")
            done.append(change(site, load, "deploy", "load"))
        done.append(change(site, load, "rollback", "load"))
    return done


def never_seen(load: Load, done: list[tuple[float, str]]) -> list[str]:
    """The releases that gave no answer between their switch and the next one."""
    ends = [moment for moment, _release in done[1:]] + [float("inf")]
    return [
        release
        for (moment, release), end in zip(done, ends, strict=True)
        if not any(one.release == release and moment <= one.due < end for one in load.records)
    ]


def judge(site: Site, load: Load, done: list[tuple[float, str]]) -> None:
    """Nothing was lost, every release answered, and each change was one."""
    evidence = report.failures(load) + "\n" + site.sh("tail /var/log/nginx/shop_load.error.log")
    assert not load.failures, evidence
    assert not never_seen(load, done), (never_seen(load, done), report.releases(load))
    assert all(one[1] != two[1] for one, two in itertools.pairwise(done)), done


@pytest.mark.parametrize(
    ("accident", "lost"),
    [
        ("systemctl stop shop_load; sleep 0.5; systemctl start shop_load", "fast"),
        # Its supervisor starts it again.
        ("systemctl kill --signal=KILL 'shop_load@*'", "stream"),
    ],
)
def test_the_client_sees_what_a_plain_restart_loses(
    loaded: Site, capsys: pytest.CaptureFixture[str], accident: str, lost: str
) -> None:
    with load_of(loaded) as load:
        time.sleep(STEADY_SECONDS)
        loaded.sh(accident)
        time.sleep(STEADY_SECONDS)
    with capsys.disabled():
        print(f"\n{accident}: {report.failures(load).splitlines()[0]}")
    assert any(one.kind.startswith(lost) for one in load.failures), report.failures(load)
    # What is lost is lost then; the site is well before and after.
    assert len(load.failures) < len(load.records) / 2, report.failures(load)


def test_twenty_deploys_and_ten_rollbacks_lose_nothing(
    loaded: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    with load_of(loaded) as load:
        time.sleep(STEADY_SECONDS)
        done = changes(loaded, load, BUDGET_ROUNDS)
        time.sleep(STEADY_SECONDS)
    with capsys.disabled():
        print(f"\n{len(done)} switches of gthread\n{report.table(load)}")
    judge(loaded, load, done)


@pytest.mark.parametrize("kind", WORKERS)
def test_another_kind_of_worker_takes_over_and_loses_nothing_either(
    loaded: Site, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    main = loaded.inventories / "load" / "group_vars" / "all" / "main.yml"
    before = main.read_text()
    main.write_text(json.dumps(json.loads(before) | WORKERS[kind]))
    try:
        # The variables come with a release; the kind of worker is the service's, thus later.
        loaded.succeed("deploy", "load")
        with load_of(loaded) as load:
            time.sleep(STEADY_SECONDS)
            # The live release goes on in the other slot, with the other kind of worker.
            change(loaded, load, "provision", "load")
            done = changes(loaded, load, WORKER_ROUNDS)
            time.sleep(STEADY_SECONDS)
    finally:
        main.write_text(before)
    with capsys.disabled():
        print(f"\n{len(done) + 1} switches of {kind}\n{report.table(load)}")
    runs = loaded.sh("journalctl --quiet --boot --unit 'shop_load@*' --grep 'Using worker' -n 1")
    assert f"Using worker: {kind}" in runs, runs
    judge(loaded, load, done)
