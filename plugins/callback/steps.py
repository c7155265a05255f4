# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person sees of a run: one line a step as it happens, with its seconds."""

from __future__ import annotations

DOCUMENTATION = r"""
name: steps
type: stdout
short_description: One line a step, with its seconds
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Shows changes, steps and failures with their evidence. C(-v) gives Ansible's own stream instead,
    and where the environment variable C(CI) is set, a failure is followed by that stream.
extends_documentation_fragment:
  - default_callback
"""

import gc
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.plugin_utils.outcome import (
    culprit,
    evidence,
    note_change,
    sentence,
)
from ansible_collections.slipway.django.plugins.plugin_utils.quiet import Quiet

WIDTH = 44
GARBAGE = 100_000
STREAM_CHARACTERS = 3000


def total(counts: Mapping[str, int], hosts: Sequence[str]) -> int:
    """What was counted on these hosts together."""
    return sum(counts.get(host, 0) for host in hosts)


def unreachable(said: str) -> str:
    """What to do about a host that cannot be worked on, from what SSH said."""
    if "Permission denied" in said:
        return (
            "does not let you in: a new server must be provisioned first (`invoke provision`, "
            "playbook slipway.django.site), which comes in as base_first_user; else check your key."
        )
    return (
        "does not answer over SSH: check its address (slipway_server or ansible_host), that it "
        "is up, and that your key lets you in."
    )


class CallbackModule(Quiet):
    """The callback; Ansible's default one as soon as more words are asked for."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "slipway.django.steps"

    def __init__(self) -> None:
        super().__init__()
        # What Ansible makes lives to the end of a run: looking for garbage in it costs a tenth.
        gc.set_threshold(GARBAGE)
        self.task_started = 0.0
        self.several_hosts = False
        self.role = ""
        self.role_started = 0.0
        self.role_changed = 0
        self.counted = 0, 0
        self.told: set[str] = set()
        self.stream: list[str] = []
        self.transient = sys.stdout.isatty() and "CI" not in os.environ

    def line(self, text: str, color: Optional[str] = None) -> None:
        """Print a line over the one that only said what is going on."""
        if self.transient:
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()
        self._display.display(text, color=color)

    def step(self, result: Any, name: str, seconds: float, detail: str, color: str | None) -> None:
        """Print a step."""
        host = f"{result._host.get_name()}: " if self.several_hosts else ""
        self.line(f"  {(host + name):<{WIDTH}} {seconds:>6.1f} s  {detail}".rstrip(), color)

    def end_role(self) -> None:
        """Say what a role came to, unless its steps said so already."""
        if self.role:
            seconds = time.monotonic() - self.role_started
            changed = f"{self.role_changed} changed" if self.role_changed else "unchanged"
            self.line(f"  {'role ' + self.role:<{WIDTH}} {seconds:>6.1f} s  {changed}")
        self.role = ""
        self.role_changed = 0

    def v2_playbook_on_play_start(self, play: Any) -> None:
        if self.wordy:
            super().v2_playbook_on_play_start(play)
            return
        self.end_role()
        manager = play.get_variable_manager()
        self.several_hosts = len(manager._inventory.get_hosts(play.hosts)) > 1

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self.task_started = time.monotonic()
        if self.wordy:
            super().v2_playbook_on_task_start(task, is_conditional)
            return
        role = task._role.get_name().rpartition(".")[2] if task._role else ""
        named = role if "|" in task.get_name() else ""
        if named != self.role:
            self.end_role()
            self.role, self.role_started = named, self.task_started
        self.stream.append(f"TASK [{task.get_name()}]")
        if self.transient:
            sys.stdout.write(f"\r\033[K  {task.get_name()} ...")
            sys.stdout.flush()

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self.task_started = time.monotonic()
        if self.wordy:
            super().v2_playbook_on_handler_task_start(task)

    def v2_runner_on_ok(self, result: Any) -> None:
        outcome = result._result
        if outcome.get("changed"):
            note_change(result._host.get_name(), result._task.get_name())
        if self.wordy:
            super().v2_runner_on_ok(result)
            return
        self.keep("ok", result)
        if result._task.action in ("ansible.builtin.debug", "debug"):
            said = outcome.get("msg", [])
            for text in said if isinstance(said, list) else str(said).splitlines():
                self.line(str(text))
        elif outcome.get("steps"):
            self.role_changed += bool(outcome.get("changed"))
            for taken in outcome["steps"]:
                self.step(result, taken["name"], taken["seconds"], taken.get("detail", ""), None)
        elif outcome.get("changed"):
            self.role_changed += 1
            seconds = time.monotonic() - self.task_started
            name = result._task.get_name().rpartition(" : ")[2]
            self.step(result, name, seconds, "changed", "yellow")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if self.wordy:
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self.keep("failed", result)
        if ignore_errors:
            return
        outcome = culprit(result._result)
        said = f"FAILED  {result._host.get_name()}: {sentence(outcome)}"
        if said in self.told:
            return  # raised again, after the way back
        self.told.add(said)
        for taken in outcome.get("steps", []):
            self.step(result, taken["name"], taken["seconds"], taken.get("detail", ""), None)
        self.line(said, "red")
        for text in evidence(outcome):
            self.line(f"    {text}")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        if self.wordy:
            super().v2_runner_on_unreachable(result)
            return
        self.keep("unreachable", result)
        if result._task.ignore_unreachable:
            return
        said = str(result._result.get("msg", ""))
        self.line(f"FAILED  {result._host.get_name()} {unreachable(said)}", "red")
        for text in said.strip().splitlines()[-5:]:
            self.line(f"    {text}")

    def keep(self, status: str, result: Any) -> None:
        """Keep what Ansible's own stream would have shown, for a failure in CI."""
        if "CI" in os.environ:
            shown = self._dump_results(result._result)[:STREAM_CHARACTERS]
            self.stream.append(f"{status}: [{result._host.get_name()}] => {shown}")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        if self.wordy:
            super().v2_playbook_on_stats(stats)
            return
        self.end_role()
        # The controller is no host, unless it is all that was asked.
        hosts = sorted(set(stats.processed) - {"localhost"}) or list(stats.processed)
        bad = [host for host in hosts if stats.failures.get(host) or stats.dark.get(host)]
        if bad and "CI" in os.environ:
            self.line("\n  ".join(["Ansible's own stream:", *self.stream]))
        # Ansible counts on from one playbook to the next of the same run.
        totals = total(stats.ok, hosts), total(stats.changed, hosts)
        tasks, changed = (new - old for new, old in zip(totals, self.counted))
        self.counted = totals
        self.line(f"{tasks} tasks, {changed} changed, {len(bad)} of {len(hosts)} hosts failed")
