"""Who may change a server: people deploy, assistants hand off (claude/DEPLOYMENT_STANDARDS.md)."""

import os
import sys

from slipway import inventory
from slipway.console import say
from slipway.errors import Problem

# Set in what is run by Claude Code, Cursor, Gemini CLI, Codex and opencode.
ASSISTANTS = ("CLAUDECODE", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX", "OPENCODE")
# Names other variables instead, with commas or spaces between.
SETTING = "SLIPWAY_ASSISTANTS"
# Who changes one of these types its name.
CONFIRMED = ("prod", "production")


def admit(task: str, environment: str, *, yes: bool = False, check: bool = False) -> None:
    """Let a task change the servers of an environment, if a person runs it who means it.

    `check` says that it changes nothing, `yes` that nobody is to be asked. Raises Problem.
    """
    if environment == "local":
        return
    inventory.directory(environment)
    found = assistant()
    if found:
        raise Problem(
            f"{found} is set, so an assistant runs this, and assistants hand off while people "
            f"deploy (claude/DEPLOYMENT_STANDARDS.md): write what {environment} needs into the "
            f"application's claude/DEV_HANDOFF.md, `invoke handoff.draft {environment}` begins it, "
            f"and ask a person to run `invoke {task} {environment}`."
        )
    if environment in CONFIRMED and not yes and not check:
        confirm(task, environment)


def assistant() -> str:
    """Return the variable that tells of an assistant's session, if there is one."""
    setting = os.environ.get(SETTING)
    names = ASSISTANTS if setting is None else setting.replace(",", " ").split()
    return next((name for name in names if os.environ.get(name, "0") not in ("", "0")), "")


def confirm(task: str, environment: str) -> None:
    """Ask a person at a terminal to type the name of the environment. Raises Problem."""
    if not sys.stdin.isatty():
        raise Problem(
            f"`invoke {task} {environment}` asks first, and there is no terminal to ask at: add "
            "--yes where nobody is to be asked, as in CI."
        )
    say(f"`invoke {task}` changes {environment}. Type its name to go on: ", end="")
    try:
        typed = input().strip()
    except (EOFError, KeyboardInterrupt):
        typed = ""
    if typed != environment:
        raise Problem(f"{typed!r} is not {environment!r}, so nothing was changed.")
