"""`python -m benchmarks.nginx`: the site of role nginx beside one by hand, and beside gunicorn."""

import argparse
import datetime
import json
import os
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import rig
from benchmarks.rig import ENV, Broken, Rig, instance_home
from slipway import testhost
from slipway.console import say
from slipway.errors import Problem
from slipway.machine import last_lines

PROJECT = "web"
SITE = f"{PROJECT}.test"
STATIC = f"/srv/{PROJECT}/staticfiles_{ENV}"
ROUNDS = 7
FILES, ANSWERS = 30_000, 1_500
COMPRESSED = ("--header=Accept-Encoding: gzip",)
HEAD = ["", "requests/s", "to its base", "CPU to answer", "CPU in all", "to its base"]
HERE = Path(__file__).parent

# h2load speaks HTTP/1.1 over Unix sockets too, and asks as fast as it is answered.
TOOLS = "command -v h2load >/dev/null || apt-get -qq install --no-install-recommends nghttp2-client"
# With a core of its own, gunicorn gives all it can; who asks, and nginx, have the others.
PINNED = f"""
place=/etc/systemd/system/{PROJECT}_{ENV}@.service.d
mkdir -p $place
printf '[Service]\\nCPUAffinity=0\\n' >$place/core.conf
systemctl daemon-reload
systemctl restart {PROJECT}_{ENV}
for process in $(pgrep -u {PROJECT}_{ENV}); do
    grep -qP '^Cpus_allowed_list:\\s*0$' /proc/$process/status
done
"""
STOCK = f"""
cat >/etc/nginx/stock.conf
if test -e /run/stock.pid; then nginx -s stop -c /etc/nginx/stock.conf; sleep 1; fi
nginx -c /etc/nginx/stock.conf
grep -q {SITE} /etc/hosts || echo 127.0.0.1 {SITE} >>/etc/hosts
"""


@dataclass
class Subject:
    """Who is asked for what, and what was measured: requests a second, CPU of one in microseconds.

    `base` names the subject to which its ratios are taken, `processes` prints who answers.
    """

    name: str
    words: Sequence[str]
    requests: int
    processes: str
    base: str = ""
    rates: list[float] = field(default_factory=list)
    answering: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)

    def measure(self, host: Rig) -> None:
        """Measure once. Raises Broken."""
        argv = ["python3", "-", str(self.requests), self.processes, *self.words]
        done = testhost.exec_(host.host.name, argv, feed=(HERE / "asking.py").read_text())
        if done.returncode != 0:
            raise Broken(f"{self.name}: {last_lines(done.stderr)}")
        self.note(json.loads(done.stdout))

    def note(self, found: dict[str, float]) -> None:
        """Keep what asking.py printed. Raises Broken if not every request was answered well."""
        if found["well"] != self.requests:
            raise Broken(f"{self.name}: {found['well']} of {self.requests} were answered with 2xx")
        each = 1_000_000 / self.requests
        self.rates.append(found["rate"])
        self.answering.append(found["answering"] * each)
        self.whole.append((found["answering"] + found["asking"]) * each)


def subjects(file: str) -> list[Subject]:
    """Who is measured, with a static file of this path."""
    site, plain = f"http://{SITE}", f"http://{SITE}:8090"
    ours, bare = (f"pgrep -P $(cat /run/{name}.pid)" for name in ("nginx", "stock"))
    found = []
    for kind, header in (("a file", ()), ("a file, compressed", COMPRESSED)):
        base = f"{kind}: by hand"
        found += [
            Subject(base, [*header, f"{plain}{file}"], FILES, bare),
            Subject(f"{kind}: the role's", [*header, f"{site}{file}"], FILES, ours, base),
        ]
    answer, view = "an answer: ", "/health/"
    application = f"pgrep -u {PROJECT}_{ENV}"
    socket = f"--base-uri=unix:{instance_home(PROJECT)}/current.sock"
    base = f"{answer}gunicorn, a connection each"
    closing = [socket, "--header=Connection: close", f"{site}{view}"]
    found.append(Subject(base, closing, ANSWERS, application))
    kept = f"{answer}gunicorn, connections kept"
    found.append(Subject(kept, [socket, f"{site}{view}"], ANSWERS, application, base))
    for name, place, server in (("the role's", site, ours), ("by hand", plain, bare)):
        both = f"{application}; {server}"
        found.append(Subject(f"{answer}{name}", [f"{place}{view}"], ANSWERS, both, base))
    return found


def ratio(over: Sequence[float], under: Sequence[float]) -> str:
    """The median of the rounds' ratios: the two of a round had the same neighbours."""
    return f"{statistics.median(a / b for a, b in zip(over, under, strict=True)):.2f}"


def row(subject: Subject, base: Subject | None) -> list[str]:
    """The row of a subject. Of CPU time the ratio is what a host full of work would show."""
    rate, answering, whole = (
        f"{statistics.median(values):.{digits}f}"
        for values, digits in ((subject.rates, 0), (subject.answering, 1), (subject.whole, 1))
    )
    ratios = ["-", "-"]
    if base:
        ratios = [ratio(subject.rates, base.rates), ratio(base.whole, subject.whole)]
    return [subject.name, rate, ratios[0], answering, whole, ratios[1]]


def render(measured: Iterable[Subject]) -> str:
    """The table, one row a subject, in the order given."""
    found = {subject.name: subject for subject in measured}
    rows = [row(subject, found.get(subject.base)) for subject in found.values()]
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def prepare() -> tuple[Rig, str]:
    """The host with the site and the nginx by hand beside it, and the path of a static file."""
    host = rig.up()
    rig.write_inventory(host, PROJECT)
    host.prepare(PROJECT)
    host.root(TOOLS)
    host.root(PINNED)
    text = (HERE / "stock.conf").read_text()
    given = {"@HOME@": instance_home(PROJECT), "@SITE@": SITE, "@STATIC@": STATIC}
    for mark, value in given.items():
        text = text.replace(mark, value)
    done = testhost.exec_(host.host.name, ["sh", "-ec", STOCK], feed=text)
    if done.returncode != 0:
        raise Problem(f"The nginx by hand does not start: {last_lines(done.stderr)}")
    path = host.root(f"cd {STATIC} && ls admin/css/base.????????????.css | head --lines=1")
    return host, f"/static/{path}"


def main() -> int:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nginx", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"{ROUNDS} if not given")
    parser.add_argument("--down", action="store_true", help="remove the test host at the end")
    asked = parser.parse_args()
    host, path = prepare()
    measured = subjects(path)
    for number in range(1, asked.rounds + 1):
        say(f"Round {number} of {asked.rounds}")
        for subject in measured:
            subject.measure(host)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    version = host.root("nginx -v 2>&1")
    say(f"\n{datetime.datetime.now(datetime.UTC):%Y-%m-%d}; {version}; load {load}\n", result=True)
    say(render(measured), result=True)
    if asked.down:
        testhost.down(host.host.name)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Broken, Problem) as problem:
        say(str(problem))
        sys.exit(1)
