"""Files of variables that people write."""

from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.dotenv import parse, text_of
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("A=", ""),
        ("A=''", ""),
        ("export A=1", "1"),
        ("  export\tA=1", "1"),
        ("A = 1 ", "1"),
        ("A=one two", "one two"),
        ("A='one two'", "one two"),
        ('A="one two"', "one two"),
        ("A=' one '  # said twice", " one "),
        ("A=one # said twice", "one"),
        ("A= # nothing", ""),
        ("A=#1", "#1"),
        ("A=one#two", "one#two"),
        ("A='one # two'", "one # two"),
        ("A=it's", "it's"),
        ("A=a=b==", "a=b=="),
        ("A=postgres://shop:p%40ss@db/shop?x=1#y", "postgres://shop:p%40ss@db/shop?x=1#y"),
        (r"A=C:\new", r"C:\new"),
        (r"A='C:\new$HOME'", r"C:\new$HOME"),
        (r'A="one\ntwo"', "one\ntwo"),
        (r'A="say \"hello\" \\ \$x \q"', r'say "hello" \ $x \q'),
        ('A="$HOME ${B}"', "$HOME ${B}"),
        ('A="-----BEGIN\none\n\n-----END"', "-----BEGIN\none\n\n-----END"),
        ("A='one\ntwo'", "one\ntwo"),
        ("A=1\nA=2", "2"),
        ("A=Zürich", "Zürich"),
    ],
)
def test_a_value_is_read_as_it_was_meant(line: str, value: str) -> None:
    assert parse(f"B=0\n{line}\n\nC=3", "f") == {"B": "0", "A": value, "C": "3"}


def test_comments_blank_lines_and_other_line_ends_are_no_matter() -> None:
    text = "\ufeff# Mail\r\n\r\nA=1\r\n  # B=2\r\n\t\r\nC='3'\r\n#"
    assert parse(text, "f") == {"A": "1", "C": "3"}


@pytest.mark.parametrize(
    "line",
    [
        "s3cret",
        "A: s3cret",
        "1A=s3cret",
        "A-B=s3cret",
        "A='s3cret",
        'A="s3cret',
        'A="s3cret" more',
        r"A='it\'s3cret'",
        "set A=s3cret",
    ],
)
def test_a_line_that_cannot_be_read_is_told_by_its_number_alone(line: str) -> None:
    with pytest.raises(Failed) as caught:
        parse(f'# One\nB="2\n3"\n{line}\nC=1\n', "/srv/.env")
    assert str(caught.value).startswith("Line 4 of /srv/.env cannot be read: write NAME=value")
    assert "s3cret" not in str(caught.value)
    assert caught.value.evidence == []


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert text_of(str(tmp_path / "none")) == ""


def test_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("A=Zürich".encode("latin-1"))
    with pytest.raises(Failed, match="is not in UTF-8: save it in that encoding"):
        text_of(str(tmp_path / ".env"))
