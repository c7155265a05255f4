"""A secret in the file that people keep on the server."""

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import dotenv
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.kept_files import (
    OURS,
    SOURCES,
    YOURS,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import secret

from tests.unit.plugins.conftest import FIRST, Release
from tests.unit.plugins.host import go_live
from tests.unit.plugins.test_environment import NASTY

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to root")
TEXT = "# Ours\nA=1 # one\nexport B = \"two\nA=3\nlines\"\n\nC='c'"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A", '# Ours\nA="v"\nexport B = "two\nA=3\nlines"\n\nC=\'c\''),
        ("B", "# Ours\nA=1 # one\nB=\"v\"\n\nC='c'"),
        ("C", TEXT.replace("C='c'", 'C="v"')),
        ("NEW", f'{TEXT}\nNEW="v"\n'),
    ],
)
def test_the_line_of_a_name_is_replaced_and_all_else_is_kept(name: str, expected: str) -> None:
    assert secret.replaced(TEXT, ".keys", name, "v") == expected


@pytest.mark.parametrize("value", NASTY.values(), ids=list(NASTY))
def test_any_value_is_read_back_as_it_was_set(value: str) -> None:
    text = secret.replaced(TEXT, ".keys", "A", value)
    assert dotenv.parse(text, ".keys") == dotenv.parse(TEXT, ".keys") | {"A": value}


def test_the_later_one_of_two_counts() -> None:
    text = secret.replaced("A=1\nA=2\n", ".keys", "A", "3")
    assert text == 'A=1\nA="3"\n'


def test_a_file_that_cannot_be_read_is_not_written() -> None:
    with pytest.raises(Failed, match=r"Line 2 of \.keys cannot be read"):
        secret.replaced('A=1\nB="\n', ".keys", "A", "2")


def params(shop: Instance, value: str = "1") -> dict[str, str]:
    """The module's arguments."""
    return {"project": "shop", "env": "dev", "root": shop.root, "name": "A", "value": value}


@pytest.mark.parametrize("value", ["", " \n"])
def test_nothing_is_no_value(shop: Instance, value: str) -> None:
    Path(shop.keys_file).write_text("A=live\n")
    with pytest.raises(Failed, match=r"There is no value for A: .* takes it from SLIPWAY_SECRET"):
        secret.perform(params(shop, value), False, Steps())
    assert Path(shop.keys_file).read_text() == "A=live\n"


@pytest.mark.parametrize("text", [f"{OURS}# Of\nA=0\n", "A=0\n"], ids=["signed", "of old"])
def test_a_file_that_slipway_still_writes_takes_no_value_that_would_be_lost(
    shop: Instance, release: Release, text: str
) -> None:
    go_live(shop, release(FIRST))
    if text.startswith(OURS):
        Path(shop.record(FIRST, SOURCES)).touch()
    Path(shop.keys_file).write_text(text)
    with pytest.raises(Failed, match=r"Slipway still writes \S+/\.keys: deploy once with .* set A"):
        secret.perform(params(shop), False, Steps())
    assert Path(shop.keys_file).read_text() == text


@as_root
def test_a_file_that_people_have_taken_over_is_theirs_though_an_old_release_is_live(
    shop: Instance, release: Release
) -> None:
    go_live(shop, release(FIRST))
    Path(shop.keys_file).write_text(YOURS)
    assert secret.perform(params(shop), False, Steps())["changed"]


@as_root
@pytest.mark.parametrize("dry", [False, True])
def test_the_file_is_made_and_nobody_else_may_read_it(shop: Instance, dry: bool) -> None:
    assert secret.perform(params(shop), dry, Steps())["changed"]
    path = Path(shop.keys_file)
    if dry:
        assert not path.exists()
        return
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ('A="1"\n', 0o600)
    assert not secret.perform(params(shop), dry, Steps())["changed"]
