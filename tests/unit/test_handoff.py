"""Notes that the task runner reads and writes in the checkout of an application."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.plugin_utils.outcome import CHANGES

from slipway import handoff, noted, playbook, secrets
from slipway.errors import Problem
from tests.unit.calling import said
from tests.unit.repository import Repository

SETTINGS = "import os\nMAIL_KEY = os.environ['MAIL_KEY']\n"

Task = Callable[[str], None]


@pytest.fixture
def shop(origin: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A checkout of an application whose first commit is live on dev."""
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path / "inventories"))
    for name in ("local", "dev", "prod"):
        (tmp_path / "inventories" / name).mkdir(parents=True)
        (tmp_path / "inventories" / name / "hosts.yml").write_text("app: {hosts: {server: }}\n")
    origin.write({"manage.py": "", "own.py": ""})
    given = {"django_settings_module": "own", "django_checkout": str(origin.path)}
    monkeypatch.setattr(secrets, "variables", lambda _environment: given)
    live = origin.git("rev-parse", "HEAD")
    answer(monkeypatch, server={"release": "r1", "commit": live, "items": []})
    return origin


def answer(
    monkeypatch: pytest.MonkeyPatch,
    drift: tuple[str, ...] = (),
    *,
    fails: bool = False,
    **hosts: Any,
) -> None:
    """Let the hosts say this, and a dry run that these tasks would change something on `server`."""

    def run(command: list[str], variables: Any = None, **_more: Any) -> int:
        if "--check" in command:
            assert variables["ANSIBLE_STDOUT_CALLBACK"] == "slipway.django.steps"
            assert variables["ANSIBLE_VERBOSITY"] == "0"
            lines = [json.dumps({"host": "server", "task": task}) + "\n" for task in drift]
            Path(variables[CHANGES]).write_text("".join(lines))
            return 4 if fails else 0
        (given,) = (word for word in command if word.startswith("slipway_answer="))
        Path(given.partition("=")[2]).write_text(json.dumps(hosts))
        return 0

    monkeypatch.setattr(playbook, "run", run)


def notes(shop: Repository) -> str:
    """The notes of the checkout."""
    return (shop.path / "claude" / "DEV_HANDOFF.md").read_text()


def test_a_draft_names_all_environments_but_the_own_machine(shop: Repository) -> None:
    shop.write({"own.py": SETTINGS})
    handoff.draft("dev", "")
    (line,) = [one for one in notes(shop).splitlines() if one.startswith("- [ ] env:")]
    assert line.startswith("- [ ] env: MAIL_KEY — dev, prod: ")


def test_a_second_draft_changes_its_own_entry_and_leaves_what_people_wrote(
    shop: Repository,
) -> None:
    shop.write({"own.py": SETTINGS})
    handoff.draft("dev", "")
    (line,) = [one for one in notes(shop).splitlines() if one.startswith("- [ ] env:")]
    mine = "- [ ] env: MAIL_KEY — dev, prod: from the provider"
    text = notes(shop).replace(line, f"{mine}\n- [ ] manual: tell everybody\n\nMail is new.\n")
    (shop.path / "claude" / "DEV_HANDOFF.md").write_text(text)
    handoff.draft("dev", "")
    assert notes(shop) == text
    shop.write({"own.py": f"{SETTINGS}PORT = os.environ['PORT_KEY']\n"})
    handoff.draft("dev", "")
    assert mine in notes(shop)
    assert "- [ ] manual: tell everybody" in notes(shop)
    assert "Mail is new." in notes(shop)
    assert "- [ ] env: PORT_KEY — " in notes(shop)
    assert notes(shop).count("### ") == text.count("### ")


def test_where_there_is_nothing_to_say_nothing_is_written(
    shop: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    handoff.draft("dev", "")
    assert "Nothing to say" in capsys.readouterr().err
    assert not (shop.path / "claude").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("handoff.draft dev --checkout /nonexistent", "is no git checkout. Name another with"),
        ("handoff.report dev --checkout /nonexistent", "is no git checkout. Name another with"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_checkout_that_is_none_is_told(
    capsys: pytest.CaptureFixture[str], words: str, sentence: str
) -> None:
    assert sentence in said(capsys, words)


@pytest.mark.usefixtures("shop")
def test_a_checkout_that_nobody_names_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(secrets, "variables", lambda _environment: {})
    assert "as in `invoke handoff.draft dev --checkout ../shop`" in said(
        capsys, "handoff.draft dev"
    )


@pytest.mark.usefixtures("shop")
def test_without_a_release_there_is_nothing_to_compare_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, server={"release": "", "commit": "", "items": []})
    with pytest.raises(Problem, match="dev has no release yet"):
        handoff.draft("dev", "")


@pytest.mark.usefixtures("shop")
def test_hosts_that_run_different_commits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, one={"commit": "a" * 40}, two={"commit": "b" * 40})
    with pytest.raises(Problem, match="run different commits"):
        handoff.draft("dev", "")


@pytest.mark.usefixtures("shop")
def test_a_live_commit_that_the_checkout_lacks_is_to_be_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, server={"release": "r", "commit": "a" * 40, "items": []})
    with pytest.raises(Problem, match="lacks commit aaaaaaa, which is live: `git fetch`"):
        handoff.draft("dev", "")


def test_a_report_tells_drift_and_what_the_host_says_and_nothing_twice(
    shop: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = {"kind": "issue", "what": "unit mail.service failed", "how": "`journalctl`"}
    host = {"release": "20261122T101500Z-3f2a1c9", "items": [item]}
    answer(monkeypatch, drift=("slipway.django.nginx : site | Write the site",), server=host)
    handoff.report("dev", "")
    first = notes(shop)
    below = first.partition("## Dev → Local")[2].splitlines()
    assert below[2] == f"### {noted.today()} dev, 20261122T101500Z-3f2a1c9"
    assert below[4:6] == [
        "- [ ] config: differs from the inventory: site | Write the site — dev",
        "- [ ] issue: unit mail.service failed — dev: `journalctl`",
    ]
    item["how"] = "another day"
    handoff.report("dev", "")
    assert notes(shop) == first
    host["items"] = [item, {"kind": "issue", "what": "security updates wait", "how": "2"}]
    handoff.report("dev", "")
    assert notes(shop).count("security updates wait") == 1
    assert notes(shop).count("mail.service") == 1


def test_of_several_hosts_each_is_named(shop: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    item = {"kind": "issue", "what": "the application starts slowly", "how": "20 s"}
    said_by = {"release": "r", "items": [item]}
    answer(monkeypatch, one=said_by, two={**said_by, "items": []})
    handoff.report("dev", "")
    assert "- [ ] issue: one the application starts slowly — dev: 20 s" in notes(shop)


@pytest.mark.usefixtures("shop")
def test_for_programs_what_is_pending_is_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"live": "r1", "next": {"commit": "a"}, "handoffs": [{"title": "2026-11-22 Ä"}]}
    answer(monkeypatch, server={**told, "variables": [{"name": "KEY"}]})
    handoff.show("dev", as_json=True)
    assert json.loads(capsys.readouterr().out) == {"server": told}


def test_notes_that_cannot_be_written_or_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "claude").write_text("a file")
    with pytest.raises(Problem, match="cannot be written"):
        noted.tell(tmp_path / "claude" / "DEV_HANDOFF.md", None, "text")
    (tmp_path / "notes").write_bytes(b"\xff")
    with pytest.raises(Problem, match="cannot be read"):
        noted.read(tmp_path / "notes")
