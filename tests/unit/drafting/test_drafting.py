"""All that the next deploy needs besides its code, of a real repository."""

from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from slipway import drafting
from slipway.drafting.changes import Change
from tests.unit.drafting.conftest import Changed
from tests.unit.repository import Repository

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
LIVE = {
    "manage.py": MANAGE,
    "requirements.txt": "django==5.2.1\n",
    "shop/settings.py": "import os\nos.environ['KEY']\n",
    "notes/migrations/__init__.py": "",
    "notes/migrations/0001_initial.py": "class Migration:\n    operations = []\n",
}
NEXT = {
    "requirements.txt": "django==5.2.3\n",
    "shop/settings.py": "import os\nos.environ['KEY'], os.environ['STRIPE_KEY']\n",
    "notes/migrations/0002_drop.py": "from django.db.migrations import RunSQL\n"
    "class Migration:\n    operations = [RunSQL('DROP TABLE x')]\n",
    "notes/static/notes/a.css": "1",
    "Procfile": "web: gunicorn\n",
}
SAID = [
    "- [ ] packages: django 5.2.1 → 5.2.3 — dev, prod",
    "- [ ] migrations: notes 0002_drop — dev, prod: 0002 runs SQL that cannot be undone",
    "- [ ] collectstatic: 1 file of static/ changed — dev, prod: {}notes/static",
    "- [ ] env: STRIPE_KEY — dev, prod: required, {}shop/settings.py line 2 reads it",
    "- [ ] config: {}Procfile (new) — dev, prod: the server's units come from "
    "gunicorn_systemd_* and do not follow it",
]


def said(change: Change) -> list[str]:
    """The lines for two environments."""
    return [item.line() for item in drafting.items(change, ("dev", "prod"))]


def below(place: str, files: dict[str, str]) -> dict[str, str]:
    """Files of an application in a directory."""
    return {f"{place}{path}": text for path, text in files.items()}


@pytest.mark.parametrize("place", ["", "apps/web"], ids=["at the root", "below it"])
def test_all_that_a_deploy_needs_is_said(change: Changed, place: str) -> None:
    inside = f"{place}/" if place else ""
    made = change(below(inside, LIVE), dict(below(inside, NEXT)), place)
    assert said(made) == [line.format(inside) for line in SAID]


def test_a_mirror_says_the_same(origin: Repository, tmp_path: Path, me: str) -> None:
    (tmp_path / "repo.git").mkdir()
    mirror = Mirror(str(tmp_path / "repo.git"), str(origin.path), me)
    commits = [origin.write(dict(files)) for files in (LIVE, NEXT)]
    mirror.fetch()
    before, after = (Committed(mirror, commit) for commit in commits)
    assert said(Change(before, after)) == [line.format("") for line in SAID]


def test_an_application_that_moved_has_the_same_needs(change: Changed) -> None:
    after = {**dict.fromkeys(LIVE), **below("web/", LIVE), **below("web/", NEXT)}
    made = change(LIVE, after)
    moved = Committed(made.after.mirror, made.after.commit, "web")
    lines = said(Change(made.before, moved))
    assert [line for line in lines if "packages come from" not in line] == [
        line.format("web/") for line in SAID
    ]


def test_another_application_of_the_repository_needs_nothing_of_us(change: Changed) -> None:
    before = {**below("apps/web/", LIVE), **below("apps/other/", LIVE)}
    made = change(before, dict(below("apps/other/", NEXT)), "apps/web")
    assert drafting.items(made) == []


def test_what_applications_share_concerns_each(change: Changed) -> None:
    files = {**below("apps/web/", LIVE), **below("apps/other/", LIVE)}
    made = change(files, {"libs/ui/static/a.css": "1"}, "apps/web")
    assert [item.what for item in drafting.items(made)] == ["1 file of static/ changed"]


@pytest.mark.parametrize("after", [{}, {"README.md": "1"}, {"notes/views.py": "1"}])
def test_where_there_is_nothing_to_say_there_are_no_lines(
    change: Changed, after: dict[str, str | None]
) -> None:
    assert drafting.items(change(LIVE, after)) == []


def test_an_older_commit_says_what_goes(change: Changed) -> None:
    made = change(LIVE, dict(NEXT))
    lines = said(Change(made.after, made.before))
    assert "- [ ] packages: django 5.2.3 → 5.2.1 — dev, prod" in lines
    assert "- [ ] env: STRIPE_KEY is no longer read — dev, prod: it can be removed" in lines


def test_an_older_commit_lacks_migrations(change: Changed) -> None:
    made = change(LIVE, dict(NEXT))
    kinds = [item.kind for item in drafting.items(Change(made.after, made.before))]
    assert "issue" in kinds


def test_a_commit_that_is_not_there_is_said(change: Changed) -> None:
    made = change(LIVE, dict(NEXT))
    unknown = Committed(made.after.mirror, "0123456789" * 4)
    with pytest.raises(Failed, match=r"git cannot compare 0123456 with [0-9a-f]{7}\."):
        drafting.items(Change(unknown, made.after))


def test_a_file_without_a_name_has_no_text(change: Changed) -> None:
    assert change(LIVE, {}).after.text("") == ""


def test_no_line_has_a_colon_in_what_explains_it(change: Changed) -> None:
    found = drafting.items(change(LIVE, dict(NEXT)))
    assert [item for item in found if ":" in item.how + item.what] == []
