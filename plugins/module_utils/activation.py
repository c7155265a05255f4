# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Making a release the one that answers: start it, ask it, switch, drain (docs/activation.md)."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils import asking, releases
from ansible_collections.slipway.django.plugins.module_utils.instance import SLOTS, Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps, link, run

POLL_SECONDS = 0.05
# systemd has limits of its own for a start and a stop, which the unit sets.
SYSTEMD_SECONDS = 3600.0


def systemctl(*words: str, problem: str, timeout: float = SYSTEMD_SECONDS) -> str:
    """Run systemctl. Raises Failed."""
    return run(["systemctl", *words], problem=problem, timeout=timeout)


def stop(unit: str) -> None:
    """Stop a unit and forget its failures, which would keep it from the next start."""
    systemctl("stop", unit, problem=f"{unit} does not stop.")
    state = systemctl("show", "--value", "-p", "ActiveState", unit, problem="systemd is mute.")
    if state.strip() == "failed":
        systemctl("reset-failed", unit, problem=f"{unit} cannot be reset.")


def journal(unit: str) -> str:
    """The last lines that a unit logged in its newest run; none if they cannot be read."""
    try:
        invocation = systemctl("show", "--value", "-p", "InvocationID", unit, problem="-").strip()
        which = f"_SYSTEMD_INVOCATION_ID={invocation}" if invocation else f"_SYSTEMD_UNIT={unit}"
        words = ["--quiet", "--no-pager", "--output=cat", "--lines=20", which]
        return run(["journalctl", *words], problem="-")
    except Failed:
        # It is only evidence: what comes next is the way back.
        return ""


def stale(unit: str, files: list[str]) -> bool:
    """Whether a unit started before one of the files that it reads at its start was written."""
    names = "NeedDaemonReload,ActiveEnterTimestampMonotonic"
    shown = systemctl("show", unit, "--property", names, problem="systemd is mute.")
    values = dict(line.partition("=")[::2] for line in shown.splitlines())
    if values.get("NeedDaemonReload") == "yes":
        systemctl("daemon-reload", problem="systemd cannot read its units.")
        return True
    microseconds = int(values.get("ActiveEnterTimestampMonotonic") or 0)
    started = time.time() - time.monotonic() + microseconds / 1e6
    return any(os.path.exists(file) and os.stat(file).st_mtime > started for file in files)


@dataclass(frozen=True)
class Activation:
    """One switch of an instance to ``release``.

    ``patience`` is how many seconds the release may take until it answers rightly, ``drain`` how
    many the old one goes on for requests that reached it; ``nginx_port`` is None where no nginx
    runs on this host.
    """

    instance: Instance
    release: str
    question: asking.Question
    nginx_port: Optional[int]
    patience: float
    drain: float
    steps: Steps

    def perform(self) -> None:
        """Switch. Raises Failed, and then the release that answered before still does."""
        old = releases.live_slot(self.instance)
        new = next(slot for slot in SLOTS if slot != old)
        before = releases.live(self.instance)
        try:
            self.start(new)
            self.prove(new)
            self.switch(new, self.release)
            self.ask_nginx()
        except OSError as error:
            self.go_back(new, old, before)
            raise Failed(f"{error}. {self.comfort(before)}") from error
        except Failed as failure:
            evidence = [*failure.evidence, *journal(self.instance.slot_unit(new)).splitlines()]
            self.go_back(new, old, before)
            raise Failed(f"{failure} {self.comfort(before)}", "\n".join(evidence)) from failure
        self.finish(new, old)

    def comfort(self, before: Optional[str]) -> str:
        """What serves after a failure."""
        return f"{before} serves on." if before else "Nothing served before, and nothing does now."

    def start(self, slot: str) -> None:
        """Start the release in a slot."""
        unit = self.instance.slot_unit(slot)
        with self.steps.step("start") as step:
            step["detail"] = unit
            stop(unit)
            link(os.path.join("..", "releases", self.release), self.instance.slot(slot))
            try:
                systemctl("start", unit, problem="-")
            except Failed as failure:
                # systemctl only says to look into the journal, which is shown anyway.
                raise Failed(f"The release does not start as {unit}.") from failure

    def prove(self, slot: str) -> None:
        """Ask the release on its own socket until it answers rightly, as this release."""
        with self.steps.step("ask") as step:
            deadline = time.monotonic() + self.patience
            while True:
                try:
                    process = self.question.ask_socket(self.instance.slot_socket(slot))
                    break
                except Failed as failure:
                    if time.monotonic() > deadline:
                        raise Failed(
                            f"The release was not well within {self.patience:.0f} s: {failure}",
                            "\n".join(failure.evidence),
                        ) from failure
                    time.sleep(POLL_SECONDS)
            if not asking.runs(process, self.instance, self.release):
                raise Failed(f"Another release than {self.release} answers on the slot's socket.")
            step["detail"] = f"{self.question.path} answers {self.question.status}"

    def switch(self, slot: str, release: str) -> None:
        """Let the web server's next request reach a slot."""
        with self.steps.step("switch"):
            link(os.path.join("releases", release), self.instance.current)
            link(self.instance.slot_socket(slot), self.instance.socket)

    def ask_nginx(self) -> None:
        """Ask as a visitor does, where nginx runs on this host."""
        if self.nginx_port is not None:
            with self.steps.step("ask nginx"):
                self.question.ask_nginx(self.nginx_port)

    def go_back(self, new: str, old: Optional[str], before: Optional[str]) -> None:
        """Undo what was done; the old slot was never stopped."""
        with self.steps.step("go back"):
            if old and before:
                self.switch(old, before)
            else:
                for path in (self.instance.socket, self.instance.current):
                    if os.path.lexists(path):
                        os.unlink(path)
            stop(self.instance.slot_unit(new))

    def finish(self, new: str, old: Optional[str]) -> None:
        """Mark the release as proven, then drain and stop the old slot."""
        with open(self.instance.record(self.release, "activated"), "w", encoding="utf-8") as file:
            file.write(releases.now() + "\n")
        unit = self.instance.unit
        systemctl("start", unit, problem=f"{unit} does not start.")
        if old:
            with self.steps.step("drain") as step:
                step["detail"] = self.instance.slot_unit(old)
                time.sleep(self.drain)
                stop(self.instance.slot_unit(old))
