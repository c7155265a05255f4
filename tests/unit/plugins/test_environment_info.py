"""The variables of the live release and of the next one, by name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import (
    comparing,
    environment,
    kept_files,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.layers import Layer
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import environment_info

from tests.unit.plugins.conftest import FIRST, Release
from tests.unit.plugins.host import go_live
from tests.unit.repository import Repository

Info = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("before", "after", "lacking", "expected"),
    [
        ({}, {"A": "1"}, {}, ("missing", "set", "added")),
        ({"A": "1"}, {"A": "2"}, {}, ("set", "set", "changed")),
        ({"A": "1"}, {"A": " "}, {}, ("set", "blank", "changed")),
        ({"A": "1"}, {}, {}, ("set", "missing", "removed")),
        ({"A": "1"}, {"A": "1"}, {}, ("set", "set", "")),
        ({}, {}, {"A": "x reads it"}, ("missing", "missing", "missing")),
        ({"A": "1"}, {"A": ""}, {"A": "x reads it"}, ("set", "blank", "missing")),
    ],
)
def test_a_row_tells_what_becomes_of_a_variable(
    before: dict[str, str],
    after: dict[str, str],
    lacking: dict[str, str],
    expected: tuple[str, str, str],
) -> None:
    own = {"SLIPWAY_RELEASE": "of each release"}
    (row,) = comparing.rows({**before, **own}, after, {"A": "Slipway"}, lacking, lacking)
    assert (row["live"], row["next"], row["change"]) == expected
    assert (row["name"], row["source"], row["need"]) == ("A", "Slipway", lacking.get("A", ""))


@pytest.fixture
def info(shop: Instance, origin: Repository, release: Release, me: str) -> Info:
    """Look at an instance whose live release has one variable and a secret."""
    live = origin.commit("Live", **{"own.py": ""})
    go_live(shop, release(FIRST, proven=True))
    record = json.dumps({"id": FIRST, "commit": live, "venv": "venv"})
    Path(shop.record(FIRST, "release.json")).write_text(record)
    kept = {"DJANGO_SETTINGS_MODULE": "own", "KEY": "old secret", "SLIPWAY_RELEASE": FIRST}
    Path(shop.record(FIRST, "environment")).write_text(environment.render(kept))
    origin.commit("Next", **{"own.py": "import os\nos.environ['NEW'], os.environ['AWS_ID']\n"})
    params = {
        **{"project": "shop", "env": "dev", "root": shop.root, "builder": me, "app_path": ""},
        **{"repository": str(origin.path), "version": "main", "optional": ["AWS_*"]},
        **{"environment": {}, "generated": [], "default_secrets": "{}", "backend": "vault"},
        **{"defaults": {"DJANGO_SETTINGS_MODULE": "own"}, "doppler": None, "source": "git"},
        **{"settings_override": "", "repository_user": "", "repository_token": ""},
        **{"deploy_key": "", "repository_host_keys": [], "checkout": ""},
        **{"handed": False},
    }

    def look(**secrets: str) -> dict[str, Any]:
        given = {**params, "source": secrets.pop("source", "git")}
        given["handed"] = bool(secrets.pop("handed", ""))
        return environment_info.perform({**given, "secrets": json.dumps(secrets)}, False, Steps())

    return look


def test_names_are_told_with_who_needs_them_and_never_a_value(info: Info) -> None:
    found = info(KEY="new secret")
    rows = {row.pop("name"): tuple(row.values()) for row in found["variables"]}
    assert rows == {
        "DJANGO_SETTINGS_MODULE": ("Slipway", "set", "set", "", ""),
        "KEY": ("django_secrets", "set", "set", "changed", ""),
        "NEW": ("", "missing", "missing", "missing", "own.py line 2 reads it"),
    }
    assert (found["live"], found["next"]["subject"]) == (FIRST, "Next")
    assert "secret" not in json.dumps(found).replace("django_secrets", "")


@pytest.mark.parametrize(("sealed", "change"), [(True, ""), (False, "added")])
def test_what_doppler_has_is_the_live_one_s_if_its_service_asks_for_it(
    info: Info, shop: Instance, monkeypatch: pytest.MonkeyPatch, sealed: bool, change: str
) -> None:
    if sealed:
        Path(shop.record(FIRST, "doppler")).write_text("a digest")
    own = Layer("Doppler", {"DJANGO_SETTINGS_MODULE": "own", "NEW": "1"}, True, elsewhere=True)
    monkeypatch.setattr(kept_files.Ours, "layers", lambda *_given: [own])
    rows = {row["name"]: row for row in info()["variables"]}
    assert (rows["NEW"]["change"], rows["DJANGO_SETTINGS_MODULE"]["change"]) == (change, "")


def test_before_the_first_push_there_is_nothing_to_look_at(info: Info) -> None:
    with pytest.raises(Failed, match="Nothing was pushed to shop_dev yet: `invoke deploy dev"):
        info(source="push")


def test_looking_leaves_the_mirror_as_it_is(info: Info, shop: Instance) -> None:
    before = sorted(Path(shop.root).rglob("*"))
    info(NEW="1")
    assert sorted(Path(shop.root).rglob("*")) == before


def test_the_hand_off_is_told_with_what_is_so_and_what_is_not_yet(
    info: Info, origin: Repository, shop: Instance
) -> None:
    notes = ["- [ ] env: KEY, MAIL_KEY", "- [ ] packages: boats 1.0", "- [ ] manual: paint — prod"]
    (origin.path / "claude").mkdir()
    origin.commit(
        "Hand off", **{"claude/DEV_HANDOFF.md": "## 2026-11-22 Mail\n\n" + "\n".join(notes)}
    )
    (entry,) = info(KEY="new secret", handed="yes")["handoffs"]
    assert (entry["title"], entry["author"]) == ("2026-11-22 Mail", "Ada Lovelace")
    assert [(part["kind"], part["kept"], part["said"]) for part in entry["parts"]] == [
        ("env", False, "MAIL_KEY is not set"),
        ("packages", False, "boats is missing"),
    ]
    assert info()["handoffs"] == []
