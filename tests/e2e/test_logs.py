"""What the application says is in the journal and in the log file, each line once."""

import itertools
import time
from collections.abc import Iterator

import pytest

from .site import Site

FILE = "/var/www/logs/gunicorn_dev.log"
JOURNAL = "journalctl --quiet --no-pager --output=cat --unit='shop_dev@*'"
# The older files first; logrotate compresses all but the newest of them.
EVERY_FILE = f"for file in $(ls --sort=time --reverse {FILE}*); do zcat --force $file; done"
LINES = 20_000
_marks = itertools.count(time.time_ns())


def mark() -> str:
    """A word that was in no log before."""
    return f"mark{next(_marks)}x"


def awaited(site: Site, script: str, word: str, count: int, seconds: float = 30) -> list[str]:
    """The lines with a word that a script shows, asked again until there are so many."""
    end = time.monotonic() + seconds
    while True:
        found = site.sh(f"{{ {script}; }} | grep -a {word} || true").splitlines()
        if len(found) >= count or time.monotonic() > end:
            return found
        time.sleep(0.3)


def provoke(site: Site, kind: str, word: str) -> None:
    """Let the application say a word in one of the ways that it has."""
    if kind == "an access line":
        site.ask(f"/health/?seen={word}")
    elif kind == "a printed line":
        assert site.ask(f"/say/?words={word}").status == 200
    else:
        assert site.ask(f"/fail/?words={word}").status == 500


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("an access line", '"GET /health/?seen={} HTTP/1.1" 200'),
        ("a printed line", "{} 1"),
        ("a traceback", "RuntimeError: {}"),
    ],
)
@pytest.mark.parametrize("script", [JOURNAL, f"cat {FILE}"], ids=["journal", "file"])
def test_what_the_application_says_is_in(site: Site, kind: str, line: str, script: str) -> None:
    word = mark()
    provoke(site, kind, word)
    wanted = line.format(word)
    found = awaited(site, script, f"-F '{wanted}'", 1)
    assert [text for text in found if wanted in text], site.sh(f"{script} | tail -n 40")


@pytest.fixture
def strict_journal(site: Site) -> Iterator[None]:
    """A journal that drops the lines of a burst early, as one on a full disk does."""
    setting = "/run/systemd/journald.conf.d/strict.conf"
    site.sh(f"mkdir -p $(dirname {setting})")
    site.sh(f"printf '[Journal]\\nRateLimitBurst=1000\\n' >{setting}")
    site.sh("systemctl restart systemd-journald")
    yield
    site.sh(f"rm {setting} && systemctl restart systemd-journald")


@pytest.mark.usefixtures("strict_journal")
def test_rotation_loses_no_line_of_a_burst(site: Site) -> None:
    word = mark()
    rotate = "logrotate --force /etc/logrotate.d/shop_dev; sleep 0.4"
    site.sh(f"(for turn in 1 2 3 4 5 6 7 8; do {rotate}; done) >/tmp/rotated 2>&1 &")
    assert site.ask(f"/say/?words={word}&lines={LINES}").status == 200
    wanted = list(range(1, LINES + 1))
    for script in (EVERY_FILE, JOURNAL):
        found = awaited(site, script, f"'{word} '", LINES)
        said = [line for line in found if "/say/" not in line]
        numbers = [int(line.rpartition(" ")[2]) for line in said]
        lost = sorted(set(wanted) - set(numbers))
        twice = len(numbers) - len(set(numbers))
        evidence = f"lost {len(lost)} ({lost[:5]}), {twice} twice, {site.sh(f'ls -l {FILE}*')}"
        assert numbers == wanted, evidence
    site.sh("! grep . /tmp/rotated")
    used = site.sh(f"grep -lc {word} $(ls {FILE}* | grep -v gz) | wc -l")
    packed = site.sh(f"zgrep -l {word} {FILE}*.gz | wc -l")
    assert int(used) + int(packed) > 1, "the file was not rotated under the burst"


def test_the_file_misses_nothing_of_a_time_when_nothing_copied(site: Site) -> None:
    before, after = mark(), mark()
    site.sh("systemctl stop shop_dev-log")
    site.ask(f"/say/?words={before}")
    site.reboot()
    site.ask(f"/say/?words={after}")
    found = awaited(site, EVERY_FILE, f"-e '{before} 1' -e '{after} 1'", 2)
    assert [line.rpartition(": ")[2] for line in found] == [f"{before} 1", f"{after} 1"], found


@pytest.mark.parametrize("deed", ["cat", "truncate --size=0", "rm"])
@pytest.mark.parametrize("user", ["shop_dev", "nobody"])
def test_neither_the_application_nor_a_stranger(site: Site, user: str, deed: str) -> None:
    """Can read the log, or forge it."""
    site.sh(f"test -s {FILE} && ! runuser -u {user} -- {deed} {FILE}")


def test_another_user_cannot_slip_a_line_into_the_file(site: Site) -> None:
    forged, own = mark(), mark()
    site.sh(f"runuser -u nobody -- logger --tag shop_dev '{forged}'")
    site.ask(f"/say/?words={own}")
    assert awaited(site, f"cat {FILE}", own, 1)
    assert not awaited(site, f"cat {FILE}", forged, 0)


def test_a_stop_of_the_copying_is_no_failure(site: Site) -> None:
    site.sh("systemctl stop shop_dev-log")
    state = site.sh("systemctl show --property=ActiveState --value shop_dev-log")
    site.sh("systemctl start shop_dev-log")
    assert state == "inactive", site.sh("systemctl status shop_dev-log || true")
