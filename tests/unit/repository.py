"""Repositories of the tests' own."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ADA = {"name": "Ada Lovelace", "email": "ada@example.com", "date": "2026-11-21T10:15:00Z"}
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{role}_{key.upper()}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in ADA.items()
    },
}


@dataclass(frozen=True)
class Repository:
    """A working copy that somebody pushes from."""

    path: Path

    def git(self, *words: str) -> str:
        """Run git in it."""
        command = ["git", "-C", str(self.path), *words]
        return subprocess.run(
            command, env=ENVIRONMENT, check=True, capture_output=True, text=True
        ).stdout.strip()

    def write(self, files: dict[str, str | None]) -> str:
        """Commit files, whose directories are made; those of None are removed. The hash."""
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if content is None else path.write_text(content)
        self.git("add", "--all")
        return self.commit("Change")

    def commit(self, subject: str, **files: str) -> str:
        """Commit files; the hash."""
        for name, content in files.items():
            (self.path / name).write_text(content)
        if files:
            self.git("add", *files)
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")
