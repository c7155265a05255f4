"""Which static files get compressed copies, and that nobody meets half of one."""

import gzip
import stat
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.compressing import compress

STYLE = "css/board.0123456789ab.css"
TEXT = b"body { color: black }\n" * 100
# Does as the command does.
BROTLI = """#!/bin/sh
echo "$@" >>"$(dirname "$0")/calls"
for path; do case $path in --*) ;; *) echo brotli of "$path" >"$path.next" ;; esac; done
"""


@pytest.fixture
def style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A style sheet with a hash in its name, on a host without Brotli."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    path = tmp_path / "static" / STYLE
    path.parent.mkdir(parents=True)
    path.write_bytes(TEXT)
    path.chmod(0o640)
    return path


@pytest.fixture
def brotli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command; where it writes down how it was called."""
    command = tmp_path / "bin" / "brotli"
    command.parent.mkdir()
    command.write_text(BROTLI)
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:/usr/bin:/bin")
    return command.with_name("calls")


def beside(style: Path) -> set[str]:
    """What lies in the directory of the style sheet."""
    return {path.name for path in style.parent.iterdir()}


def test_a_file_with_a_hash_gets_a_copy_that_the_same_people_may_read(style: Path) -> None:
    compress(str(style.parents[1]), {STYLE})
    assert beside(style) == {"board.0123456789ab.css", "board.0123456789ab.css.gz"}
    copy = style.with_name(style.name + ".gz")
    assert gzip.decompress(copy.read_bytes()) == TEXT
    assert stat.S_IMODE(copy.stat().st_mode) == 0o640


@pytest.mark.parametrize("ending", [".gz", ".br"])
@pytest.mark.usefixtures("brotli")
def test_a_copy_that_is_there_stays(style: Path, ending: str) -> None:
    copy = style.with_name(style.name + ending)
    copy.write_text("the application's own")
    compress(str(style.parents[1]), {STYLE})
    assert copy.read_text() == "the application's own"


def test_where_there_is_the_command_all_files_are_compressed_with_brotli_in_one_call(
    style: Path, brotli: Path
) -> None:
    other = "script.ba9876543210.js"
    (style.parents[1] / other).write_bytes(TEXT)
    compress(str(style.parents[1]), {STYLE, other})
    compress(str(style.parents[1]), {STYLE, other})
    assert len(brotli.read_text().splitlines()) == 1
    assert (style.parents[1] / f"{other}.br").read_text().startswith("brotli of ")
    assert not [name for name in beside(style) if name.endswith(".next")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("board.css", TEXT),
        ("photo.0123456789ab.jpg", TEXT),
        ("small.0123456789ab.css", b"body {}"),
        ("gone.0123456789ab.css", None),
    ],
)
def test_a_file_that_may_change_or_does_not_shrink_gets_none(
    style: Path, name: str, text: bytes | None
) -> None:
    if text is not None:
        (style.parents[1] / name).write_bytes(text)
    before = set(style.parents[1].iterdir())
    compress(str(style.parents[1]), {name})
    assert set(style.parents[1].iterdir()) == before
