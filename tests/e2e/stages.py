"""Stages: a host brought so far once and saved, from which each file begins with one of its own.

So what a file leaves on its host meets no other file. A stage is known by all that decides it; an
older one of the same name goes when the newer is saved.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from slipway import demo, state
from slipway.testhost import saved

from . import faults
from .site import Site, fresh_hosts, stop_postgresql, write_environment

DECISIVE = (
    *("ansible.cfg", "examples", "playbooks", "plugins", "roles", "src", "templates"),
    *(f"tests/e2e/{name}" for name in ("faults.py", "held", "site.py", "stages.py")),
)


@contextmanager
def bare(own: Path) -> Iterator[Site]:
    """A host on which nothing was done yet; below `own` its inventories, and the application."""
    with fresh_hosts("bare") as (host,):
        site = Site(host, own / "inventories", own / "shop")
        for env in ("dev", "prod"):
            write_environment(site.inventories, env, host)
        demo.update_repository(site.repository)
        site.publish()
        yield site


def released(own: Path) -> AbstractContextManager[Site]:
    """The host with a first release of environment dev."""
    return begun("released", own, bare, release)


def faulty(own: Path) -> AbstractContextManager[Site]:
    """The host with dev such that its deploys can be made to stand still at a step."""
    return begun("faulty", own, released, make_faulty)


def release(site: Site) -> None:
    """Bring dev from what the inventory says to a release."""
    site.succeed("provision", "dev")
    site.succeed("deploy", "dev")


def make_faulty(site: Site) -> None:
    """Let deploys be held up."""
    faults.install(site)
    release(site)


@contextmanager
def begun(
    stage: str,
    own: Path,
    before: Callable[[Path], AbstractContextManager[Site]],
    reach: Callable[[Site], None],
) -> Iterator[Site]:
    """A host at a stage, which `reach` brings the site of `before` to if it was not saved yet."""
    name = f"{stage}-{inputs()}"
    kept = state.directory() / "stages" / name
    with state.locked(f"stage-{stage}"):
        if not (saved.exists(name) and kept.is_dir()):
            with before(own / "before") as site:
                reach(site)
                save(site, stage, kept)
    shutil.copytree(kept, own, dirs_exist_ok=True)
    with fresh_hosts(stage, saved_as=name) as (host,):
        site = Site(host, own / "inventories", own / "shop")
        site.tell_where()
        yield site


def save(site: Site, stage: str, kept: Path) -> None:
    """Save the host and what belongs to it in the place of an older one of the same stage."""
    for old in kept.parent.glob(f"{stage}-*"):
        shutil.rmtree(old)
        saved.forget(old.name)
    # What a database writes while it is copied is not to be mended at each start.
    stop_postgresql(site)
    site.sh("sync")
    saved.save(site.host, kept.name)
    draft = kept.with_name(f".{kept.name}")
    shutil.rmtree(draft, ignore_errors=True)
    for directory in (site.inventories, site.repository):
        shutil.copytree(directory, draft / directory.name, symlinks=True)
    draft.rename(kept)


def inputs() -> str:
    """A digest of the files that decide what a stage is."""
    digest = hashlib.sha256()
    for part in DECISIVE:
        top = state.CHECKOUT / part
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
