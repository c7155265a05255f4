"""What the application says is in the journal and in the log file, each line once; what people are
shown of the logs, and of the health that the host's own timer asks for."""

import itertools
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway import state

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
        assert site.ask(f"/health/?seen={word}").status == 200
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


REQUEST = re.compile(r"\(request ([0-9a-f]{32})\)")


def test_all_that_was_said_about_a_request_is_found_by_its_id(site: Site) -> None:
    word, other = mark(), mark()
    provoke(site, "a traceback", other)
    provoke(site, "a traceback", word)
    errors = site.succeed("logs", "dev", "--level", "error", "--since", "10min")
    # The line before the traceback names the request, and the traceback's last line has the word.
    before = errors.partition(f"RuntimeError: {word}")[0]
    assert REQUEST.search(before), errors
    found = REQUEST.findall(before)[-1]
    shown = site.succeed("logs", "dev", "--request", found)
    assert f"RuntimeError: {word}" in shown, shown
    assert "Traceback (most recent call last):" in shown, shown
    for line in (rf"gunicorn.access: .* 500 .* {found}", rf"access .* 500, .* request {found}"):
        assert re.search(f"{line}$", shown, re.MULTILINE), shown
    assert other not in shown, shown


def test_a_time_that_is_none_is_told_in_a_sentence(site: Site) -> None:
    said = site.invoke("logs", "dev", "--since", "soon").stdout
    assert "'soon' is no time to begin at: say '10 min ago', " in said


@pytest.fixture
def following(site: Site, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`invoke logs --follow`, and the file that has what it shows."""
    shown = tmp_path / "shown"
    words = ["logs", "dev", "--follow", "--lines", "1"]
    with shown.open("wb") as file:
        process = subprocess.Popen(
            # Who starts the tests in the background may have Ctrl-C ignored.
            ["env", "--default-signal=INT", state.CHECKOUT / "inv", *words],
            env=os.environ | {"SLIPWAY_INVENTORIES": str(site.inventories)},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    yield process, shown
    process.kill()
    process.wait()


def test_what_is_said_later_is_followed_through_a_rotation_until_ctrl_c(
    site: Site, following: tuple[subprocess.Popen[bytes], Path]
) -> None:
    process, path = following
    running = (
        "pgrep --full --list-full '[s]lipway/.*/follow|[j]ournalctl --follow --quiet --all' || true"
    )
    words = [mark(), mark()]
    wait_until(lambda: "journalctl" in site.sh(running), site, path)
    for word in words:
        # nginx's log has no query.
        site.ask(f"/{word}")
        pattern = re.compile(rf"access .*{word}")
        wait_until(lambda seen=pattern: seen.search(path.read_text()), site, path)
        site.sh("logrotate --force /etc/logrotate.d/nginx")
    wait_until(lambda: re.search(rf"web@\w+ .*{words[1]}", path.read_text()), site, path)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0, path.read_text()
    assert site.sh(running) == ""


def wait_until(holds: Callable[[], object], site: Site, path: Path | None = None) -> None:
    """Wait for something on the host, half a minute at most."""
    end = time.monotonic() + 30
    while not holds():
        evidence = path.read_text() if path else site.sh("cat /var/lib/shop_dev-health/state.json")
        assert time.monotonic() < end, evidence
        time.sleep(0.2)


RECEIVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open("/tmp/told", "ab") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])) + bytes([10]))
        self.send_response(204)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 9977), Handler).serve_forever()
"""


@pytest.fixture
def watched(site: Site) -> Iterator[Site]:
    """The site whose timer asks each second and tells a webhook, which is on the host itself."""
    site.sh(f"systemd-run --quiet --unit=receiver python3 -c '{RECEIVER}'")
    quick = {"interval_seconds": 1, "failures": 2, "webhook": "http://127.0.0.1:9977/a?b=%20$c"}
    configure_health(site, {f"gunicorn_systemd_health_{name}": v for name, v in quick.items()})
    yield site
    site.sh("systemctl stop shop_dev-health.timer receiver")


def configure_health(site: Site, variables: dict[str, object]) -> None:
    """Provision what the timer needs, and nothing else."""
    words = ["-i", str(site.inventories / "dev"), "playbooks/site.yml", "--tags", "health"]
    done = subprocess.run(
        [state.CHECKOUT / ".venv/bin/ansible-playbook", *words, "-e", json.dumps(variables)],
        cwd=state.CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_host_itself_notices_that_the_application_is_gone_and_tells(watched: Site) -> None:
    def told() -> list[str]:
        said = watched.sh("cat /tmp/told 2>/dev/null || true").splitlines()
        return [json.loads(line)["state"] for line in said]

    watched.sh("systemctl stop shop_dev")
    wait_until(lambda: told() == ["not well"], watched)
    said = watched.succeed("status", "dev")
    assert re.search(r"watched +NOT WELL since \S+ \S+ \(\d+ times\): /health/ ", said), said
    watched.sh("systemctl start shop_dev")
    wait_until(lambda: told() == ["not well", "well"], watched)
    message = json.loads(watched.sh("tail -n 1 /tmp/told"))
    assert message["text"].startswith("shop_dev on server is well again after "), message
    said = watched.succeed("status", "dev")
    well = r"watched +well for .* \(asked every 1 s\); median \d+ ms, p95 \d+ ms"
    assert re.search(well, said), said
    watched.sh("systemctl stop shop_dev-health.timer shop_dev-health.service")
    long_ago = """sed -i 's/"checked": [0-9.]*/"checked": 1/' /var/lib/shop_dev-health/state.json"""
    watched.sh(long_ago)
    assert re.search(r"watched +NOT ASKED for", watched.succeed("status", "dev"))


@pytest.mark.parametrize("user", ["shop_dev", "nobody"])
@pytest.mark.parametrize(
    "deed", ["cat /etc/slipway/shop_dev-health.env", "touch /var/lib/shop_dev-health/state.json"]
)
def test_of_the_health_neither_the_application_nor_a_stranger(
    site: Site, user: str, deed: str
) -> None:
    """Can read the webhook's address, or forge what was found."""
    site.sh(f"ls {deed.split()[1]} && ! runuser -u {user} -- {deed}")
