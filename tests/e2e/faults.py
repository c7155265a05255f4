"""Deploys that stand still at a step, so that a test can do harm there and nowhere else.

Programs that the modules call are wrapped on the host, and the application holds up what it does
itself; both wait while /run/faults/hold names them. Nothing of this is in the product.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway import demo

from .controller import Controller

if TYPE_CHECKING:
    from .site import Site

APPLICATION = Path(__file__).parent / "held"
SETTINGS = """
INSTALLED_APPS += ["faults.Faults"]
MIDDLEWARE.insert(0, "faults.middleware")
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
STATICFILES_FINDERS += ["faults.finders.Held"]
"""
WAIT_SECONDS = 180.0
# Of the deploy with an application that is not well, where a test has no more.
PATIENCE_SECONDS = 4
WRAPPER = """#!/bin/sh
# Stands in for {name}: waits where its command is the one that the hold names.
hold=$(cat /run/faults/hold 2>/dev/null)
case "{name} $*" in
${{hold:-none}})
    echo "{name} $*" >/run/faults/reached
    while [ -e /run/faults/hold ]; do sleep 0.05; done ;;
esac
exec {real} "$@"
"""
# Found before the programs themselves on sudo's path, and on systemd's.
FIRST_ON_PATH = "/usr/local/sbin"
# What a hold says for each step at which a deploy can be made to stand. Between these there is
# nothing that could be caught or would leave the host in another state: `compile` ends like
# `packages`, and `settings` and `plan` like `check`; `switch` is two renames, between `ask` and
# `ask nginx`; `prune` comes right before `drain` and only removes.
STEPS = {
    "fetch": "git *fetch*",
    "check out": "git *checkout-index*",
    "packages": "uv *",
    "check": "check",
    "migrate": "migrate",
    "collect": "collect",
    "start": "systemctl start shop_dev@*",
    "ask": "ask",
    "ask nginx": "ask nginx",
    "drain": "systemctl stop*shop_dev@{live}*",
}
MIGRATION = """from django.db import migrations

{setup}


def change(_apps, _editor):
    {body}


class Migration(migrations.Migration):
    dependencies = [("notes", "{before}")]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
"""
VARIABLES: dict[str, Any] = {
    # A run that died is not to hold up the suite for a minute.
    "slipway_lease_seconds": 5,
    # Twice what the demo takes.
    "gunicorn_systemd_memory_max_mb": 300,
    "gunicorn_systemd_writable_paths": ["-/run/faults"],
    # The timer asks as a deploy does, and would be held up in its place.
    "gunicorn_systemd_health_interval_seconds": 0,
}


def install(site: Site) -> None:
    """Make the programs on the host, and the application, such that they can be held up."""
    configure(site, **VARIABLES)
    # Not sticky: root could not write what another user made there. A reboot empties it.
    site.sh("echo 'd /run/faults 0777' >/etc/tmpfiles.d/faults.conf; systemd-tmpfiles --create")
    # uv is called by its path, which is a link to it.
    uv = site.sh("readlink -f /usr/local/bin/uv")
    site.sh(f"mv {uv} {uv}-itself")
    wrap(site, "uv", uv, f"{uv}-itself")
    for name in ("git", "systemctl"):
        wrap(site, name, f"{FIRST_ON_PATH}/{name}", f"/usr/bin/{name}")
    shutil.copytree(APPLICATION, site.repository / "faults")
    settings = site.repository / "demo" / "settings.py"
    settings.write_text(settings.read_text() + SETTINGS)
    site.commit("Wait where a test wants it")


def wrap(site: Site, name: str, path: str, real: str) -> None:
    """Put at `path` what stands in for a program."""
    text = WRAPPER.format(name=name, real=real)
    site.sh(f"cat >{path} <<'EOF'\n{text}EOF\nchmod 755 {path}")


def configure(site: Site, **variables: object) -> None:
    """Set variables of the inventory of dev."""
    main = site.inventories / "dev" / "group_vars" / "all" / "main.yml"
    main.write_text(json.dumps(json.loads(main.read_text()) | variables))


def migrations(site: Site) -> list[Path]:
    """The migrations of the application's notes."""
    return sorted((site.repository / "notes" / "migrations").glob("0*.py"))


def next_migration(site: Site, body: str, setup: str = "") -> tuple[Path, str]:
    """File and text of a migration that runs `body`."""
    newest = migrations(site)[-1]
    path = newest.with_name(f"{int(newest.stem[:4]) + 1:04}_of_a_test.py")
    return path, MIGRATION.format(setup=setup, body=body, before=newest.stem)


def live_slot(site: Site) -> str:
    """The slot that answers."""
    socket = site.sh("readlink /var/www/shop/dev/current.sock")
    return socket.removeprefix("/run/shop_dev-").partition("/")[0]


def slots(site: Site) -> list[str]:
    """The slots that run or are not yet done, as systemd lists them."""
    return site.sh("systemctl list-units --plain --no-legend 'shop_dev@*'").splitlines()


def new_slot(site: Site, before: str) -> str:
    """The unit of the slot that is not `before`."""
    return f"shop_dev@{ {'blue': 'green', 'green': 'blue'}[before] }"


@contextmanager
def standing_at(site: Site, step: str, *words: str, who: str = "alice") -> Iterator[Controller]:
    """A deploy of a new commit that stands at a step until it is let go, or the block ends."""
    if step == "migrate":
        path, text = next_migration(site, 'hold("migrate")', "from faults import hold")
        path.write_text(text)
    site.commit(f"To stand at {step}")
    hold = STEPS[step].format(live=live_slot(site))
    site.sh(f"rm -f /run/faults/reached; echo '{hold}' >/run/faults/hold")
    with Controller(site, "deploy", "dev", *words, who=who) as deploy:
        try:
            until(lambda: reached(site) or deploy.ended(), f"the deploy stands at {step}")
            assert not deploy.ended(), f"It never came to {step}.\n{deploy.result().output}"
            yield deploy
        finally:
            let_go(site)


def reached(site: Site) -> bool:
    """Whether somebody waits where the hold says."""
    return bool(site.sh("cat /run/faults/reached 2>/dev/null || true"))


def let_go(site: Site) -> None:
    """Let whoever waits go on."""
    site.sh("rm -f /run/faults/hold")


def until(true: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait until something is so; fail with `what` was hoped for."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"Not within {seconds:.0f} s: {what}."
        time.sleep(0.1)


def head(site: Site) -> str:
    """The newest commit of the application."""
    return demo.git(site.repository, "rev-parse", "HEAD")
