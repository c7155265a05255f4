# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outside of a module that takes steps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import takewhile
from typing import Any, Optional

from ansible_collections.slipway.django.plugins.module_utils import (
    blotting,
    releases,
    snapshot,
)
from ansible_collections.slipway.django.plugins.module_utils.arguments import instance_of
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.leasing import Lease, Leased, Terms
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)

Perform = Callable[[dict[str, Any], bool, Steps], dict[str, Any]]


def carry_out(options: dict[str, Any], perform: Perform) -> None:
    """Run a module as Ansible does. See ``outcome``."""
    # Dear to load, and of no use where plugin_utils/direct.py has checked the arguments already.
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(options, supports_check_mode=True)
    result = outcome(perform, module.params, module.check_mode)
    (module.fail_json if result.get("failed") else module.exit_json)(**result)


def outcome(perform: Perform, params: dict[str, Any], dry: bool) -> dict[str, Any]:
    """What a module comes to; ``perform`` gets its arguments, whether it is a dry run, and the
    steps to fill.

    What it returns is the module's result beside the steps; Failed becomes the module's failure. A
    module with the option ``lease`` performs under it, unless it is a dry run or plays no part in
    a run.
    """
    steps = Steps()
    terms = params.get("lease") or {}
    try:
        if terms.get("id") and not dry:
            result = under_lease(params, Terms(**terms), perform, steps)
        else:
            result = explained(perform, params, dry, steps)
    except Leased as refused:
        return {**steps.failure(refused), "holder": refused.holder}
    except Failed as failure:
        return steps.failure(failure)
    return {"steps": steps.taken, **result}


def blotted(failure: Failed, params: dict[str, Any]) -> Failed:
    """A failure without the instance's secrets."""
    secrets = blotting.given(params)
    with suppress(Failed, KeyError, OSError):
        secrets |= snapshot.secrets_of(instance_of(params))
    evidence, asks = (
        blotting.blotted("\n".join(lines), secrets) for lines in (failure.evidence, failure.asks)
    )
    return Failed(blotting.blotted(str(failure), secrets), evidence, asks.splitlines())


def explained(perform: Perform, params: dict[str, Any], dry: bool, steps: Steps) -> dict[str, Any]:
    """Perform; what the host refuses, a full disk say, is a failure like any other."""
    try:
        return perform(params, dry, steps)
    except OSError as error:
        raise Failed(f"The host refused: {error}.") from error
    except Failed as failure:
        raise blotted(failure, params) from failure


def under_lease(
    params: dict[str, Any], terms: Terms, perform: Perform, steps: Steps
) -> dict[str, Any]:
    """Perform with the lease held; a failure is recorded before the lease is given back."""
    instance = instance_of(params)
    with Lease(instance.name, terms).held() as lease:
        steps.lease = lease
        if lease.waited:
            steps.begin("lease")["detail"] = lease.waited
        try:
            return explained(perform, params, False, steps)
        except Failed as failure:
            if not steps.release:
                raise
            record_failure(instance, steps, str(failure))
            said = with_comfort(str(failure), releases.live(instance), steps.release)
            raise Failed(said, "\n".join(failure.evidence)) from failure


def with_comfort(said: str, live: Optional[str], failed: str) -> str:
    """What is said of a failed release, and what serves on, unless that is said already."""
    comfort = f"{live} serves on."
    return said if live in (None, failed) or comfort in said else f"{said} {comfort}"


def record_failure(instance: Instance, steps: Steps, reason: str) -> None:
    """Mark the release as failed, unless it is the one that answers, and add to the history."""
    # The way back has steps of its own.
    taken = list(takewhile(lambda name: name != "go back", [step["name"] for step in steps.taken]))
    why = {"step": taken[-1] if taken else "", "reason": reason}
    if releases.live(instance) != steps.release:
        releases.mark_failed(instance, steps.release, why)
    event = {**steps.run, "release": steps.release, "result": "failed", **why}
    releases.record_event(instance, event)
