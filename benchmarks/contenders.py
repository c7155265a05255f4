"""Who is timed: what each runs, whether it wants a new commit, and what must answer afterwards."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks import fujin, table, tools
from benchmarks.load import Load
from benchmarks.rig import ANSWER_SECONDS, Broken, Rig

# Runs, and returns what it said.
Act = Callable[[Rig], str]
SWITCH, SLIPWAY = "script: start, health, switch, stop", "shop"


@dataclass
class Contender:
    """One way to do one thing.

    `answers` tells which mark must answer, of those released so far; `ready` is not timed.
    """

    series: table.Series
    project: str
    act: Act
    commits: bool = True
    answers: Callable[[list[str]], str] = lambda released: released[-1]
    ready: Callable[[Rig], None] = lambda rig: rig.hang_up()


@dataclass
class Race:
    """The contenders, the marks that each project released, and the script's own splits."""

    rig: Rig
    contenders: list[Contender]
    switching: table.Series = field(default_factory=lambda: table.Series(SWITCH))
    parts: list[dict[str, int]] = field(default_factory=list)
    released: dict[str, list[str]] = field(default_factory=dict)

    def run(self, contender: Contender) -> None:
        """Time a contender once, under load, and see that the right commit answers."""
        series, rig = contender.series, self.rig
        released = self.released.setdefault(contender.project, [])
        if not released:
            released.append(rig.answers(contender.project)["mark"])
        after = [*released, rig.commit()] if contender.commits else released
        contender.ready(rig)
        with Load(rig.host.address, f"{contender.project}.test") as load:
            started = time.monotonic()
            said = contender.act(rig)
            seconds = time.monotonic() - started
        expected = contender.answers(after)
        expect(rig, contender.project, expected)
        self.released[contender.project] = [*after, expected]
        series.seconds.append(seconds)
        series.requests += load.sent
        series.lost += load.lost
        if parts := table.splits(said):
            self.parts.append(parts)
            self.switching.seconds.append(table.switching(parts))

    def series(self) -> list[table.Series]:
        """What was measured, the script's split after the script."""
        found = [contender.series for contender in self.contenders]
        at = next((i for i, series in enumerate(found) if series.name == tools.SCRIPT), -1)
        return [*found[: at + 1], self.switching, *found[at + 1 :]]


def expect(rig: Rig, project: str, mark: str) -> None:
    """Wait until a site answers as a commit. Raises Broken."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while (found := rig.answers(project).get("mark")) != mark:
        if time.monotonic() > deadline:
            raise Broken(f"{project}.test answers as commit {found}, not {mark}")
        time.sleep(0.1)


def unchanged(rig: Rig) -> str:
    """Deploy what is live; the slot must go on."""
    before = rig.answers(SLIPWAY)
    said = rig.run(["./inv", "deploy", SLIPWAY])
    if rig.answers(SLIPWAY) != before:
        raise Broken(f"A deploy of what is live made another release: {said[-500:]}")
    return said


def playbook(rig: Rig) -> str:
    """Run the playbook that `./inv deploy` runs, without it."""
    words = ["ansible-playbook", "-i", str(rig.inventories / SLIPWAY), "playbooks/deploy.yml"]
    return rig.run(words)


def before(released: list[str]) -> str:
    """The mark of the newest release that is older than the live one; marks sort by time."""
    return max((mark for mark in released if mark < released[-1]), default="an older one")


def all_of() -> list[Contender]:
    """Every contender, in the order of a round."""

    def series(name: str, base: str = tools.SCRIPT, note: str = "") -> table.Series:
        return table.Series(name, base, note)

    def inv(*words: str) -> Act:
        return lambda rig: rig.run(["./inv", *words, SLIPWAY])

    back = series("slipway: `./inv rollback`", SWITCH, "(of start to stop)")
    return [
        Contender(series(tools.SCRIPT), tools.SCRIPT, tools.script),
        Contender(series("slipway: `./inv deploy`"), SLIPWAY, inv("deploy")),
        Contender(series("slipway: `ansible-playbook`"), SLIPWAY, playbook),
        Contender(series("slipway: what is live", ""), SLIPWAY, unchanged, commits=False),
        Contender(back, SLIPWAY, inv("rollback"), commits=False, answers=before),
        Contender(
            series("slipway: `site.yml`, converged", ""), SLIPWAY, inv("provision"), commits=False
        ),
        Contender(
            series("pyinfra, restart"), tools.PYINFRA, lambda rig: rig.run(tools.pyinfra(rig))
        ),
        Contender(series("fujin, restart"), fujin.PROJECT, fujin.deploy, ready=fujin.pull),
    ]
