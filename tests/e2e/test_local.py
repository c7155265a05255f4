"""The README's first command, from the checkout, as a newcomer gives it."""

import os
import re
import socket
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from slipway import sandbox, state, testhost
from tests.markdown import ROOT, blocks, missing

SHOWN = [block.text for block in blocks(ROOT / "README.md") if block.info == "text"]


def inv(*words: str, port: int) -> str:
    """Run `./inv words`, which must succeed; what it said."""
    done = subprocess.run(
        [state.CHECKOUT / "inv", *words],
        env={**os.environ, "SLIPWAY_HTTP_PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def get(url: str) -> str:
    """What a browser on this machine gets."""
    with urllib.request.urlopen(url, timeout=15) as answer:  # noqa: S310
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A free port of this machine, for a sandbox that is not the person's own."""
    if sandbox.NAME in [host.name for host in testhost.listing()]:
        pytest.skip("the sandbox of this checkout stands; ./inv sandbox.down removes it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    yield free
    testhost.down(sandbox.NAME)


def test_one_command_ends_with_a_page_out_of_postgresql_and_its_style_sheet(port: int) -> None:
    said = inv("deploy", "local", port=port)
    assert [missing(text, said) for text in SHOWN] == [[]], said
    url = re.search(r"^It answers at (http://localhost:\d+/)$", said, re.MULTILINE)
    assert url, said
    page = get(url[1])
    assert "Welcome aboard" in page
    style = re.search(r'href="/(static/[^"]+\.css)"', page)
    assert style, page
    assert "{" in get(url[1] + style[1])


def test_the_same_command_again_changes_nothing_and_says_so(port: int) -> None:
    said = inv("deploy", "local", port=port)
    assert "Nothing changed: demo_local runs" in said, said
    counts = re.findall(r"^\d+ tasks, (\d+) changed, 0 of 1 hosts failed$", said, re.MULTILINE)
    assert counts == ["0", "0"], said


def test_it_is_removed_with_one_command_and_then_there_is_nothing_to_ask(port: int) -> None:
    inv("sandbox.down", port=port)
    assert sandbox.NAME not in [host.name for host in testhost.listing()]
