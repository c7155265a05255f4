"""Modules handoff_info and server_info: promises held against a release, and a server's words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import environment, gathered, observed
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.items import Item
from ansible_collections.slipway.django.plugins.module_utils.promises import Facts
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import handoff_info, server_info

from tests.unit.plugins.conftest import FIRST, SECOND, Release
from tests.unit.plugins.host import go_live
from tests.unit.repository import Repository

NOTES = "claude/DEV_HANDOFF.md"
OLD = "### 2026-11-20 Boats\n\n- [ ] env: BOAT_KEY\n"
NEW = f"### 2026-11-21 Cargo\n\n- [ ] env: PORT_KEY, NO_KEY\n- [ ] packages: httpx\n\n{OLD}"

Verify = Callable[..., dict[str, Any]]


@pytest.fixture
def verify(shop: Instance, origin: Repository, mirror: Mirror, release: Release, me: str) -> Verify:
    """Verify a release whose notes came after those of another one."""
    for name, notes in ((FIRST, OLD), (SECOND, NEW)):
        commit = origin.write({NOTES: notes})
        record = json.dumps({"id": release(name, proven=True), "commit": commit, "venv": "venv"})
        Path(shop.record(name, "release.json")).write_text(record)
        given = environment.render({"PORT_KEY": "1", "BOAT_KEY": "1", "NO_KEY": " "})
        Path(shop.record(name, "environment")).write_text(given)
    mirror.fetch()
    Path(mirror.path).rename(shop.repo)
    go_live(shop, SECOND)
    (Path(shop.venvs) / "venv/lib/python3.13/site-packages/httpx-0.28.dist-info").mkdir(
        parents=True
    )
    params = {
        **{"project": "shop", "env": "dev", "root": shop.root, "builder": me, "app_path": ""},
        "optional": [],
        **{"static_url": "/static/", "host": "dev.test", "scheme": "http", "nginx_port": None},
    }
    return lambda since: handoff_info.perform({**params, "since": since}, False, Steps())


def test_what_a_release_brought_is_held_against_what_it_has(verify: Verify) -> None:
    found = verify(FIRST)
    (entry,) = found["handoffs"]
    assert (entry["title"], entry["author"]) == ("2026-11-21 Cargo", "Ada Lovelace")
    assert [(part["kept"], part["said"]) for part in entry["parts"]] == [
        (False, "NO_KEY is not set"),
        (True, "in the release"),
    ]
    assert found["broken"] == ["- [ ] env: PORT_KEY, NO_KEY: NO_KEY is not set"]


def test_the_first_release_brought_all_of_the_notes(verify: Verify) -> None:
    titles = [entry["title"] for entry in verify("")["handoffs"]]
    assert titles == ["2026-11-21 Cargo", "2026-11-20 Boats"]
    assert verify(SECOND)["handoffs"] == []


def test_static_files_are_asked_of_nginx_only_where_it_is(
    verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def facts(*given: Any) -> Facts:
        asked.append(given[-1])
        return Facts((), {})

    monkeypatch.setattr(gathered, "facts", facts)
    verify(FIRST)
    assert asked == [None]
    with_nginx = {"static_url": "/s/", "host": "dev.test", "scheme": "https", "nginx_port": 80}
    served = handoff_info.served_of(with_nginx)
    assert served
    assert (served.url, served.port, served.question.scheme) == ("/s/", 80, "https")


def test_without_a_release_there_is_nothing_to_verify(shop: Instance) -> None:
    with pytest.raises(Failed, match="shop_dev has no release that answers"):
        handoff_info.perform(
            {"project": "shop", "env": "dev", "root": shop.root, "since": ""}, False, Steps()
        )


def test_a_server_says_its_release_and_what_people_should_know(
    shop: Instance, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observed, "all_of", lambda _shop: [Item("issue", "it leaks", how="much")])
    params = {"project": "shop", "env": "dev", "root": shop.root}
    found = server_info.perform(params, False, Steps())
    assert (found["release"], found["commit"]) == ("", "")
    go_live(shop, release(FIRST, proven=True))
    record = json.dumps({"id": FIRST, "commit": "c" * 40, "venv": "venv"})
    Path(shop.record(FIRST, "release.json")).write_text(record)
    found = server_info.perform(params, False, Steps())
    assert (found["release"], found["commit"]) == (FIRST, "c" * 40)
    assert found["items"] == [{"kind": "issue", "what": "it leaks", "how": "much"}]
