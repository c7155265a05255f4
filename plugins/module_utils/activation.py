# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Making a release the one that answers: start it, ask it, switch, drain (docs/activation.md)."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    application,
    asking,
    doppler,
    releases,
    snapshot,
    units,
)
from ansible_collections.slipway.django.plugins.module_utils.files import link
from ansible_collections.slipway.django.plugins.module_utils.instance import SLOTS, Instance
from ansible_collections.slipway.django.plugins.module_utils.memory import Budget
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)

POLL_SECONDS = 0.05
# From the switch on: who connected just before it has to send the request yet.
SETTLE_SECONDS = 0.2
NOTHING = "Nothing served before, and nothing does now."


@dataclass(frozen=True)
class Activation:
    """One switch of an instance to ``release``.

    ``patience`` is how many seconds it may take until it answers rightly, ``drain`` how many the
    old one's queue may take to empty; ``nginx_port`` is None where no nginx runs on this host.
    """

    instance: Instance
    release: str
    question: asking.Question
    nginx_port: Optional[int]
    patience: float
    drain: float
    budget: Budget
    steps: Steps

    def perform(self) -> None:
        """Switch. Raises Failed, and then the release that answered before still does."""
        old = releases.live_slot(self.instance)
        new = next(slot for slot in SLOTS if slot != old)
        before = releases.live(self.instance)
        self.steps.release = self.release
        try:
            self.start(new, old)
            self.prove(new)
            with self.steps.step("switch"):
                self.switch(new, self.release)
            self.ask_nginx()
            self.finish()
        except (Failed, OSError) as failure:
            evidence = [*getattr(failure, "evidence", []), *self.log(new)]
            self.go_back(new, old, before)
            serves = f"{before} serves on." if before else NOTHING
            said = f"{failure}." if isinstance(failure, OSError) else str(failure)
            said += doppler.remedy(evidence)
            raise Failed(f"{said} {serves}", "\n".join(evidence)) from failure
        except BaseException:
            self.go_back(new, old, before)
            raise

    def log(self, slot: str) -> list[str]:
        """The last lines that the release logged, if it came to run."""
        if releases.target(self.instance.slot(slot)) != self.release:
            return []
        since = os.lstat(self.instance.slot(slot)).st_mtime
        return units.journal(self.instance.slot_unit(slot), since).splitlines()

    def start(self, slot: str, old: Optional[str]) -> None:
        """Start the release in a slot."""
        unit = self.instance.slot_unit(slot)
        with self.steps.step("start") as step:
            step["detail"] = unit
            snapshot.require_asked(self.instance, self.release, slot)
            units.stop(unit)
            self.budget.require_room(self.instance.slot_unit(old) if old else None)
            # Its place on the disk is taken now: after the switch nothing may fail for want of it.
            with open(self.mark("activated.next"), "w", encoding="utf-8") as file:
                file.write(releases.now() + "\n")
            application.require_link(self.mark(application.LINK))
            link(os.path.join("..", "releases", self.release), self.instance.slot(slot))
            try:
                units.start(unit, lambda: self.budget.watch(unit))
            except Failed:
                self.budget.require_spared(unit)
                raise

    def mark(self, name: str) -> str:
        """Path of a mark of the release."""
        return self.instance.record(self.release, name)

    def prove(self, slot: str) -> None:
        """Ask the release on its own socket until it answers rightly, as this release."""
        unit = self.instance.slot_unit(slot)
        with self.steps.step("ask") as step:
            deadline = time.monotonic() + self.patience
            while True:
                left = deadline - time.monotonic()
                try:
                    timeout = min(self.question.timeout, max(left, POLL_SECONDS))
                    question = replace(self.question, timeout=timeout)
                    process = question.ask_socket(self.instance.slot_socket(slot))
                    break
                except Failed as failure:
                    self.require_alive(unit, failure)
                    if time.monotonic() + POLL_SECONDS > deadline:
                        raise Failed(
                            f"The release was not well within {self.patience:.0f} s: {failure}",
                            "\n".join(failure.evidence),
                        ) from failure
                    self.budget.watch(unit)
                    time.sleep(POLL_SECONDS)
            if not asking.runs(process, self.instance, self.release):
                raise Failed(f"Another release than {self.release} answers on the slot's socket.")
            step["detail"] = f"{self.question.path} answers {self.question.status}"

    def require_alive(self, unit: str, failure: Failed) -> None:
        """Raise Failed where the release's processes ended rather than answered."""
        shown = units.show(unit, "ActiveState", "NRestarts")
        if shown.get("ActiveState") != "active" or shown.get("NRestarts", "0") != "0":
            self.budget.require_spared(unit)
            raise Failed(f"The release ended while it was asked: {failure}") from failure

    def switch(self, slot: str, release: str) -> None:
        """Let the web server's next request reach a slot."""
        link(os.path.join("releases", release), self.instance.current)
        link(self.instance.slot_socket(slot), self.instance.socket)

    def ask_nginx(self) -> None:
        """Ask as a visitor does, where nginx runs on this host."""
        if self.nginx_port is not None:
            with self.steps.step("ask nginx"):
                self.question.ask_nginx(self.nginx_port)

    def go_back(self, new: str, old: Optional[str], before: Optional[str]) -> None:
        """Undo what was done; the old slot was never stopped."""
        with self.steps.step("go back") as step:
            if old and before:
                # A full disk refuses even a link, so none is made where nothing was switched.
                named = releases.live_slot(self.instance), releases.target(self.instance.current)
                if named != (old, before):
                    self.switch(old, before)
                    self.empty(new)
            else:
                for path in filter(os.path.lexists, (self.instance.socket, self.instance.current)):
                    os.unlink(path)
            try:
                units.stop(self.instance.slot_unit(new))
            except Failed as failure:
                # What is told is why it should stop; the next start stops it first.
                step["detail"] = str(failure)

    def finish(self) -> None:
        """Mark the instance as what a reboot starts, and the release as proven."""
        if units.state(self.instance.unit) != "active":
            problem = f"{self.instance.unit} does not start."
            units.systemctl("start", self.instance.unit, problem=problem)
        if os.path.exists(self.mark("failed")):
            os.unlink(self.mark("failed"))
        os.replace(self.mark("activated.next"), self.mark("activated"))

    def drain_old(self) -> None:
        """Let the other slot answer what reached it, and stop.

        What waits would be lost with the socket; what is begun ends in the unit's own time.
        """
        live = releases.live_slot(self.instance)
        old = next(slot for slot in SLOTS if slot != live)
        unit = self.instance.slot_unit(old)
        if units.state(unit) not in units.RUNNING:
            return
        with self.steps.step("drain") as step:
            step["detail"] = self.empty(old) or f"{unit} ends what it began"
            units.stop_soon(unit)

    def empty(self, slot: str) -> str:
        """Wait until nothing waits at a slot that was switched from; why it could not be seen."""
        deadline = time.monotonic() + self.drain
        since = time.time() - os.lstat(self.instance.socket).st_mtime
        time.sleep(max(0.0, min(SETTLE_SECONDS - since, self.drain)))
        try:
            while units.waiting(self.instance.slot_socket(slot)) and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
        except Failed as failure:
            return str(failure)
        return ""
