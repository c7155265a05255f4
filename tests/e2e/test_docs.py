"""The commands of README and docs, typed on a test host in the order of their pages."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway import testhost
from tests.markdown import GUIDES, PROSE, ROOT, SHELL, Block, Call, blocks, loose, missing

from .newcomer import Newcomer

BLOCKS = {str(page.relative_to(ROOT)): blocks(page) for page in GUIDES}
START = "docs/first-server.md"
PAGES = [page for page, found in BLOCKS.items() if any(b.runs for b in found) and page != START]
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


@pytest.fixture(autouse=True)
def new_commit(newcomer: Newcomer) -> None:
    """The application goes on from page to page."""
    newcomer.work()


def test_who_follows_the_first_page_has_a_site(newcomer: Newcomer) -> None:
    page = newcomer.type("curl --silent --show-error --fail http://dev.example.com/")
    assert "Welcome aboard" in page.stdout


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_can_be_typed_and_leaves_the_site_well(
    newcomer: Newcomer, page: str
) -> None:
    follow(newcomer, page)
    status = newcomer.type("./inv status dev")
    assert "health    well" in status.stdout


@pytest.mark.parametrize("call", LOOSE, ids=lambda call: call.text)
def test_a_call_that_stands_in_a_line_can_be_typed(newcomer: Newcomer, call: Call) -> None:
    block = call.block
    newcomer.follow(Block(block.page, block.line, SHELL[0], call.text, None))
