# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change that the host takes back by itself, unless somebody who came in anew says it is well.

What decides who gets in could lock out the one who changes it. So the way back is a timer of
systemd, which needs no controller.
"""

from __future__ import annotations

import os

from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.programs import finished, run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

HOME = "/run/slipway"
SECONDS = 60


def script_of(name: str) -> str:
    """Where the way back of a change is while that waits for its proof."""
    return os.path.join(HOME, f"undo-{name}")


def unit_of(name: str) -> str:
    """The transient unit that goes it."""
    return f"slipway-undo-{name}"


def pending(name: str) -> bool:
    """Whether a change waits for its proof."""
    return os.path.exists(script_of(name))


def arm(name: str, script: str) -> None:
    """Have a shell script run in SECONDS, which takes the change back. Raises Failed."""
    os.makedirs(HOME, mode=0o755, exist_ok=True)
    write(script_of(name), f"rm -f {script_of(name)}\n{script}", 0o700)
    unit = [f"--unit={unit_of(name)}", f"--on-active={SECONDS}", "--timer-property=AccuracySec=1"]
    problem = "No timer of systemd would take the change back, so nothing was changed."
    try:
        run(["systemd-run", "--quiet", "--collect", *unit, "sh", script_of(name)], problem=problem)
    except Failed:
        os.unlink(script_of(name))
        raise


def settle(name: str) -> None:
    """Let the change stand. Raises Failed where it was taken back already."""
    problem = "The change is not to be settled."
    finished(["systemctl", "stop", f"{unit_of(name)}.timer"], problem=problem)
    try:
        os.unlink(script_of(name))
    except FileNotFoundError as error:
        said = f"The host took the change back, since it heard nothing for {SECONDS} s."
        raise Failed(f"{said} Run it again.") from error


def undo(name: str) -> None:
    """Take the change back now. Raises Failed."""
    problem = "The change cannot be taken back."
    finished(["systemctl", "stop", f"{unit_of(name)}.timer"], problem=problem)
    if pending(name):
        run(["sh", script_of(name)], problem=problem)
