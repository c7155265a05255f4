"""Django's commands in a release: one process for several, what it reports and what is kept."""

import ast
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.managing import (
    PROBLEMS,
    REMEDY,
    Manage,
    program,
)
from ansible_collections.slipway.django.plugins.module_utils.migrations import unknown_to
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.plugins import application
from tests.unit.plugins.conftest import FIRST, SECOND, Release

WAITING = {"known": ["shop.0001_initial", "shop.0002_boats"], "applied": ["shop.0001_initial"]}


def code(manage: Manage) -> Path:
    """The directory of the release."""
    return Path(manage.instance.release(SECOND))


def command(manage: Manage, name: str, text: str) -> None:
    """What one of the commands does."""
    (code(manage) / f"{name}.py").write_text(text)


def database(manage: Manage, **said: Any) -> None:
    """What the database and the code have of migrations."""
    (code(manage) / "database.json").write_text(json.dumps({"engine": "postgresql", **said}))


def refusal(manage: Manage, *names: str) -> Failed:
    """The failure of some steps."""
    with pytest.raises(Failed) as caught:
        manage(*names)
    return caught.value


def details(manage: Manage) -> dict[str, str]:
    """What was said of each step."""
    return {step["name"]: step.get("detail", "none") for step in manage.steps.taken}


def test_a_release_is_proved_planned_and_collected_in_one_process(manage: Manage) -> None:
    found = manage("check", "plan", "collect")
    assert (found["waiting"], found["known"], found["copied"]) == ([], [], 2)
    assert details(manage) == {
        **{"check": "", "plan": "no migration waits", "collect": "2 files copied"}
    }
    calls = application.calls(code(manage))
    assert [words[1:] for words in calls] == [
        ["manage.py", "check", "--deploy", "--fail-level", "ERROR"],
        ["manage.py", "collectstatic", "--no-input", "--no-color"],
    ]
    assert len({words[0] for words in calls}) == 1, "Django was booted twice"


SERVED: dict[str, Any] = {
    **{"hostnames": ["dev.test"], "scheme": "http", "database": "", "database_host": ""},
    **{"static_url": "/static/", "media_url": "/media/", "static_root": "/s", "media_root": "/m"},
    **{"allow_debug": False, "unchecked": []},
}


def settings(manage: Manage, **said: Any) -> None:
    """What the settings of the release are, besides good ones."""
    (code(manage) / "settings.json").write_text(json.dumps(said))


def comparing(manage: Manage, **differences: Any) -> Manage:
    """Commands that know what the host serves."""
    return replace(manage, served={**SERVED, **differences})


def test_settings_that_agree_are_no_matter(manage: Manage) -> None:
    found = comparing(manage)("check", "settings", "plan", "collect")
    assert (found["mismatches"], found["copied"]) == ([], 2)
    assert details(manage)["settings"] == ""
    assert len(application.calls(code(manage))) == 2, "Django was booted twice"


def test_a_setting_that_does_not_agree_stops_it_before_anything_is_collected(
    manage: Manage,
) -> None:
    settings(manage, ALLOWED_HOSTS=["shop.test"])
    failed = refusal(comparing(manage), "check", "settings", "plan", "collect")
    assert str(failed).startswith("ALLOWED_HOSTS is ['shop.test'], but the host serves dev.test,")
    assert failed.evidence == [REMEDY]
    assert list(details(manage)) == ["check", "settings"]
    assert list(Path(manage.instance.static).iterdir()) == []


def test_settings_that_manage_py_puts_in_the_place_of_others_are_told(manage: Manage) -> None:
    settings(manage, SETTINGS_MODULE="own.settings", DEBUG=True)
    failed = refusal(comparing(manage), "settings")
    assert str(failed).startswith("manage.py sets DJANGO_SETTINGS_MODULE to own.settings, whatever")
    assert failed.evidence == [REMEDY]


def test_of_several_settings_that_do_not_agree_all_are_told(manage: Manage) -> None:
    settings(manage, DEBUG=True, ALLOWED_HOSTS=[])
    failed = refusal(comparing(manage), "settings")
    assert [line.split()[0] for line in failed.evidence] == [
        "DEBUG",
        "ALLOWED_HOSTS",
        REMEDY.split()[0],
    ]
    assert str(failed) == failed.evidence[0]


def test_what_is_left_out_of_the_comparison_is_told(manage: Manage) -> None:
    settings(manage, DEBUG=True)
    comparing(manage, unchecked=["DEBUG", "MEDIA_URL"])("settings")
    assert details(manage) == {"settings": "not compared: DEBUG, MEDIA_URL"}


def test_settings_that_cannot_be_asked_are_told_with_the_reason(manage: Manage) -> None:
    (code(manage) / "settings.json").write_text("not JSON")
    failed = refusal(comparing(manage), "settings")
    assert str(failed) == PROBLEMS["settings"]
    assert "JSONDecodeError" in failed.evidence[-1]


def test_what_is_sent_to_a_release_needs_nothing_of_slipway(manage: Manage) -> None:
    text = program()
    assert "ansible_collections" not in text
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert sorted(names) == sorted(set(names)), "one function takes the place of another"
    compile(text, "<stdin>", "exec")


def test_what_django_warns_of_is_counted_unless_it_is_silenced(manage: Manage) -> None:
    warnings = [
        {"id": name, "level": level, "msg": "Mind the gap. It is wide.", "silenced": silenced}
        for name, level, silenced in (
            *(("security.W004", 30, False), ("security.W005", 30, True)),
            *(("models.I001", 20, False), (None, 30, False)),
        )
    ]
    (code(manage) / "warnings.json").write_text(json.dumps(warnings))
    words = "Mind the gap. It is wide."
    assert manage("check")["warned"] == [["security.W004", words], ["", words]]
    assert details(manage) == {"check": "2 warnings"}


def test_an_application_without_a_database_has_no_migration(manage: Manage) -> None:
    database(manage, known=["shop.0001_initial"], applied=[], engine="dummy")
    found = manage("check", "plan", "collect")
    assert (found["waiting"], found["known"], found["copied"]) == ([], [], 2)


def test_where_migrations_wait_they_are_named_and_nothing_is_collected(manage: Manage) -> None:
    database(manage, **WAITING)
    found = manage("check", "plan", "collect")
    assert (found["waiting"], found["known"]) == (["shop.0002_boats"], WAITING["known"])
    assert details(manage) == {"check": "", "plan": "shop.0002_boats"}
    assert list(Path(manage.instance.static).iterdir()) == []


def test_migrations_are_applied_by_django_and_then_the_files_are_collected(
    manage: Manage,
) -> None:
    database(manage, **WAITING)
    found = manage("migrate", "collect")
    assert (found["applied"], found["copied"]) == (["shop.0002_boats"], 2)
    assert details(manage) == {"migrate": "shop.0002_boats", "collect": "2 files copied"}
    assert application.calls(code(manage))[1][1:] == [
        *("manage.py", "migrate", "--no-input", "--no-color")
    ]


@pytest.mark.parametrize("step", ["plan", "collect"])
def test_a_step_that_comes_first_sets_django_up_as_manage_py_does(
    manage: Manage, step: str
) -> None:
    manage(step)
    assert application.calls(code(manage))[0][1:] == ["manage.py", "version"]


def test_where_nothing_waits_nothing_is_named(manage: Manage) -> None:
    assert manage("migrate")["applied"] == []
    assert details(manage) == {"migrate": "nothing to apply"}


@pytest.mark.slow
def test_each_step_has_its_own_seconds(manage: Manage) -> None:
    command(manage, "migrate", "import time; time.sleep(0.3)")
    manage("migrate", "collect")
    migrate, collect = (step["seconds"] for step in manage.steps.taken)
    assert migrate >= 0.3 > collect, manage.steps.taken


BROKEN = "import sys; print('half way'); sys.exit('the reason')"


@pytest.mark.parametrize(
    ("step", "done"),
    [("check", []), ("migrate", ["check"]), ("collect", ["check", "migrate"])],
)
def test_a_command_that_fails_is_told_with_what_it_said(
    manage: Manage, step: str, done: list[str]
) -> None:
    command(manage, {"collect": "collectstatic"}.get(step, step), BROKEN)
    failed = refusal(manage, *done, step)
    assert str(failed) == PROBLEMS[step]
    assert sorted(failed.evidence) == ["half way", "the reason"]
    assert [entry["name"] for entry in manage.steps.taken] == [*done, step]


def test_migrations_that_do_not_fit_together_are_told(manage: Manage) -> None:
    database(manage, known=[], applied=[], conflicts={"shop": ["0002_boats", "0002_ships"]})
    failed = refusal(manage, "check", "plan", "collect")
    assert str(failed) == PROBLEMS["plan"]
    assert "0002_ships" in failed.evidence[-1]


def test_an_exception_ends_with_its_reason(manage: Manage) -> None:
    command(manage, "check", "raise ValueError('no such setting')")
    assert refusal(manage, "check").evidence[-1] == "ValueError: no such setting"


@pytest.mark.parametrize("end", ["sys.exit()", "sys.exit(0)"])
def test_a_command_that_ends_well_may_end_as_it_likes(manage: Manage, end: str) -> None:
    command(manage, "check", f"import sys; {end}")
    assert manage("check", "plan")["waiting"] == []


@pytest.mark.slow
def test_a_command_that_takes_too_long_is_killed_and_says_how_far_it_came(manage: Manage) -> None:
    command(manage, "check", "import time; print('begun', flush=True); time.sleep(60)")
    started = time.monotonic()
    failed = refusal(replace(manage, timeout=2), "check")
    assert time.monotonic() - started < 30
    assert str(failed) == f"{PROBLEMS['check']} Signal 9 ended it; a step may take 2 s."
    assert failed.evidence == ["begun"]


def test_a_python_that_dies_at_once_is_told_as_any_failure(manage: Manage) -> None:
    (code(manage) / ".venv/bin/python").write_text("#!/bin/sh\necho no such library; exit 127\n")
    failed = refusal(manage, "check")
    assert (str(failed), failed.evidence) == (PROBLEMS["check"], ["no such library"])


def test_a_python_that_is_not_there_is_named(manage: Manage) -> None:
    (code(manage) / ".venv/bin/python").unlink()
    assert "python does not start: No such file or directory." in str(refusal(manage, "check"))


def test_a_line_that_the_application_does_not_end_costs_no_report(manage: Manage) -> None:
    command(manage, "check", "print('checking ...', end='')")
    assert manage("check", "plan")["waiting"] == []
    assert details(manage) == {"check": "", "plan": "no migration waits"}


def test_the_commands_run_in_the_release_with_its_variables(manage: Manage) -> None:
    said = "os.getcwd(), os.environ['SECRET_KEY'], f'{os.umask(0):04o}', __name__"
    command(manage, "check", f"import os, sys; print({said}, sep='\\n'); sys.exit(1)")
    assert refusal(manage, "check").evidence == [str(code(manage)), 's"3', "0027", "__main__"]


def kept(manage: Manage, name: str) -> Any:
    """What the release keeps."""
    return json.loads(Path(manage.instance.record(SECOND, name)).read_text())


def test_a_release_keeps_the_migrations_that_it_knows_and_the_files_that_it_wants(
    manage: Manage,
) -> None:
    database(manage, known=["shop.0001_initial"], applied=["shop.0001_initial"])
    manage("check", "plan", "collect")
    assert kept(manage, "migrations.json") == ["shop.0001_initial"]
    names = ["boat.0a1b.css", "boat.0a1b.js", "boat.css", "boat.js", "staticfiles.json"]
    assert kept(manage, "static.json") == names


def test_a_release_keeps_the_manifest_that_its_files_were_collected_with(manage: Manage) -> None:
    manage("collect")
    Path(manage.instance.static, "staticfiles.json").write_text("of the next release")
    assert kept(manage, "staticfiles.json")["boat.css"] == "boat.0a1b.css"


def test_an_application_without_static_files_keeps_an_empty_list(manage: Manage) -> None:
    for asset in (code(manage) / "assets").iterdir():
        asset.unlink()
    (code(manage) / "assets").rmdir()
    assert manage("collect")["copied"] == 0
    assert kept(manage, "static.json") == []
    assert not Path(manage.instance.record(SECOND, "staticfiles.json")).exists()


@pytest.mark.parametrize(
    ("older", "newer", "unknown"),
    [
        (["a.1"], ["a.1", "b.1", "a.2"], ["a.2", "b.1"]),
        (["a.1", "a.2"], ["a.1"], []),
        (None, ["a.1"], []),
        (["a.1"], None, []),
    ],
    ids=["newer ones", "none", "not known of the older", "not known of the newer"],
)
def test_the_migrations_that_older_code_does_not_know_are_named(
    shop: Instance, release: Release, older: list[str] | None, newer: list[str] | None, unknown: Any
) -> None:
    for name, known in ((release(FIRST), older), (release(SECOND), newer)):
        if known:
            Path(shop.record(name, "migrations.json")).write_text(json.dumps(known))
    assert unknown_to(shop, FIRST, SECOND) == unknown
