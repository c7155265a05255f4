"""Notes that the task runner reads and writes in the checkout of an application."""

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.plugin_utils.outcome import CHANGES

from slipway import compared, handoff, noted, playbook, secrets
from slipway.drafting.pinned import Choice
from slipway.errors import Problem
from tests.unit.calling import said
from tests.unit.repository import Repository

SETTINGS = "import os\nMAIL_KEY = os.environ['MAIL_KEY']\n"

NOTES = "claude/DEV_HANDOFF.md"
HAND = "## Local → Dev/Prod\n\n### 2026-11-20 By hand\n\n- [ ] env: `MAIL_KEY` — {}: ask\n"


@pytest.fixture
def given(origin: Repository) -> dict[str, Any]:
    """What the inventories say."""
    return {"django_settings_module": "own", "django_checkout": str(origin.path)}


@pytest.fixture
def shop(
    origin: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
) -> Repository:
    """A checkout of an application whose first commit is live on dev."""
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path / "inventories"))
    for name in ("local", "dev", "prod"):
        (tmp_path / "inventories" / name).mkdir(parents=True)
        (tmp_path / "inventories" / name / "hosts.yml").write_text("app: {hosts: {server: }}\n")
    origin.write({"manage.py": "", "own.py": ""})
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
    return (shop.path / NOTES).read_text()


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


def test_an_entry_of_which_nothing_is_so_any_more_is_taken_out_and_told(
    shop: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write({"own.py": SETTINGS})
    handoff.draft("dev", "")
    before = notes(shop)
    shop.write({"own.py": ""})
    handoff.draft("dev", "")
    assert "MAIL_KEY" in before
    assert "\n### " not in notes(shop)
    assert "removed, for nothing of it is so any more" in capsys.readouterr().err


def test_a_line_of_another_entry_counts_for_the_environment_that_it_names(
    shop: Repository,
) -> None:
    shop.write({"own.py": SETTINGS, NOTES: HAND.format("prod")})
    handoff.draft("dev", "")
    assert notes(shop).count("MAIL_KEY") == 2
    shop.write({NOTES: HAND.format("dev")})
    handoff.draft("dev", "")
    assert notes(shop).count("MAIL_KEY") == 1


@pytest.mark.parametrize("subject", ["Sell  boats", "Sell\tboats #", "Sell boats ##", "#"])
def test_a_title_is_found_again_whatever_the_subject(
    shop: Repository, monkeypatch: pytest.MonkeyPatch, subject: str
) -> None:
    live = shop.commit(subject)
    answer(monkeypatch, server={"release": "r1", "commit": live, "items": []})
    shop.write({"own.py": SETTINGS})
    handoff.draft("dev", "")
    text = notes(shop)
    monkeypatch.setattr(noted, "today", lambda: "2031-01-01")
    handoff.draft("dev", "")
    assert notes(shop) == text
    shop.write({"own.py": SETTINGS.replace("MAIL", "PORT")})
    handoff.draft("dev", "")
    assert notes(shop) == text.replace("MAIL", "PORT")


def test_packages_are_those_that_the_inventory_lets_a_server_have(
    shop: Repository, given: dict[str, Any]
) -> None:
    given["django_requirements"] = "server.txt"
    given["django_extras"] = ["{{ extras }}"]
    shop.write({"server.txt": "a==1\n", "requirements.txt": "b==1\n"})
    handoff.draft("dev", "")
    assert "- [ ] packages: a 1 (new)" in notes(shop)
    assert "b 1" not in notes(shop)


@pytest.mark.parametrize(
    ("given", "choice"),
    [
        ({}, Choice()),
        ({"django_requirements": "{{ x }}", "django_dependency_groups": "{{ x }}"}, Choice()),
        (
            {"django_dependency_groups": ["web"], "django_extras": ["s3", "pg"]},
            Choice("auto", ("web",), ("s3", "pg")),
        ),
        ({"django_requirements": "uv.lock", "django_extras": ["{{ x }}"]}, Choice("uv.lock")),
    ],
)
def test_what_an_inventory_computes_counts_as_not_said(
    given: dict[str, Any], choice: Choice
) -> None:
    assert compared.choice_of(given) == choice


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"apps/web/manage.py": "", "manage.py": None}, NOTES),
        ({"apps/web/manage.py": ""}, f"apps/web/{NOTES}"),
        (
            {"apps/web/manage.py": "", "manage.py": None, f"apps/web/{NOTES}": "# N\n"},
            f"apps/web/{NOTES}",
        ),
    ],
    ids=["alone", "several", "its own"],
)
def test_notes_stand_where_those_of_the_application_do(
    shop: Repository,
    given: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str | None],
    path: str,
) -> None:
    given["django_app_path"] = "apps/web/"
    item = {"kind": "issue", "what": "slow", "how": ""}
    live = {"release": "r", "commit": shop.git("rev-parse", "HEAD"), "items": [item]}
    answer(monkeypatch, server=live)
    shop.write({**files, "apps/web/own.py": SETTINGS})
    handoff.draft("dev", "")
    handoff.report("dev", "")
    (found,) = shop.path.glob("**/DEV_HANDOFF.md")
    assert str(found.relative_to(shop.path)) == path
    assert found.read_text().count("- [ ] ") > 1


def test_what_is_live_of_the_notes_is_read_where_they_stand(
    shop: Repository, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given["django_app_path"] = "web"
    live = shop.write({"web/manage.py": "", f"web/{NOTES}": HAND.format("dev")})
    answer(monkeypatch, server={"release": "r", "commit": live, "items": []})
    shop.write({"web/own.py": SETTINGS})
    handoff.draft("dev", "")
    # The line was had once already, so it stands for nothing new.
    assert (shop.path / "web" / NOTES).read_text().count("MAIL_KEY") == 2


def test_what_is_not_committed_is_not_in_the_draft(
    shop: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write({"own.py": SETTINGS})
    handoff.draft("dev", "")
    handoff.draft("dev", "")
    assert "uncommitted" not in capsys.readouterr().err
    (shop.path / "own.py").write_text("")
    (shop.path / "new.py").write_text("")
    handoff.draft("dev", "")
    assert (
        "That is without 2 uncommitted changes: commit first, then draft, and amend with the note."
        in capsys.readouterr().err
    )


def test_a_live_commit_of_another_branch_is_told(
    shop: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    handoff.draft("dev", "")
    shop.write({"own.py": SETTINGS})
    handoff.draft("dev", "")
    assert "does not come" not in capsys.readouterr().err
    shop.git("stash", "--include-untracked", "--quiet")
    live = shop.commit("Elsewhere")
    shop.git("reset", "--quiet", "--hard", "HEAD~")
    answer(monkeypatch, server={"release": "r", "commit": live, "items": []})
    handoff.draft("dev", "")
    assert f"dev runs {live[:7]}, from which HEAD" in capsys.readouterr().err


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


def test_what_another_environment_said_is_said_again_and_in_the_same_words(
    shop: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = {"kind": "issue", "what": "unit  `mail`\nfailed", "how": "`journalctl`"}
    answer(monkeypatch, server={"release": "r", "items": [item]})
    handoff.report("prod", "")
    handoff.report("dev", "")
    handoff.report("prod", "")
    monkeypatch.setattr(handoff, "today", lambda: "2031-01-01")
    handoff.report("dev", "")
    lines = [line for line in notes(shop).splitlines() if "failed" in line]
    said = "- [ ] issue: unit `mail` failed — {}: `journalctl`"
    assert sorted(lines) == [said.format("dev"), said.format("prod")]


def test_a_dry_run_that_fails_is_a_line_of_the_report(
    shop: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = {"kind": "issue", "what": "slow", "how": ""}
    host = {"release": "r", "items": [item]}
    answer(monkeypatch, drift=("Write the site",), fails=True, server=host)
    handoff.report("dev", "")
    assert [line for line in notes(shop).splitlines() if line.startswith("- [")] == [
        "- [ ] issue: a dry run of provision fails — dev: `./inv provision dev --check`",
        "- [ ] config: differs from the inventory: Write the site — dev",
        "- [ ] issue: slow — dev",
    ]


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


@pytest.mark.parametrize(("mode", "kept"), [(0o640, 0o640), (None, 0o644)])
def test_notes_are_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int | None, kept: int
) -> None:
    path = tmp_path / "notes.md"
    if mode:
        path.write_text("old")
        path.chmod(mode)
    link = tmp_path / "link.md"
    link.symlink_to(path)
    noted.tell(link, None, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", kept)
    assert link.is_symlink()

    def full(*_words: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Problem, match="cannot be written: No space left"):
        noted.tell(path, "new", "newer")
    assert path.read_text() == "new"
    assert sorted(tmp_path.iterdir()) == [link, path]


def test_notes_that_cannot_be_written_or_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "claude").write_text("a file")
    with pytest.raises(Problem, match="cannot be written"):
        noted.tell(tmp_path / "claude" / "DEV_HANDOFF.md", None, "text")
    (tmp_path / "notes").write_bytes(b"\xff")
    with pytest.raises(Problem, match="cannot be read"):
        noted.read(tmp_path / "notes")
