"""What `ansible-doc` shows of the collection to somebody who never saw it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slipway import state

pytestmark = pytest.mark.slow

ANSIBLE_DOC = Path(sys.executable).with_name("ansible-doc")
# What the collection has of each kind, by the names of its files.
GLOBS = {
    "module": "plugins/modules/*.py",
    "filter": "plugins/filter/*.py",
    "callback": "plugins/callback/*.py",
    "role": "roles/*",
}
NAMES = {
    kind: sorted(f"slipway.django.{path.stem}" for path in state.CHECKOUT.glob(pattern))
    for kind, pattern in GLOBS.items()
}
EVERY = [(kind, name) for kind, names in NAMES.items() for name in names]
CALLED = [(kind, name) for kind, name in EVERY if kind in ("module", "filter")]

Shown = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def shown() -> Shown:
    """All that ansible-doc makes of the collection, by kind and name."""
    done = subprocess.run(
        [ANSIBLE_DOC, "--metadata-dump", "slipway.django"],
        cwd=state.CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found: Shown = json.loads(done.stdout)["all"]
    return found


def options_of(shown: Shown, kind: str, name: str) -> dict[str, dict[str, Any]]:
    """The options of a plugin or of a role, those in them too."""
    found = shown[kind][name]
    top = found["entry_points"]["main"] if kind == "role" else found["doc"]
    options: dict[str, dict[str, Any]] = dict(top.get("options", {}))
    for option in list(options.values()):
        options |= option.get("suboptions", {})
    return options


@pytest.mark.parametrize("kind", NAMES)
def test_nothing_is_left_out(shown: Shown, kind: str) -> None:
    assert sorted(shown[kind]) == NAMES[kind]


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_everything_is_documented(shown: Shown, kind: str, name: str) -> None:
    found = shown[kind][name]
    about = found["entry_points"]["main"] if kind == "role" else found["doc"]
    assert about["short_description"]
    assert about["description"]


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_option_has_a_type_and_says_what_it_is(shown: Shown, kind: str, name: str) -> None:
    options = options_of(shown, kind, name)
    assert [name for name, option in options.items() if not option.get("type")] == []
    assert [name for name, option in options.items() if not option.get("description")] == []


@pytest.mark.parametrize(("kind", "name"), CALLED)
def test_what_is_called_has_an_example_and_says_what_comes_of_it(
    shown: Shown, kind: str, name: str
) -> None:
    found = shown[kind][name]
    assert name in found["examples"]
    returned = found["return"] or {}
    assert returned or name == "slipway.django.preflight"
    assert [n for n, value in returned.items() if not {"type", "description"} <= set(value)] == []
