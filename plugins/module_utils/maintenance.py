# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a site is closed to visitors: files that nginx looks for at every request.

So neither a reload nor a provision is needed (docs/decisions/0015-maintenance-is-a-file.md). The
cookie of staff names a file too, which goes when the site is opened.
"""

from __future__ import annotations

import glob
import json
import os
import secrets
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils.files import write
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

Record = dict[str, Any]

UNSIGNED: Record = {"since": "", "who": "", "token": ""}


def new_token() -> str:
    """A token that nobody guesses, as nginx takes it."""
    return secrets.token_hex(32)


def mark(instance: Instance) -> str:
    """Path of the file that closes the site."""
    return os.path.join(instance.site, "closed")


def passes(instance: Instance) -> str:
    """Path of the files of tokens, without the token."""
    return os.path.join(instance.site, "staff-")


def read(instance: Instance) -> Optional[Record]:
    """``since`` when it is closed, by ``who``, and the ``token`` of staff; None where it is open.

    Somebody may have made the file by hand, in a hurry.
    """
    try:
        with open(mark(instance), encoding="utf-8") as file:
            return {**UNSIGNED, **json.load(file)}
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return dict(UNSIGNED)


def standing(instance: Instance) -> Record:
    """What everybody may know of a site that is closed, empty for one that is open."""
    found = read(instance) or {}
    return {name: found[name] for name in ("since", "who") if found}


def require_known(instance: Instance) -> None:
    """Raise Failed unless nginx looks for the files."""
    if not os.path.isdir(instance.site):
        raise Failed(
            f"nginx on this host knows no maintenance of {instance.name} yet: run "
            f"`invoke provision {instance.env}` (playbook slipway.django.site) once."
        )


def close(instance: Instance, record: Record) -> None:
    """Close the site to all who lack the record's token."""
    good = passes(instance) + record["token"]
    write(good, "", 0o600)
    write(mark(instance), json.dumps(record) + "\n", 0o600)
    remove_passes(instance, keep=good)


def reopen(instance: Instance) -> None:
    """Open the site; the token is worth nothing from now on."""
    os.unlink(mark(instance))
    remove_passes(instance)


def remove_passes(instance: Instance, keep: str = "") -> None:
    """Remove the files of tokens but one."""
    for path in glob.glob(glob.escape(passes(instance)) + "*"):
        if path != keep:
            os.unlink(path)
