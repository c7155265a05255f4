"""`./inv` in the background, as on a machine of its own that can be switched off or fall asleep."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from slipway import state

if TYPE_CHECKING:
    from .site import Site


SECONDS = 180.0


class Ended(NamedTuple):
    """How a run ended."""

    code: int
    output: str


class Controller:
    """A run of `./inv words`; leaving the block ends what is left of it."""

    def __init__(self, site: Site, *words: str, who: str) -> None:
        # Its own SSH connection too: a shared one would outlive the controller. The path of it is
        # in the environment of each of its processes, or in the connection's title.
        self.mark = tempfile.mkdtemp(prefix="slipway-", dir="/tmp")
        self.log = Path(self.mark, "log")
        variables = {
            "SLIPWAY_INVENTORIES": str(site.inventories),
            "SLIPWAY_WHO": who,
            "ANSIBLE_SSH_CONTROL_PATH_DIR": self.mark,
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [state.CHECKOUT / "inv", *words],
                env=os.environ | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()
        shutil.rmtree(self.mark)

    def processes(self) -> list[int]:
        """All of it: workers and the SSH connection leave the process group."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                texts = [(process / name).read_bytes() for name in ("environ", "cmdline")]
            except OSError:
                continue
            if any(self.mark.encode() in text for text in texts):
                found.append(int(process.name))
        return found

    def signal(self, number: int) -> None:
        """Send a signal to all of it."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def kill(self) -> None:
        """End it without a word, as a power cut does."""
        while self.processes():
            self.signal(signal.SIGKILL)
            time.sleep(0.05)
        self.process.wait()

    def fall_asleep(self) -> None:
        """Stop it, as a lid that is closed does."""
        self.signal(signal.SIGSTOP)

    def wake_up(self) -> None:
        """Let it go on where it was."""
        self.signal(signal.SIGCONT)

    def ended(self) -> bool:
        """Whether it came to its end."""
        return self.process.poll() is not None

    def result(self) -> Ended:
        """Wait for its end."""
        code = self.process.wait(timeout=SECONDS)
        return Ended(code, self.log.read_text())
