"""A variable of an inventory that is misspelt, wherever, is told from the right one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.slipway.django.plugins.action.preflight import (
    specifications,
    unknown,
)

from tests.unit.plugins.conftest import ROOT
from tests.unit.plugins.inventories import preflight

EXAMPLE = ROOT / "inventories" / "dev"
VARIABLES = list(yaml.safe_load((EXAMPLE / "group_vars" / "all" / "main.yml").read_text()))
SPECIFICATIONS = specifications()


def misspelt(name: str) -> Iterator[str]:
    """The name with two letters in each other's place, with one left out, and with one twice."""
    for place, letter in enumerate(name):
        before, after = name[:place], name[place + 1 :]
        if after and after[0] != letter:
            yield before + after[0] + letter + after[1:]
        yield before + after
        yield before + letter * 2 + after


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The example inventory, to be changed."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "dev"))


def test_the_example_inventory_passes(copy: Path) -> None:
    assert preflight(copy, "server") == {"changed": False}


@pytest.mark.parametrize("place", [0, 0.5, 1], ids=["begin", "middle", "end"])
@pytest.mark.parametrize("right", VARIABLES)
def test_an_inventory_with_a_misspelt_variable_is_refused_by_the_right_name(
    copy: Path, right: str, place: float
) -> None:
    forms = list(misspelt(right))
    wrong = forms[int(place * (len(forms) - 1))]
    file = copy / "group_vars" / "all" / "main.yml"
    text = file.read_text()
    file.write_text(text.replace(f"\n{right}:", f"\n{wrong}:"))
    said = preflight(copy, "server")
    assert said.get("failed"), f"{wrong} passes"
    assert f"{wrong} is no variable of Slipway: did you mean {right}?" in said["msg"]


@pytest.mark.parametrize("right", VARIABLES)
def test_a_letter_that_is_wrong_anywhere_is_noticed(right: str) -> None:
    wrong = sorted(set(misspelt(right)))
    noticed = [sentence.partition(" ")[0] for sentence in unknown(wrong, SPECIFICATIONS)]
    assert noticed == wrong
