"""A secret in the file that people keep on the server."""

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import dotenv
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import secret

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


@as_root
@pytest.mark.parametrize("dry", [False, True])
def test_the_file_is_made_and_nobody_else_may_read_it(shop: Instance, dry: bool) -> None:
    params = {"project": "shop", "env": "dev", "root": shop.root, "name": "A", "value": "1"}
    assert secret.perform(params, dry, Steps())["changed"]
    path = Path(shop.keys_file)
    if dry:
        assert not path.exists()
        return
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ('A="1"\n', 0o600)
    assert not secret.perform(params, dry, Steps())["changed"]
