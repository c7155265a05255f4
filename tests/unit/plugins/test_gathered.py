"""What is asked of a release for the lines of hand-off notes."""

import json
from dataclasses import replace
from pathlib import Path

from ansible_collections.slipway.django.plugins.module_utils import gathered
from ansible_collections.slipway.django.plugins.module_utils.asking import Question
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage

from tests.unit.plugins.conftest import SECOND

# Nobody listens there.
DISCARD = 9
SERVED = gathered.Served("/static/", Question("/", "dev.test", "http", 200, timeout=1), DISCARD)


def install(shop: Instance, *names: str) -> None:
    """Put packages into the environment of the release."""
    for name in names:
        place = Path(shop.release(SECOND), ".venv", "lib", "python3.13", "site-packages", name)
        place.mkdir(parents=True)


def test_packages_are_known_by_their_normal_names(manage: Manage) -> None:
    shop = manage.instance
    install(shop, "Django-5.2.3.dist-info", "zope_interface-7.2.dist-info", "django")
    assert gathered.packages(shop, SECOND) == {"django": "5.2.3", "zope-interface": "7.2"}


def test_django_is_asked_only_where_a_line_speaks_of_migrations(manage: Manage) -> None:
    path = Path(manage.instance.release(SECOND))
    known = {"known": ["shop.0001_initial"], "applied": ["shop.0001_initial", "shop.0002_gone"]}
    (path / "database.json").write_text(json.dumps({"engine": "postgresql", **known}))
    found = gathered.facts(manage, {"MAIL_KEY"}, {"env", "packages"})
    assert (found.lack, found.applied, found.static) == ({"MAIL_KEY"}, None, None)
    assert manage.steps.taken == []
    found = gathered.facts(manage, set(), {"migrations"})
    # After a rollback the database knows more than the code.
    assert found.applied == ["shop.0001_initial", "shop.0002_gone"]


def test_static_files_that_were_not_collected_are_told(manage: Manage) -> None:
    manage("plan", "collect")
    shop = manage.instance
    assert gathered.facts(manage, set(), {"collectstatic"}).static == ""
    (gone, *_rest) = gathered.static_files(shop, SECOND)
    Path(shop.static, gone).unlink()
    found = gathered.facts(manage, set(), {"collectstatic"})
    count = len(gathered.static_files(shop, SECOND))
    assert found.static == f"1 of {count} static files are not in {shop.static}, {gone} for one"


def test_a_static_file_that_nginx_does_not_give_is_told(manage: Manage) -> None:
    manage("plan", "collect")
    found = gathered.facts(manage, set(), {"collectstatic"}, SERVED)
    assert str(found.static).startswith("/static/boat"), found.static
    assert "did not answer" in str(found.static)


def test_what_is_served_elsewhere_is_not_asked_for(manage: Manage) -> None:
    manage("plan", "collect")
    elsewhere = replace(SERVED, url="https://cdn.example.com/static/")
    found = gathered.facts(manage, set(), {"collectstatic"}, elsewhere)
    assert found.static == ""


def test_a_release_without_static_files_has_none_to_miss(manage: Manage) -> None:
    found = gathered.facts(manage, set(), {"collectstatic"}, SERVED)
    assert found.static == ""


def test_a_database_that_does_not_answer_leaves_migrations_untold(manage: Manage) -> None:
    (Path(manage.instance.release(SECOND)) / "database.json").write_text("no JSON")
    assert gathered.facts(manage, set(), {"migrations", "packages"}).applied is None


def test_a_name_that_no_address_can_hold_is_quoted(manage: Manage) -> None:
    shop = manage.instance
    Path(shop.record(SECOND, "static.json")).write_text('["a b ö.css"]')
    Path(shop.static, "a b ö.css").touch()
    found = gathered.facts(manage, set(), {"collectstatic"}, SERVED)
    assert str(found.static).startswith("/static/a%20b%20%C3%B6.css did not answer"), found.static
