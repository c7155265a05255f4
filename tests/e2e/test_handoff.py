"""Hand-off notes: drafted from git, asked for by the deploy, verified, and written back."""

import contextlib
import json
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator

import pytest

from slipway import demo, state

from .site import Site

NOTES = "claude/DEV_HANDOFF.md"
SETTINGS = """
import os

PORT_KEY = os.environ["PORT_KEY"]
"""
MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notes", "0004_notes_newest_first")]
    operations = [
        migrations.AddField("note", "cargo", models.CharField(max_length=9, null=True)),
    ]
"""
MANUAL = "- [ ] manual: open the port — dev, prod: by its crane"
PATIENCE_SECONDS = 180


@pytest.fixture(scope="module")
def both(site: Site) -> Site:
    """A host on which dev and prod run the same commit, and a newer one that is not published."""
    site.succeed("provision", "prod", "--yes")
    site.succeed("deploy", "prod", "--yes")
    place = site.repository
    settings = place / "demo" / "settings.py"
    settings.write_text(settings.read_text() + SETTINGS)
    (place / "notes" / "migrations" / "0005_cargo.py").write_text(MIGRATION)
    models = place / "notes" / "models.py"
    head = "class Note(models.Model):\n"
    field = "    cargo = models.CharField(max_length=9, null=True)\n"
    models.write_text(models.read_text().replace(head, head + field))
    commit(site, "Carry cargo")
    return site


def commit(site: Site, message: str) -> None:
    """Commit all to the application, and publish nothing."""
    demo.git(site.repository, "add", "--all")
    demo.git(site.repository, "commit", "--quiet", "--message", message)


def notes(site: Site) -> str:
    """The notes of the checkout."""
    return (site.repository / NOTES).read_text()


def answered(site: Site, *words: str, answer: str) -> tuple[int, str]:
    """Run `./inv words` at a terminal where somebody answers each question; status and output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", state.CHECKOUT / "inv", *words],
        env=os.environ | {"SLIPWAY_INVENTORIES": str(site.inventories)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said, asked = "", 0
    with contextlib.suppress(OSError):  # The terminal goes with the last one who used it.
        while select.select([ours], [], [], PATIENCE_SECONDS)[0]:
            said += os.read(ours, 4096).decode(errors="replace")
            if said.count("[y/N]") > asked:
                asked += 1
                # What was typed before it waits is thrown away.
                time.sleep(1)
                os.write(ours, f"{answer}\r".encode())
    os.close(ours)
    return process.wait(), re.sub(r"\x1b\[K|\r", "", said)


def test_the_draft_says_what_the_next_deploy_needs(both: Site) -> None:
    said = both.succeed("handoff.draft", "dev", "--checkout", str(both.repository))
    assert f"Written into {both.repository / NOTES}" in said
    assert "- [ ] env: PORT_KEY — dev, prod" in notes(both), said
    assert "- [ ] migrations: notes 0005_cargo — dev, prod" in notes(both), said


def test_a_second_draft_writes_nothing_and_keeps_what_people_wrote(both: Site) -> None:
    text = notes(both)
    line = next(line for line in text.splitlines() if "env: PORT_KEY" in line)
    text = text.replace(line, f"- [ ] env: PORT_KEY — dev, prod: from the harbour\n{MANUAL}")
    (both.repository / NOTES).write_text(text)
    commit(both, "Hand off")
    said = both.succeed("handoff.draft", "dev", "--checkout", str(both.repository))
    assert "so it stays as it is" in said
    assert notes(both) == text
    both.publish()


def test_what_is_pending_is_told_with_what_of_it_is_so(both: Site) -> None:
    said = both.succeed("handoff", "dev")
    assert "not yet  - [ ] env: PORT_KEY — dev, prod: from the harbour: PORT_KEY is not set" in said
    assert "notes.0005_cargo is not applied" in said
    assert MANUAL in said


def test_a_deploy_is_refused_while_a_variable_of_the_notes_is_not_set(both: Site) -> None:
    before = both.state()
    done = both.invoke("deploy", "dev")
    assert done.returncode == 1, done.stdout
    assert "PORT_KEY: " in done.stdout
    assert both.state() == before


def test_a_deploy_is_refused_while_nobody_saw_to_a_manual_step(both: Site) -> None:
    for env in ("dev", "prod"):
        main = both.inventories / env / "group_vars" / "all" / "main.yml"
        given = json.loads(main.read_text())
        given.setdefault("django_environment", {})["PORT_KEY"] = "k"
        main.write_text(json.dumps(given))
    before = both.state()
    done = both.invoke("deploy", "dev")
    assert done.returncode == 1, done.stdout
    assert "1 manual step that dev has not had" in done.stdout
    assert f"    {MANUAL}" in done.stdout.splitlines()
    status, said = answered(both, "deploy", "dev", answer="n")
    assert status == 1, said
    assert both.state() == before


def test_who_says_at_the_terminal_that_it_is_done_deploys_and_sees_what_was_kept(
    both: Site,
) -> None:
    status, said = answered(both, "deploy", "dev", answer="y")
    assert status == 0, said
    lines = said.splitlines()
    assert "It brought what these hand-off notes say:" in lines, said
    kept = [line.split("is so")[1].strip() for line in lines if line.startswith("    is so")]
    assert [line.partition(" — ")[0] for line in sorted(kept)] == [
        "- [ ] env: PORT_KEY",
        "- [ ] migrations: notes 0005_cargo",
    ], said


def test_what_dev_has_is_pending_on_prod_alone(both: Site) -> None:
    assert "No hand-off is pending" in both.succeed("handoff", "dev")
    said = both.invoke("handoff", "prod", "--json").stdout
    (told,) = json.loads(said[said.index("{") : said.rindex("}") + 1]).values()
    (entry,) = told["handoffs"]
    states = {part["kind"]: part["kept"] for part in entry["parts"]}
    assert states == {"env": True, "migrations": False, "manual": None}, told


def test_who_has_no_terminal_says_with_an_option_that_it_is_done(both: Site) -> None:
    assert "1 manual step acknowledged" in both.succeed("deploy", "prod", "--yes", "--ack")
    assert "No hand-off is pending" in both.succeed("handoff", "prod")


@pytest.fixture
def troubled(both: Site) -> Iterator[Site]:
    """The same with a unit that failed, an error in the log and a file that somebody changed."""
    both.sh("systemd-run --quiet --unit=leaky-boat false; sleep 1; systemctl is-failed leaky-boat")
    both.sh("systemd-cat -t shop_dev echo no; chmod 700 /var/www/logs")
    yield both
    both.sh("systemctl reset-failed leaky-boat")


def test_a_server_that_is_as_the_inventory_says_differs_in_nothing(both: Site) -> None:
    both.succeed("handoff.report", "prod", "--checkout", str(both.repository))
    assert "differs from the inventory" not in notes(both)


def test_what_the_servers_have_to_say_is_written_once(troubled: Site) -> None:
    words = ("handoff.report", "dev", "--checkout", str(troubled.repository))
    said = troubled.succeed(*words)
    text = notes(troubled)
    assert "- [ ] issue: unit leaky-boat.service failed — dev: `journalctl" in text, said
    differs = "- [ ] config: differs from the inventory: "
    assert f"{differs}application | Make the directories of the standard — dev" in text, said
    below = text.partition("## Dev → Local")[2]
    assert below.index("leaky-boat") < below.index("After the first week on dev")
    assert "so it stays as it is" in troubled.succeed(*words)
    assert notes(troubled) == text


def test_an_assistant_may_read_and_draft_and_does_not_deploy(both: Site) -> None:
    done = both.invoke("deploy", "dev", CLAUDECODE="1")
    assert done.returncode == 1
    assert "CLAUDECODE is set" in done.stdout
    assert both.invoke("handoff", "dev", CLAUDECODE="1").returncode == 0
