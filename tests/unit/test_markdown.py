"""What a page shows as a command is run by tests/e2e/test_docs.py, or says why not."""

import itertools
from pathlib import Path

import pytest
import yaml

from tests.markdown import (
    COMMAND,
    GUIDES,
    LANGUAGES,
    PROSE,
    ROOT,
    SHELL,
    Block,
    blocks,
    calls,
    loose,
    missing,
)

EVERY = [block for page in GUIDES for block in blocks(page)]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))


def written(path: Path, text: str) -> list[Block]:
    """The blocks of a page with this text."""
    page = path / "page.md"
    page.write_text(text)
    return blocks(page)


def test_every_fence_says_what_it_holds() -> None:
    wrong = [f"{block} ```{block.info}" for block in EVERY if block.info not in (PROSE, *LANGUAGES)]
    assert not wrong, f"known are {', '.join(LANGUAGES)}"


def test_every_excuse_gives_a_reason_and_stands_right_before_what_it_excuses() -> None:
    wrong = [str(b) for b in EVERY if b.excuse is not None and not (b.excuse and b.text)]
    assert not wrong


def test_every_command_in_a_line_stands_in_a_block_of_shell_too() -> None:
    shell = "\n".join(block.text for block in EVERY if block.info in SHELL)
    prose = [block for block in EVERY if block.info == PROSE and block.excuse is None]
    wrong = [
        (str(b), found) for b in prose for found in COMMAND.findall(b.text) if found not in shell
    ]
    assert not wrong


def test_no_output_of_a_page_is_where_nothing_is_run_before_it() -> None:
    code = [block for block in EVERY if block.info != PROSE]
    wrong = [
        str(block)
        for before, block in itertools.pairwise(code)
        if block.info == "text" and (before.page != block.page or before.info not in SHELL)
    ]
    assert not wrong


def test_the_first_server_is_told_to_fill_in_what_an_inventory_holds() -> None:
    page = [b for b in EVERY if b.page.name == "first-server.md" and b.info == "yaml"]
    inventory = ROOT / "inventories" / "dev" / "group_vars" / "all" / "main.yml"
    assert yaml.safe_load(page[0].text) == yaml.safe_load(inventory.read_text())


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_stands_in_the_index_in_one_line(decision: Path) -> None:
    title = decision.read_text().splitlines()[0].removeprefix("# ")
    index = " ".join((decision.parent / "README.md").read_text().split())
    assert f"- [{title}]({decision.name}): " in index


def test_a_page_falls_into_fences_and_prose_each_with_its_line_and_excuse(tmp_path: Path) -> None:
    text = """# Title

1. Type
   ```sh
   one
     two
   ```
<!-- not run: a reason -->
```sh server
three
```

<!-- not run: another -->
| a |
| b |

last
"""
    shape = [(b.line, b.info, b.text, b.excuse) for b in written(tmp_path, text)]
    assert shape == [
        (1, PROSE, "# Title", None),
        (3, PROSE, "1. Type", None),
        (4, "sh", "one\n  two", None),
        (9, "sh server", "three", "a reason"),
        (14, PROSE, "| a |\n| b |", "another"),
        (17, PROSE, "last", None),
    ]


@pytest.mark.parametrize(
    "text", ["<!-- not run: why -->\n\n```sh\nx\n```\n", "<!-- not run: why -->"]
)
def test_an_excuse_apart_from_its_block_excuses_nothing(tmp_path: Path, text: str) -> None:
    first, *rest = written(tmp_path, text)
    assert (first.text, first.excuse) == ("", "why")
    assert all(block.runs for block in rest)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("`./inv deploy dev` and `./inv deploy dev`", ["./inv deploy dev"]),
        ("`./inv deploy dev`\n\n```sh\n./inv deploy prod   # words\n```", []),
        ("`invoke logs dev --lines 5`\n\n```sh\n./inv logs dev --lines 7\n```", []),
        ("`./inv logs dev -l 5`\n\n```sh\n./inv logs dev\n```", ["./inv logs dev -l 5"]),
        ("`./inv deploy`\n\n```sh\n./inv deploy dev --force\n```", []),
        ("`./inv deploy local`\n\n```sh\n./inv deploy dev\n```", ["./inv deploy local"]),
        ("`./inv test`\n\n<!-- not run: long -->\n| `./inv test` |", []),
        ("`ansible-playbook a.b.c -i x`", ["ansible-playbook a.b.c -i x"]),
        ("words `./inv` and invoke deploy dev", []),
    ],
)
def test_a_call_is_left_over_where_no_block_has_the_same_task_and_options(
    tmp_path: Path, text: str, left: list[str]
) -> None:
    assert [call.text for call in loose(written(tmp_path, text))] == left


def test_a_call_that_goes_on_after_it_is_only_the_call(tmp_path: Path) -> None:
    (block,) = written(tmp_path, "```sh\n./inv logs dev | tail  # newest\n./inv check; ls\n```\n")
    assert [call.text for call in calls(block)] == ["./inv logs dev", "./inv check"]


SAID = """  fetch            0.3 s  0a1b2c3 Boats
  start           12.5 s  shop_dev@green.service
shop_dev runs 0a1b2c3 Boats (release 20261122T031439Z-0a1b2c3).
4 tasks
"""


@pytest.mark.parametrize(
    ("expected", "absent"),
    [
        ("fetch  0.1 s  ffffff0 Boats\n...\n17 tasks", []),
        ("start 1 s shop_dev@blue.service\nshop_dev runs 083fa96 Boats", []),
        ("(release 20261121T101500Z-3f2a1c9)", []),
        ("4 tasks\nfetch", ["fetch"]),
        ("fetch  0.1 s  ffffff0 Ships", ["fetch  0.1 s  ffffff0 Ships"]),
        (
            "shop_dev runs 0a1b2c3 Boats (release 3f2a1c9)",
            ["shop_dev runs 0a1b2c3 Boats (release 3f2a1c9)"],
        ),
    ],
)
def test_an_output_may_differ_in_numbers_and_ids_and_not_in_words_or_order(
    expected: str, absent: list[str]
) -> None:
    assert missing(expected, SAID) == absent
