"""A deploy is cut short at each of its steps: the site answers, and the next deploy mends it all.

Every fault has the steps at which it does something that it does not do elsewhere:

- A controller that is killed leaves its last module to end alone and nobody to start the next, so
  it is killed at every step.
- A connection that drops does the same on the host, but the controller lives and may act: once
  while it builds, once while the release already takes traffic.
- A full disk matters to what writes next: the files, the environment's link, the switch, and the
  marks after it. What PostgreSQL and Django write lies elsewhere.
- PostgreSQL matters to what asks it. What builds and collects does not notice.
- The new instance can be killed from the step that starts it on.
- A reboot takes the module along as well, so it is made where the host is left differently: with a
  half-built release, in a transaction, and with a switch that nobody finished.
"""

import json
import time
from collections.abc import Iterator

import pytest

from . import faults
from .faults import standing_at
from .site import Site, stop_postgresql
from .visitors import Visitor

# Of the site after the database or the host came back.
RECOVERY_SECONDS = 15.0
SMALL_DISK = 512 << 20


def assert_converges(site: Site) -> None:
    """The next deploy, unaided, leaves one whole release of the newest commit that answers."""
    said = site.succeed("deploy", "dev", "--wait", "90")
    release = site.release()
    assert release.endswith(faults.head(site)[:7]), said
    assert json.loads(site.ask("/health/").body)["release"] == release, said
    left = site.sh(
        "cd /var/www/shop/dev;"
        # What is not a whole release, what is not a whole environment, what was to be renamed.
        'for path in releases/*; do test -e "$path/.slipway/release.json" || echo "$path"; done;'
        'for path in venvs/*; do test -e "$path/.slipway-complete" || echo "$path"; done;'
        # A release that failed is kept as it is.
        "find . -maxdepth 2 '(' -name '*.next' -o -name '*.index' ')';"
        "find repo.git -name '*.lock';"
        "ls /run/slipway/*.lease 2>/dev/null || true"
    )
    assert not left, f"{left}\n{said}"
    # The old one ends what it began after the deploy has ended.
    faults.until(lambda: len(faults.slots(site)) == 1, f"one slot runs, of {faults.slots(site)}")
    assert faults.live_slot(site) in faults.slots(site)[0]


def kill_new_instance(site: Site, unit: str) -> None:
    """Kill the new slot's master and workers as the kernel does when memory runs out."""
    assert site.sh(f"systemctl show -P MainPID {unit}") != "0", f"{unit} does not run."
    site.sh(f"systemctl kill --signal=KILL {unit}")


@pytest.fixture
def small_disk(faulty: Site) -> Iterator[Site]:
    """The site with everything of the application on a disk whose size we decide."""
    faulty.sh(
        f"mount -t tmpfs -o size={SMALL_DISK},mode=755 small /mnt && cp -a /var/www/. /mnt/ &&"
        "mount --move /mnt /var/www && systemctl restart shop_dev"
    )
    yield faulty
    # What still runs there keeps the lazily unmounted disk until it is started anew.
    faulty.sh(
        "mkdir -p /srv/kept && mount --move /var/www /srv/kept && rm -rf /var/www/* &&"
        "cp -a /srv/kept/. /var/www/ && umount --lazy /srv/kept && systemctl restart shop_dev"
    )


def fill(site: Site) -> None:
    """Leave not a byte and not a file on the disk."""
    site.sh(
        "set -- $(df --output=used,iused --block-size=1 /var/www | tail -1);"
        "mount -o remount,size=$1,nr_inodes=$2 /var/www; ! touch /var/www/more 2>/dev/null"
    )


def test_the_visitor_notices_an_outage(faulty: Site) -> None:
    with Visitor(faulty) as visitor:
        faulty.sh("systemctl stop shop_dev; sleep 1; systemctl start shop_dev")
    assert visitor.lost


@pytest.mark.parametrize("step", faults.STEPS)
def test_a_deploy_goes_through_after_one_whose_controller_was_killed(
    faulty: Site, step: str
) -> None:
    with Visitor(faulty) as visitor:
        with standing_at(faulty, step) as deploy:
            deploy.kill()
        assert_converges(faulty)
    assert not visitor.lost


@pytest.mark.parametrize("step", ["packages", "ask nginx"])
def test_a_deploy_goes_through_after_one_that_lost_its_connection(faulty: Site, step: str) -> None:
    with Visitor(faulty) as visitor:
        with standing_at(faulty, step) as deploy:
            faulty.sh("pkill -KILL -u deploy sshd")
            faults.let_go(faulty)
            ended = deploy.result()
        assert_converges(faulty)
    assert ended.code == 1, ended.output
    assert "server" in ended.output, ended.output
    assert not visitor.lost


@pytest.mark.parametrize("step", ["check out", "packages", "ask", "ask nginx"])
def test_a_deploy_goes_through_after_one_that_filled_the_disk(small_disk: Site, step: str) -> None:
    with Visitor(small_disk) as visitor:
        with standing_at(small_disk, step) as deploy:
            fill(small_disk)
            faults.let_go(small_disk)
            ended = deploy.result()
        small_disk.sh(f"mount -o remount,size={SMALL_DISK},nr_inodes=0 /var/www")
        assert_converges(small_disk)
    assert "Traceback" not in ended.output, ended.output
    assert ended.code == 0 or "No space left on device" in ended.output, ended.output
    assert not visitor.lost


@pytest.mark.parametrize("step", ["check", "migrate", "ask", "ask nginx"])
def test_a_deploy_goes_through_after_one_in_which_postgresql_stopped(
    impatient: Site, step: str
) -> None:
    before = impatient.release()
    with Visitor(impatient) as visitor:
        with standing_at(impatient, step) as deploy:
            gone = time.monotonic()
            stop_postgresql(impatient)
            faults.let_go(impatient)
            ended = deploy.result()
            release = impatient.release()
            impatient.sh("systemctl start postgresql")
            back = time.monotonic()
        faults.until(lambda: impatient.ask("/health/").status == 200, "the site answers again")
        recovered = time.monotonic()
        assert_converges(impatient)
    assert ended.code == 1, ended.output
    assert f"{before} serves on" in ended.output, ended.output
    assert release == before
    assert recovered - back < RECOVERY_SECONDS
    assert not visitor.lost_but_between(gone, recovered)


@pytest.mark.parametrize("step", ["ask", "ask nginx", "drain"])
def test_a_deploy_goes_through_after_one_whose_new_instance_was_killed(
    faulty: Site, step: str
) -> None:
    unit = faults.new_slot(faulty, faults.live_slot(faulty))
    with Visitor(faulty) as visitor:
        with standing_at(faulty, step) as deploy:
            killed = time.monotonic()
            kill_new_instance(faulty, unit)
            faults.let_go(faulty)
            ended = deploy.result()
        faults.until(lambda: faulty.ask("/health/").status == 200, "the site answers again")
        recovered = time.monotonic()
        assert_converges(faulty)
    assert "Traceback" not in ended.output, ended.output
    if step == "ask":
        # It took no traffic yet.
        assert not visitor.lost
    else:
        # It was the one that answered: until systemd or the deploy has seen to it.
        assert not visitor.lost_but_between(killed, min(recovered, killed + RECOVERY_SECONDS))


@pytest.mark.parametrize("step", ["packages", "migrate", "ask nginx"])
def test_a_deploy_goes_through_after_one_in_which_the_host_was_rebooted(
    faulty: Site, step: str
) -> None:
    with Visitor(faulty) as visitor:
        with standing_at(faulty, step) as deploy:
            gone = time.monotonic()
            faulty.reboot()
            ended = deploy.result()
        faults.until(lambda: faulty.ask("/health/").status == 200, "the site answers again")
        back = time.monotonic()
        assert_converges(faulty)
    assert ended.code == 1, ended.output
    assert not visitor.lost_but_between(gone, back)
