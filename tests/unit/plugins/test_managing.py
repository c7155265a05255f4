"""manage.py of a release: what its output says, and what it is run with."""

from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.managing import (
    COPIED,
    Manage,
    planned,
    require_built,
    summary,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)

from tests.unit.plugins.conftest import Release

PLAN = """\
Planned operations:
contenttypes.0001_initial
    Create model ContentType
    Alter unique_together for contenttype (1 constraint(s))
notes.0002_first_note
    Raw Python operation -> Write the first note.
    Raw SQL operation -> ['UPDATE notes.note']
    notes.search
"""


def test_the_migrations_of_a_plan_are_told_from_their_operations() -> None:
    assert planned(PLAN) == ["contenttypes.0001_initial", "notes.0002_first_note"]


def test_a_plan_without_migrations_has_none() -> None:
    assert planned("Planned operations:\n  No planned migration operations.\n") == []


@pytest.mark.parametrize(
    ("output", "copied"),
    [
        ("\n1 static file copied to '/srv/static'.\n", ["1"]),
        ("\n12 static files copied to '/srv/static', 130 unmodified.\n", ["12"]),
        ("\n0 static files copied to '/s', 142 unmodified, 12 post-processed.\n", ["0"]),
        ("Found another file with the destination path '3 static files copied'\n", []),
    ],
)
def test_the_copied_files_are_counted(output: str, copied: list[str]) -> None:
    assert COPIED.findall(output) == copied


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, ""), (1, "m1"), (4, "m1, m2, m3, m4"), (5, "5 migrations, up to m4, m5")],
)
def test_many_migrations_are_summed_up(count: int, said: str) -> None:
    assert summary([f"m{number}" for number in range(1, count + 1)]) == said


@pytest.fixture
def manage(shop: Instance, release: Release) -> Manage:
    """manage.py of a release whose Python is a shell that runs it."""
    path = Path(shop.release(release("first")))
    (path / ".venv" / "bin").mkdir()
    (path / ".venv" / "bin" / "python").symlink_to("/bin/sh")
    Path(shop.record("first", "environment")).write_text('SECRET_KEY="s\\"3"\n')
    return Manage(shop, "first", 10, Steps())


def script(manage: Manage, text: str) -> None:
    """What manage.py does."""
    Path(manage.instance.release("first"), "manage.py").write_text(text)


def test_manage_py_runs_in_the_release_with_its_variables(manage: Manage) -> None:
    script(manage, 'pwd; echo "$SECRET_KEY $*"; umask')
    said = manage("check", "--deploy", problem="It failed.").splitlines()
    assert said == [manage.instance.release("first"), 's"3 check --deploy', "0027"]


def test_a_release_that_passes_is_proved_and_its_migrations_are_named(manage: Manage) -> None:
    script(manage, f'[ "$1" = check ] || cat <<END\n{PLAN}END')
    assert manage.prove() == ["contenttypes.0001_initial", "notes.0002_first_note"]
    details = [step.get("detail", "") for step in manage.steps.taken]
    assert details == ["", "contenttypes.0001_initial, notes.0002_first_note"]


def test_a_check_that_fails_is_shown(manage: Manage) -> None:
    script(manage, "echo '?: (security.E001) ALLOWED_HOSTS is empty' >&2; exit 1")
    with pytest.raises(Failed) as caught:
        manage.prove()
    assert str(caught.value) == "The release does not pass `manage.py check --deploy`."
    assert caught.value.evidence == ["?: (security.E001) ALLOWED_HOSTS is empty"]


def test_migrations_are_always_left_to_django_and_those_it_applied_are_named(
    manage: Manage, tmp_path: Path
) -> None:
    script(
        manage,
        f'echo "$*" >>{tmp_path}/calls; echo "  Applying shop.0002_add-foo... OK";'
        'echo "  Applying [tenant] ignored"',
    )
    assert manage.migrate() == ["shop.0002_add-foo"]
    assert (tmp_path / "calls").read_text() == "migrate --no-input --no-color\n"


def test_where_nothing_waits_nothing_is_named(manage: Manage) -> None:
    script(manage, 'echo "  No migrations to apply."')
    assert manage.migrate() == []
    assert manage.steps.taken[-1]["detail"] == "nothing to apply"


def test_a_release_keeps_the_manifest_that_its_files_were_collected_with(manage: Manage) -> None:
    manifest = Path(manage.instance.static, "staticfiles.json")
    script(manage, f"echo first >{manifest}; echo; echo \"3 static files copied to '/s'.\"")
    assert manage.collect_static() == 3
    manifest.write_text("of the next release")
    assert Path(manage.instance.record("first", "staticfiles.json")).read_text() == "first\n"


def test_a_release_that_was_never_built_is_refused(shop: Instance) -> None:
    with pytest.raises(Failed, match="There is no such release of shop_dev"):
        require_built(shop, None)
