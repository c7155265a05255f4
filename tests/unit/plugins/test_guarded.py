"""What decides who gets in stands only if a new connection of the same login gets in after it."""

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.slipway.django.plugins.plugin_utils import direct, guarded

PLAN = {"changed": True, "name": "firewall", "closes_passwords": False, "steps": [{"name": "x"}]}


class Fake(guarded.ActionModule):
    """The action; phases only note that they ran, and a new connection gets in or not."""

    def __init__(self, *doors: bool, transport: str = "ssh", dry: bool = False) -> None:
        options = {"ssh_args": "-C"}
        self._task = SimpleNamespace(check_mode=dry)
        self._connection = SimpleNamespace(
            transport=transport, get_option=options.get, set_option=options.__setitem__
        )
        self.options, self.doors = options, list(doors)
        self.phases: list[str] = []
        self.reason = "Connection refused"
        self.tried: list[str] = []
        self.said: dict[str, dict[str, Any]] = {"plan": PLAN, "undo": {"hint": "look there"}}

    def _low_level_execute_command(self, _command: str, sudoable: bool) -> dict[str, Any]:
        assert not sudoable
        self.tried.append(self.options["ssh_args"])
        if not self.doors.pop(0):
            raise AnsibleConnectionFailure(self.reason)
        return {"rc": 0}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def module(self: Fake, args: dict[str, Any], _variables: object) -> dict[str, Any]:
        self.phases.append(args["phase"])
        return self.said.get(args["phase"], {"changed": True, "steps": []})

    monkeypatch.setattr(direct.ActionModule, "module", module)
    monkeypatch.setattr(guarded, "PAUSE_SECONDS", 0)


def test_a_change_stands_when_a_new_connection_gets_in() -> None:
    action = Fake(True)
    assert action.module({}, {}) == PLAN
    assert action.phases == ["plan", "apply", "settle"]
    assert action.tried == ["-oControlPath=none  -C"], "it would ride on the connection it has"
    assert action.options == {"ssh_args": "-C"}


def test_a_change_is_taken_back_when_none_gets_in() -> None:
    action = Fake(False, False, False)
    said = action.module({}, {})
    assert said["failed"], said
    assert "gets in with the new firewall, so it was taken back: look there." in said["msg"]
    assert action.phases == ["plan", "apply", "undo"]


def test_a_door_that_is_closed_for_a_moment_is_tried_again() -> None:
    action = Fake(False, True)
    assert action.module({}, {})["changed"]
    assert action.phases[-1] == "settle"


def test_who_is_refused_does_not_try_again_as_who_guesses_would() -> None:
    action = Fake(False, True)
    action.reason = "deploy@shop: Permission denied (publickey)."
    assert action.module({}, {})["failed"]
    assert len(action.tried) == 1


def test_where_the_old_connection_is_gone_too_the_host_is_left_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def phase(self: Fake, phase: str, *given: Any) -> dict[str, Any]:
        if phase == "undo":
            raise AnsibleConnectionFailure
        return direct.ActionModule.module(self, {"phase": phase}, given[1])

    monkeypatch.setattr(Fake, "phase", phase)
    said = Fake(False, False, False).module({}, {})
    assert "the host takes it back in a minute" in said["msg"], said


def test_passwords_are_not_refused_to_who_needs_one() -> None:
    action = Fake(False, False, False)
    action.said["plan"] = {**PLAN, "closes_passwords": True}
    said = action.module({}, {})
    assert "so nothing was changed: log in with a key" in said["msg"], said
    assert action.phases == ["plan"]
    assert all("-oPasswordAuthentication=no" in tried for tried in action.tried)


@pytest.mark.parametrize(
    ("plan", "dry"),
    [({"changed": False}, False), (PLAN, True), ({"failed": True, "msg": "no"}, False)],
    ids=["nothing to change", "dry run", "refused"],
)
def test_nothing_is_done_where_nothing_is_to_be_done(plan: dict[str, Any], dry: bool) -> None:
    action = Fake(dry=dry)
    action.said["plan"] = plan
    assert action.module({}, {}) == plan
    assert action.phases == ["plan"]


def test_what_comes_by_another_way_than_ssh_cannot_be_locked_out() -> None:
    action = Fake(transport="docker")
    assert action.module({}, {})["changed"]
    assert (action.phases[-1], action.tried) == ("settle", [])


def test_a_change_that_came_too_late_is_no_success() -> None:
    action = Fake(True)
    action.said["settle"] = {"failed": True, "msg": "The host took the change back."}
    assert action.module({}, {})["failed"]
