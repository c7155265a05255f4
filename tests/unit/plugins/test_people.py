"""Who is given a login, and who loses it, on a host that only pretends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import accounts, admitting, logged_in
from ansible_collections.slipway.django.plugins.module_utils.people import deploy_keys, sudoers
from ansible_collections.slipway.django.plugins.module_utils.session import Session
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import people

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMgaXMgbm8ga2V5"
ADA, BOB = f"{KEY} ada@desk", f"ecdsa-sha2-nistp256 {KEY.split()[1]} bob@desk"

Run = Callable[..., list[str]]


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The users of the host, each with the text of the keys; nobody logged in by SSH."""
    users = {"root": "", "www-data": ""}
    monkeypatch.setattr(accounts, "exists", lambda name: name in users)
    monkeypatch.setattr(accounts, "make", lambda name: users.update({name: ""}))
    monkeypatch.setattr(accounts, "remove", users.pop)
    monkeypatch.setattr(accounts, "keys_of", users.get)
    monkeypatch.setattr(accounts, "write_keys", users.__setitem__)
    monkeypatch.setattr(admitting, "place", lambda _wanted: None)
    monkeypatch.setattr(admitting.session, "current", lambda: None)
    monkeypatch.setattr(logged_in, "sessions", lambda _keys: set())
    return users


@pytest.fixture
def run(tmp_path: Path, users: dict[str, str]) -> Run:
    """Run the module with people, of an instance."""
    assert users

    def run(*listed: dict[str, Any], instance: str = "shop_dev", dry: bool = False) -> list[str]:
        entries = [
            {"keys": [], "sudo": False, "deploy": False, "state": "present", **each}
            for each in listed
        ]
        params = {"instance": instance, "deploy_user": "deploy", "users": entries}
        said = people.perform({**params, "directory": str(tmp_path)}, dry, Steps())
        # Files that others read are not written here, so they are always about to be.
        return [words for words in said["done"] if not words.startswith(("who", "keys of deploy"))]

    return run


def entry(name: str, key: str, **more: object) -> dict[str, Any]:
    """A person of base_users."""
    return {"name": name, "keys": [key], **more}


def test_a_person_gets_a_login_once(run: Run, users: dict[str, str]) -> None:
    assert "ada made" in run(entry("ada", ADA))
    assert ADA in users["ada"]
    assert run(entry("ada", ADA)) == []


def test_nothing_is_written_where_nobody_was_ever_listed(run: Run, tmp_path: Path) -> None:
    assert run() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("after", [[], [{"name": "ada", "state": "absent"}]])
def test_who_leaves_the_list_or_is_absent_is_removed(
    run: Run, users: dict[str, str], after: list[dict[str, Any]]
) -> None:
    run(entry("ada", ADA), entry("bob", BOB))
    assert "ada removed" in run(entry("bob", BOB), *after)
    assert sorted(users) == ["bob", "root", "www-data"]
    assert run(entry("bob", BOB), *after) == []


def test_whom_another_instance_lists_stays(run: Run, users: dict[str, str]) -> None:
    run(entry("ada", ADA))
    run(entry("ada", BOB), entry("bob", BOB), instance="shop_prod")
    assert (ADA in users["ada"], BOB in users["ada"]) == (True, True), "the keys of both"
    run()
    assert (ADA in users["ada"], BOB in users["ada"]) == (False, True)


def test_who_is_absent_is_gone_for_every_instance(run: Run, users: dict[str, str]) -> None:
    run(entry("ada", ADA), instance="shop_prod")
    run({"name": "ada", "state": "absent"})
    assert "ada" not in users
    assert run(instance="shop_prod") == []


def test_a_dry_run_touches_nobody(run: Run, users: dict[str, str], tmp_path: Path) -> None:
    assert "ada made" in run(entry("ada", ADA), dry=True)
    assert ("ada" in users, list(tmp_path.iterdir())) == (False, [])


def test_who_was_being_made_when_the_run_died_is_no_stranger(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = accounts.make

    def die(name: str) -> None:
        make(name)
        raise Failed("The power is gone.")

    with monkeypatch.context() as patch, pytest.raises(Failed, match="power"):
        patch.setattr(accounts, "make", die)
        run(entry("ada", ADA))
    assert json.loads((tmp_path / "people.json").read_text()) == ["ada"]
    assert "keys of ada" in run(entry("ada", ADA))


@pytest.mark.parametrize("listed", [entry("root", ADA), {"name": "www-data", "state": "absent"}])
def test_nobody_is_touched_whom_slipway_did_not_make(run: Run, listed: dict[str, Any]) -> None:
    with pytest.raises(Failed, match=f"a user {listed['name']} whom Slipway did not make"):
        run(listed)


def test_a_run_does_not_remove_its_own_login(
    run: Run, users: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(entry("ada", ADA))
    monkeypatch.setattr(
        admitting.session, "current", lambda: Session("ada", "10.0.0.9", "10.0.0.1", 22)
    )
    with pytest.raises(Failed, match="ada runs this, and cannot be removed by it"):
        run()
    assert "ada" in users


def test_a_run_does_not_take_its_own_key_away(
    run: Run, users: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(entry("ada", ADA, deploy=True))
    monkeypatch.setattr(logged_in, "is_ours", lambda keys: list(keys) == [ADA])
    with pytest.raises(Failed, match="came in by a key that it would take away"):
        run()
    assert "ada" in users


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ({"name": "ada"}, "ada has no key to come in by"),
        (entry("ada", "AAAA"), "no line of a public key: AAAA"),
        (entry("ada", f"{ADA}\n{BOB}"), "no line of a public key"),
        (entry("Ada Lovelace", ADA), "'Ada Lovelace' is no name for a login"),
    ],
)
def test_what_would_let_nobody_in_is_refused(run: Run, listed: dict[str, Any], said: str) -> None:
    with pytest.raises(Failed, match=said):
        run(listed)


def test_a_register_that_cannot_be_read_removes_nobody(run: Run, tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text("{")
    with pytest.raises(Failed, match=r"people\.json cannot be read"):
        run()


def test_the_files_say_who_becomes_root_and_whose_keys_deploy_has() -> None:
    found = [
        people.person_of({**entry("ada", ADA), "sudo": True, "deploy": "deploy"}),
        people.person_of({**entry("bob", BOB), "sudo": False, "deploy": ""}),
    ]
    assert sudoers(found).splitlines()[1:] == ["ada ALL=(ALL:ALL) NOPASSWD: ALL"]
    assert deploy_keys(found, "deploy") == [ADA]
