# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a task's result says about its failure."""

from __future__ import annotations

import json
import os
from typing import Any

# Names a file that gets a line of JSON for each task of a run that changes something.
CHANGES = "SLIPWAY_CHANGES"
SHOWN = 25
STREAMS = ("module_stdout", "module_stderr", "stdout", "stderr")

Outcome = dict[str, Any]


def culprit(outcome: Outcome) -> Outcome:
    """The item of a loop that failed, else the outcome itself."""
    items: list[Outcome] = outcome.get("results", [])
    return next((item for item in items if item.get("failed")), outcome)


def sentence(outcome: Outcome) -> str:
    """What went wrong, in the words of the module."""
    return str(outcome.get("msg") or outcome.get("censored") or "failed").strip()


def evidence(outcome: Outcome) -> list[str]:
    """The lines that show why: those a module chose, else what a program printed."""
    if "evidence" in outcome:
        return list(outcome["evidence"])
    said = "\n".join(str(outcome.get(stream) or "") for stream in STREAMS)
    return said.strip().splitlines()[-SHOWN:]


def note_change(host: str, task: str) -> None:
    """Keep what a task changes, or would change, for the task runner, if it asked."""
    if CHANGES in os.environ:
        with open(os.environ[CHANGES], "a", encoding="utf-8") as file:
            file.write(json.dumps({"host": host, "task": task}) + "\n")
