"""``.env`` and ``.keys``: whose they are, what is taken out of them, what is never lost."""

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.kept_files import OURS, YOURS, Yours
from ansible_collections.slipway.django.plugins.module_utils.snapshot import (
    Snapshot,
    read,
    secrets_of,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.plugins.conftest import FIRST, Release

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to root")
DEFAULTS = {"STATIC_ROOT": "/srv/static", "ALLOWED_HOSTS": "a.test"}
WRITTEN = "# Mail\n\nexport EMAIL_HOST='mail # one'  # ours\nALLOWED_HOSTS=b.test"


def vault(shop: Instance, *given: dict[str, str]) -> Snapshot:
    """The variables where the inventory has them all."""
    readable, secret = [*given, {}, {}][:2]
    return Snapshot(shop, readable, secret, ["SECRET_KEY"], defaults=DEFAULTS)


def env_file(shop: Instance, *given: dict[str, str]) -> Snapshot:
    """The variables where people edit the files."""
    readable, secret = [*given, {}, {}][:2]
    backend = Yours(shop)
    return Snapshot(shop, readable, secret, ["SECRET_KEY"], defaults=DEFAULTS, backend=backend)


def access(path: str) -> tuple[int, int, int]:
    """Mode and owners of a file."""
    found = Path(path).stat()
    return stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid


@as_root
def test_what_people_wrote_wins_and_stays_as_they_wrote_it(shop: Instance) -> None:
    Path(shop.env_file).write_text(WRITTEN)
    Path(shop.keys_file).write_text("API_KEY=mine")
    snapshot = env_file(shop, {"EMAIL_HOST": "theirs"}, {"API_KEY": "theirs", "MORE": "1"})
    assert snapshot.keep()
    found = snapshot.variables("1")
    assert found["EMAIL_HOST"] == "mail # one"
    assert (found["ALLOWED_HOSTS"], found["STATIC_ROOT"]) == ("b.test", "/srv/static")
    assert (found["API_KEY"], found["MORE"]) == ("mine", "1")
    sources = snapshot.sources()
    assert sources["EMAIL_HOST"] == sources["ALLOWED_HOSTS"] == ".env"
    assert (sources["API_KEY"], sources["MORE"]) == (".keys", "django_secrets")
    assert Path(shop.env_file).read_text() == WRITTEN


@as_root
def test_a_secret_that_is_missing_is_appended_once(shop: Instance) -> None:
    Path(shop.keys_file).write_text("API_KEY=mine")
    first = env_file(shop)
    first.keep()
    text = Path(shop.keys_file).read_text()
    assert text.startswith("API_KEY=mine\nSECRET_KEY="), "a line of theirs was changed"
    again = env_file(shop)
    assert again.variables("1") == first.variables("1")
    assert again.sources()["SECRET_KEY"] == ".keys"
    assert not again.keep()
    assert Path(shop.keys_file).read_text() == text


@as_root
def test_files_are_read_by_those_who_may_alone_whoever_saved_them(shop: Instance) -> None:
    env_file(shop).keep()
    for path in (shop.env_file, shop.keys_file):
        Path(path).chmod(0o666)
    assert env_file(shop).keep(dry=True)
    assert env_file(shop).keep()
    assert access(shop.env_file) == (0o640, 0, os.getegid())
    assert access(shop.keys_file) == (0o600, 0, 0)


@as_root
def test_a_file_that_somebody_saves_meanwhile_is_not_written_over(shop: Instance) -> None:
    Path(shop.env_file).write_text("A=1\n")
    Path(shop.keys_file).write_text("SECRET_KEY=k\n")
    snapshot = env_file(shop)
    Path(shop.env_file).write_text("A=2\n")
    snapshot.keep()
    assert Path(shop.env_file).read_text() == "A=2\n"


@as_root
@pytest.mark.parametrize("text", ["A=1\n", f"{OURS}# Of Slipway's own making: \nA=1\n"])
def test_an_edit_made_since_a_file_was_read_that_would_be_written_stops_all(
    shop: Instance, text: str
) -> None:
    Path(shop.env_file).write_text(f"{OURS}# Of Slipway's own making: A\nA=1\n")
    Path(shop.keys_file).write_text(text)
    snapshot = env_file(shop)
    Path(shop.keys_file).write_text(f"{text}B=typed\n")
    with pytest.raises(Failed, match=r"\.keys was edited meanwhile: deploy again\.$"):
        snapshot.keep()
    assert Path(shop.keys_file).read_text() == f"{text}B=typed\n"
    assert Path(shop.env_file).read_text().startswith(OURS), "half of it was done"


@as_root
def test_what_people_write_while_the_inventory_has_it_all_is_not_written_over(
    shop: Instance,
) -> None:
    snapshot = vault(shop)
    Path(shop.env_file).write_text("EMAIL_HOST=mail\n")
    with pytest.raises(Failed, match=r"\.env was edited by people"):
        snapshot.keep()


@as_root
def test_where_people_take_over_they_find_their_secrets_and_nothing_of_slipway_s(
    shop: Instance,
) -> None:
    before = vault(shop, {"EMAIL_HOST": "a", "CACHE": "a"}, {"API_KEY": "a", "GONE": "a\r\n"})
    before.keep()
    now = env_file(shop, {"CACHE": "b"}, {"API_KEY": "b"})
    now.keep()
    assert read(shop.env_file) == {"EMAIL_HOST": "a"}
    kept = read(shop.keys_file)
    assert kept == {"GONE": "a\r\n", "SECRET_KEY": before.secret["SECRET_KEY"]}
    assert Path(shop.env_file).read_text().startswith(YOURS)
    found = now.variables("1")
    assert (found["CACHE"], found["API_KEY"], found["STATIC_ROOT"]) == ("b", "b", "/srv/static")


@as_root
def test_what_is_written_stands_whatever_a_value_holds(shop: Instance) -> None:
    snapshot = vault(shop, {"NAME": "one\r\ntwo"}, {"KEY": "three\r"})
    assert snapshot.keep()
    assert not snapshot.keep()


@as_root
def test_secrets_of_the_inventory_are_known_where_people_edit_the_files(
    shop: Instance, release: Release
) -> None:
    Path(shop.keys_file).write_text("SECRET_KEY=k\nAPI_KEY=mine\n")
    env_file(shop, {"NAME": "plain"}, {"PAYMENT_KEY": "theirs"}).write(release("first"))
    assert secrets_of(shop) == {"k", "mine", "theirs"}


@as_root
def test_a_line_that_cannot_be_read_hides_no_secret_of_another_file(
    shop: Instance, release: Release
) -> None:
    vault(shop, {}, {"PAYMENT_KEY": "theirs"}).write(release("first"))
    vault(shop, {}, {"PAYMENT_KEY": "newer"}).write(release("second"))
    with Path(shop.keys_file).open("a") as file:
        file.write("half a line\n")
    Path(shop.record("first", "environment")).write_text("half a line\n")
    assert "newer" in secrets_of(shop)


def test_a_host_without_releases_has_no_secrets_to_hide(shop: Instance) -> None:
    Path(shop.releases).rmdir()
    assert secrets_of(shop) == set()


@as_root
def test_files_of_a_slipway_that_did_not_sign_them_are_its_own(
    shop: Instance, release: Release
) -> None:
    live(shop, release(FIRST))
    Path(shop.env_file).write_text('EMAIL_HOST="a"\nSTATIC_ROOT="/old"\n')
    Path(shop.keys_file).write_text('SECRET_KEY="k"\n')
    assert vault(shop).keep(dry=True), "it would refuse them as somebody's"
    env_file(shop).keep()
    assert read(shop.env_file) == {"EMAIL_HOST": "a"}
    assert read(shop.keys_file) == {"SECRET_KEY": "k"}


def live(shop: Instance, release: str) -> None:
    """Let a release be the live one."""
    Path(shop.slot("blue")).symlink_to(f"../releases/{release}")
    Path(shop.socket).symlink_to(shop.slot_socket("blue"))


@pytest.mark.parametrize(
    ("given", "lost"),
    [
        (({}, {}), "EMAIL_HOST, ALLOWED_HOSTS"),
        (({"EMAIL_HOST": "another", "ALLOWED_HOSTS": "b.test"}, {}), "EMAIL_HOST"),
    ],
)
def test_what_people_wrote_is_not_written_over(
    shop: Instance, given: tuple[dict[str, str], dict[str, str]], lost: str
) -> None:
    Path(shop.env_file).write_text(WRITTEN)
    with pytest.raises(Failed) as caught:
        vault(shop, *given)
    assert str(caught.value).startswith(f"{shop.env_file} was edited by people and would be")
    assert f"take {lost} into django_environment" in str(caught.value)
    assert "mail" not in str(caught.value)


@as_root
def test_what_people_wrote_is_not_written_over_while_an_old_release_is_live(
    shop: Instance, release: Release
) -> None:
    live(shop, release(FIRST))
    Path(shop.env_file).write_text(f"{YOURS}EMAIL_HOST=mail\n")
    with pytest.raises(Failed, match=r"\.env was edited by people .* take EMAIL_HOST into"):
        vault(shop)


@pytest.mark.parametrize("rest", ["", "GONE='1'\nSTATIC_ROOT='/old'\n"], ids=["cut", "no names"])
def test_a_file_of_slipway_s_that_lost_its_second_line_is_handed_over_without_its_own(
    shop: Instance, rest: str
) -> None:
    Path(shop.env_file).write_text(OURS + rest)
    found = env_file(shop).variables("1")
    assert (found["STATIC_ROOT"], found.get("GONE")) == ("/srv/static", "1" if rest else None)


@as_root
def test_what_the_inventory_has_too_is_taken_over_again(shop: Instance) -> None:
    Path(shop.env_file).write_text(WRITTEN)
    Path(shop.keys_file).write_text("SECRET_KEY=k\n")
    snapshot = vault(shop, {"EMAIL_HOST": "mail # one", "ALLOWED_HOSTS": "b.test"})
    snapshot.keep()
    assert snapshot.variables("1")["SECRET_KEY"] == "k"
    assert Path(shop.env_file).read_text().startswith(OURS)
    assert not snapshot.keep()


def test_a_line_that_cannot_be_read_stops_before_anything_is_made(shop: Instance) -> None:
    Path(shop.keys_file).write_text("A=1\ns3cret\n")
    with pytest.raises(Failed, match=r"Line 2 of \S+/\.keys cannot be read") as caught:
        env_file(shop)
    assert "s3cret" not in str(caught.value)
