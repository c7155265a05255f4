"""The variables of an instance, and those that a release was built with."""

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import environment
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.kept_files import OURS
from ansible_collections.slipway.django.plugins.module_utils.snapshot import (
    Snapshot,
    of_release,
    read,
)

from tests.unit.plugins.conftest import Release
from tests.unit.plugins.test_environment import NASTY

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to root")


def build(shop: Instance, release: str, snapshot: Snapshot) -> None:
    """Give a release these variables, as far as that needs no root."""
    kept = environment.render(snapshot.variables(release)).encode()
    Path(shop.record(release, "environment")).write_bytes(kept)


@pytest.mark.parametrize("value", NASTY.values(), ids=list(NASTY))
def test_a_release_is_known_by_its_variables_whatever_they_hold(
    shop: Instance, release: Release, value: str
) -> None:
    snapshot = Snapshot(shop, {"DEBUG": False}, {"KEY": value})
    build(shop, release("first"), snapshot)
    assert snapshot.equals("first"), of_release(shop, "first")


@pytest.mark.parametrize(
    ("readable", "secret"),
    [
        ({"DEBUG": True}, {"KEY": "1"}),
        ({"DEBUG": False}, {"KEY": "2"}),
        ({"DEBUG": False, "MORE": ""}, {"KEY": "1"}),
        ({"DEBUG": False}, {}),
    ],
    ids=["another value", "another secret", "one more", "one less"],
)
def test_other_variables_are_another_release(
    shop: Instance, release: Release, readable: dict[str, object], secret: dict[str, str]
) -> None:
    build(shop, release("first"), Snapshot(shop, {"DEBUG": False}, {"KEY": "1"}))
    assert not Snapshot(shop, readable, secret).equals("first")


def test_a_release_without_a_record_of_them_has_other_variables(
    shop: Instance, release: Release
) -> None:
    assert not Snapshot(shop, {}, {}).equals(release("first"))


def test_a_secret_wins_over_what_people_may_read(shop: Instance) -> None:
    assert Snapshot(shop, {"KEY": "readable"}, {"KEY": "secret"}).variables("1")["KEY"] == "secret"


def test_each_variable_has_the_source_that_won(shop: Instance) -> None:
    defaults = {"STATIC_ROOT": "/s", "EMAIL_HOST": "a", "CACHE": "a"}
    snapshot = Snapshot(
        shop,
        {"EMAIL_HOST": "b", "CACHE": "b", "DATABASE_URL": "b"},
        {"CACHE": "c"},
        ["SECRET_KEY"],
        defaults=defaults,
        default_secrets={"DATABASE_URL": "a"},
    )
    assert snapshot.sources() == {
        "STATIC_ROOT": "Slipway",
        "EMAIL_HOST": "django_environment",
        "DATABASE_URL": "django_environment",
        "CACHE": "django_secrets",
        "SECRET_KEY": "made on the server",
    }
    assert {"EMAIL_HOST": "b", "DATABASE_URL": "b", "CACHE": "c"}.items() <= (
        snapshot.variables("1").items()
    )


def test_a_process_knows_its_release(shop: Instance) -> None:
    variables = Snapshot(shop, {"SLIPWAY_RELEASE": "mine"}, {}).variables("1")
    assert variables["SLIPWAY_RELEASE"] == "1"


def test_a_generated_secret_is_made_once_and_kept(shop: Instance) -> None:
    first = Snapshot(shop, {}, {}, ["SECRET_KEY"])
    Path(shop.keys_file).write_text(OURS + environment.render(first.secret))
    assert len(first.secret["SECRET_KEY"]) >= 64
    assert Snapshot(shop, {}, {}, ["SECRET_KEY"]).secret == first.secret


def test_two_hosts_do_not_generate_the_same_secret(shop: Instance) -> None:
    one, other = (Snapshot(shop, {}, {}, ["SECRET_KEY"]).secret for _ in "12")
    assert one != other


@pytest.mark.parametrize(
    ("readable", "secret"), [({"SECRET_KEY": "mine"}, {}), ({}, {"SECRET_KEY": "mine"})]
)
def test_a_secret_that_was_given_is_not_generated(
    shop: Instance, readable: dict[str, str], secret: dict[str, str]
) -> None:
    Path(shop.keys_file).write_text(f'{OURS}SECRET_KEY="generated"\n')
    snapshot = Snapshot(shop, readable, secret, ["SECRET_KEY"])
    assert {**readable, **secret}.items() <= snapshot.variables("1").items()


def test_a_file_that_is_not_there_holds_no_variables(tmp_path: Path) -> None:
    assert read(str(tmp_path / "none")) == {}


@as_root
def test_what_is_written_is_read_by_those_who_may(shop: Instance, release: Release) -> None:
    snapshot = Snapshot(shop, {"DEBUG": False, "NAME": "Zürich"}, {"KEY": "s\r\n"})
    snapshot.write(release("first"))
    modes = {
        path: stat.S_IMODE(Path(path).stat().st_mode)
        for path in (shop.env_file, shop.keys_file, shop.record("first", "environment"))
    }
    assert list(modes.values()) == [0o640, 0o600, 0o600], modes
    assert "KEY" not in Path(shop.env_file).read_text()
    assert snapshot.equals("first"), of_release(shop, "first")
