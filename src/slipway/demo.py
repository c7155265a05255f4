"""The demo application as a git repository, packed into one file that a host fetches from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from slipway import machine, state
from slipway.errors import Problem

SOURCE = state.CHECKOUT / "examples" / "demo"
IDENTITY = {"GIT_AUTHOR_NAME": "Slipway", "GIT_AUTHOR_EMAIL": "demo@localhost"}
IDENTITY |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in IDENTITY.items()}


def git(repository: Path, *words: str) -> str:
    """Return what git says in `repository`. Raises Problem with its words if it fails."""
    # The person's own settings, such as signing commits, are not meant for this repository.
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", *words],
        cwd=repository,
        env=os.environ | IDENTITY | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Problem(f"git {words[0]} failed in {repository}: {machine.last_lines(done.stderr)}")
    return done.stdout.strip()


def update_repository(repository: Path, source: Path = SOURCE) -> str:
    """Make `repository` hold `source` with a uv.lock; commit what changed, return the commit.

    The lock is made here because it names the index it was made from, which differs by place.
    """
    machine.ensure_commands({"git": "git"}, "to deploy from")
    if not (repository / ".git").is_dir():
        repository.mkdir(parents=True, exist_ok=True)
        git(repository, "init", "--quiet", "--initial-branch", "main")
    copy(source, repository)
    renewed = git(repository, "status", "--porcelain", "--", "pyproject.toml")
    if renewed or not (repository / "uv.lock").exists():
        lock(repository)
    git(repository, "add", "--all", "--force")
    if git(repository, "status", "--porcelain"):
        git(repository, "commit", "--quiet", "--message", "The demo as it is in the checkout")
    return git(repository, "rev-parse", "HEAD")


def copy(source: Path, repository: Path) -> None:
    """Replace the files of `repository`, but for its lock, by those of `source`."""
    for path in repository.iterdir():
        if path.name in (".git", "uv.lock"):
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    left_out = shutil.ignore_patterns("__pycache__", ".venv", ".env", "*.sqlite3", "*files")
    shutil.copytree(source, repository, dirs_exist_ok=True, ignore=left_out)


def lock(repository: Path) -> None:
    """Make or renew `uv.lock`. Raises Problem with uv's words if it cannot."""
    done = subprocess.run(
        [Path(sys.executable).with_name("uv"), "lock", "--quiet", "--python", sys.executable],
        cwd=repository,
        # uv brings its own list of authorities; the machine may trust one more.
        env={"UV_SYSTEM_CERTS": "1", "UV_NO_PROGRESS": "1"} | os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Problem(f"uv cannot lock {repository}: {machine.last_lines(done.stderr)}")


def bundle(repository: Path, path: Path) -> Path:
    """Pack all branches and tags of `repository` into the git bundle `path`; return it."""
    git(repository, "bundle", "create", "--quiet", str(path), "--all")
    return path


if __name__ == "__main__":
    home = state.directory() / "demo"
    update_repository(home)
    bundle(home, Path(sys.argv[1]))
