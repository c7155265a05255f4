"""The commands of README and docs, typed on a test host in the order of their pages."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway import testhost
from tests.markdown import GUIDES, PROSE, ROOT, SHELL, Block, Call, blocks, loose, missing

from .newcomer import APPLICATION, Newcomer

BLOCKS = {str(page.relative_to(ROOT)): blocks(page) for page in GUIDES}
START = "docs/first-server.md"
PAGES = [page for page, found in BLOCKS.items() if any(b.runs for b in found) and page != START]
LAYOUT = (ROOT / "docs" / "layout.md").read_text().partition("\n## ")[0]
PLACES = [row.split(" | ")[:2] for row in LAYOUT.splitlines() if row.startswith("| `")]
LOOSE = loose(block for found in BLOCKS.values() for block in found)


def follow(newcomer: Newcomer, page: str) -> None:
    """Type the blocks of a page, each of which must say what the page shows after it."""
    code = [block for block in BLOCKS[page] if block.info != PROSE]
    for block, after in zip(code, [*code[1:], None], strict=True):
        if block.runs:
            said = newcomer.follow(block)
            expected = after.text if after and after.info == "text" else ""
            absent = missing(expected, said)
            assert not absent, f"{after} shows {absent}, but {block} said:\n{said}"


@pytest.fixture(scope="module")
def newcomer() -> Iterator[Newcomer]:
    """Someone with a bare server who has done what the first page says."""
    testhost.down("docs")
    # The path of an SSH connection's socket may not be long.
    with tempfile.TemporaryDirectory(prefix="slipway-", dir="/tmp") as home:
        someone = Newcomer(Path(home), testhost.up("docs"))
        someone.settle()
        follow(someone, START)
        yield someone
    testhost.down("docs")


def test_who_follows_the_first_page_has_a_site(newcomer: Newcomer) -> None:
    page = newcomer.type("curl --silent --show-error --fail http://dev.example.com/")
    assert "Welcome aboard" in page.stdout


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_can_be_typed_and_leaves_the_site_well(
    newcomer: Newcomer, page: str
) -> None:
    newcomer.work()
    follow(newcomer, page)
    status = newcomer.type("./inv status dev")
    assert "health    well" in status.stdout


@pytest.mark.parametrize("call", LOOSE, ids=lambda call: call.text)
def test_a_call_that_stands_in_a_line_can_be_typed(newcomer: Newcomer, call: Call) -> None:
    block = call.block
    newcomer.follow(Block(block.page, block.line, SHELL[0], call.text, None))


@pytest.mark.parametrize(("path", "told"), PLACES)
def test_a_path_of_the_layout_is_there_with_its_owner_and_mode(
    newcomer: Newcomer, path: str, told: str
) -> None:
    place = path.strip("| `/").replace("...", "var/www/shop/dev")
    asked = f"set -- /{re.sub('<[a-z]+>', '*', place)}; stat --format '%U:%G %a %F' $1"
    said = newcomer.on_server(asked).stdout
    match = re.fullmatch(r"([\w-]+)(:\w+)?,? (link|\d{4})", told)
    assert match, f"{path}: what owner and mode is {told}?"
    owner, group, kind = match.groups()
    kind = "777 symbolic link" if kind == "link" else f"{int(kind)} "
    assert re.match(f"{owner}{group or ':[^ ]+'} {kind}", said), f"/{place}: {said}"


def test_the_variables_of_a_release_are_those_that_the_application_is_promised(
    newcomer: Newcomer,
) -> None:
    page = (ROOT / "docs" / "application.md").read_text()
    section = page.partition("\n## Environment variables\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)
    said = newcomer.on_server("cat /var/www/shop/dev/current/.slipway/environment").stdout
    # The last one is what docs/daily-work.md sets.
    assert {*told, *APPLICATION["django_environment"], "PAYMENT_KEY"} == set(
        re.findall(r"^([A-Z_]+)=", said, re.MULTILINE)
    )
