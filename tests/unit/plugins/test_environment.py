"""Environment files: what goes in comes out, here, in a shell and in systemd's words."""

import subprocess
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import dotenv
from ansible_collections.slipway.django.plugins.module_utils.environment import (
    BadEnvironment,
    render,
    text,
    texts,
)

NASTY = {
    "empty": "",
    "plain": "value",
    "newlines": "-----BEGIN KEY-----\nabc\n\n-----END KEY-----\n",
    "Windows newlines": "one\r\ntwo\r",
    "double quotes": 'say "hello"',
    "single quotes": "it's",
    "dollar": "$HOME ${HOME} $$ $(id)",
    "backslash": "C:\\new\\table\\",
    "backslash before a newline": "one\\\ntwo",
    "backslash before a quote": '\\" \\\\"',
    "backtick": "`id`",
    "leading and trailing spaces": "  \t value \t ",
    "unicode": "Zürich ☃ 日本 \u2028",
    "looks like a line of the file": 'a"\nPATH="/evil',
    "comment": "# none; either",
    "shell": "a && b | c > d; e & f * ? [g] {h} !i ~ %j",
    "URL": "postgres://shop:p%40ss'w\"d@db/shop?sslmode=require#x",
    "JSON": '{"a": ["\\n", "$b"]}',
}


@pytest.mark.parametrize("value", NASTY.values(), ids=list(NASTY))
def test_a_value_is_read_back_as_it_was(value: str) -> None:
    variables = {"VALUE": value, "NEXT": "1"}
    assert dotenv.parse(render(variables), "f") == variables


@pytest.mark.parametrize("value", NASTY.values(), ids=list(NASTY))
def test_a_shell_that_sources_the_file_gets_the_value(value: str, tmp_path: Path) -> None:
    file = tmp_path / "environment"
    file.write_bytes(render({"VALUE": value}).encode())
    script = '. "$0" && printf %s "$VALUE"'
    said = subprocess.run(["sh", "-ec", script, file], capture_output=True, check=True)
    assert said.stdout.decode() == value, said.stderr


def test_all_values_stand_in_one_file_without_disturbing_each_other() -> None:
    variables = {f"V{number}": value for number, value in enumerate(NASTY.values())}
    assert dotenv.parse(render(variables), "f") == variables


def test_the_file_is_sorted_so_that_equal_variables_make_equal_files() -> None:
    assert render({"B": "2", "A": "1"}) == render({"A": "1", "B": "2"}) == 'A="1"\nB="2"\n'


@pytest.mark.parametrize(
    ("value", "becomes"),
    [(None, ""), (True, "true"), (False, "false"), (8000, "8000"), (0.5, "0.5"), ("yes", "yes")],
)
def test_values_of_yaml_become_what_people_expect(value: object, becomes: str) -> None:
    assert text(value) == becomes


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A\n", "A=B", "É", "export A"])
def test_a_name_that_no_environment_takes_is_refused(name: str) -> None:
    with pytest.raises(BadEnvironment) as caught:
        render({name: "secret"})
    assert str(caught.value) == f"{name!r} cannot be the name of an environment variable."


def test_a_zero_byte_is_refused_without_telling_the_value() -> None:
    with pytest.raises(BadEnvironment) as caught:
        render({"KEY": "secret\0"})
    assert str(caught.value) == ("The value of KEY holds a zero byte; no process can get that.")


@pytest.mark.parametrize("value", [["a", "b"], {"a": 1}])
def test_a_value_that_is_no_text_is_refused_by_its_name_alone(value: object) -> None:
    with pytest.raises(BadEnvironment, match=r"The value of HOSTS is a (list|dict): ") as refused:
        texts({"HOSTS": value})
    assert "'a'" not in str(refused.value).partition("such as")[0]
