"""The questions of `invoke init`: which answers are taken, what is guessed, what is refused."""

import io
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.slipway.django.plugins.action.preflight import (
    specifications,
    unknown,
    wrong,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import instance

from slipway import questions, skeleton, state
from slipway.errors import Problem

GIVEN = {
    "environment": "prod",
    "project": "shop",
    "server": "shop.com",
    "hostnames": "shop.com",
    "repository": "git@github.com:me/shop.git",
}
BRANCH = {"branch": "main"}
# What YAML, Jinja, ssh or git would take for something else.
PIECES = (
    *(
        "a",
        "shop",
        "no",
        "on",
        "null",
        "true",
        "0",
        "08",
        "1e3",
        "1.0",
        "12:30",
        "_",
        "-",
        ".",
        ":",
    ),
    *("@", "/", "*.", "com", "xn--", "https://", "git@", " ", ",", "#", "{{", "}}", "'", '"', "\\"),
    *("::1", "192.0.2.7", "~", "&", "!vault", "%", "é", "\n", "x" * 40),
)


class Terminal(io.StringIO):
    """A person who types these lines."""

    def isatty(self) -> bool:
        """A person is there."""
        return True


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of inventories."""
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path))
    return tmp_path


def put(root: Path, environment: str, /, **answers: str) -> None:
    """Write an inventory with these answers."""
    for name, text in skeleton.files(
        GIVEN | BRANCH | answers | {"environment": environment}
    ).items():
        path = root / environment / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(values: dict[str, str]) -> dict[str, Any]:
    """The variables of an inventory with these answers."""
    loaded: dict[str, Any] = yaml.safe_load(skeleton.files(values)["group_vars/all/main.yml"])
    return loaded


@pytest.mark.parametrize("environment", skeleton.EXAMPLES)
def test_a_shipped_example_is_known_to_be_one_until_a_byte_of_it_changes(
    root: Path, environment: str
) -> None:
    place = state.CHECKOUT / "inventories" / environment
    for name, text in skeleton.files(skeleton.example(environment)).items():
        assert (place / name).read_text() == text, f"{name} is not what templates/inventory render"
    put(root, environment, **skeleton.example(environment))
    assert skeleton.is_example(root / environment)
    changed = root / environment / "hosts.yml"
    changed.write_text(changed.read_text() + "\n")
    assert not skeleton.is_example(root / environment)


def test_an_example_with_a_file_of_somebody_s_own_is_none(root: Path) -> None:
    put(root, "dev", **skeleton.example("dev"))
    (root / "dev" / "host_vars").mkdir()
    (root / "dev" / "host_vars" / "server.yml").touch()
    assert not skeleton.is_example(root / "dev")


@pytest.mark.parametrize(
    ("flag", "text", "sentence"),
    [
        ("environment", "Prod", "slipway_env is 'Prod': it names a system user"),
        ("environment", "x" * 40, "shorten one to 28 characters"),
        ("environment", "../dev", "slipway_env is '../dev'"),
        ("environment", "local", "local is the server that `invoke deploy local` makes"),
        ("project", "my-shop", "slipway_project is 'my-shop'"),
        ("project", "a_rather_long_name_of_shop", "shorten one to 28 characters"),
        ("server", "root@shop.com", "'root@shop.com' is no server"),
        ("server", "https://shop.com", "is no server"),
        ("server", "192.0.2.300", "is no server"),
        ("server", "-oProxyCommand=x", "is no server"),
        ("server", "{{ lookup('env', 'HOME') }}", "is no server"),
        ("hostnames", "http://shop.com", "'http://shop.com' is no host name"),
        ("hostnames", "shop.com:8000", "is no host name"),
        ("hostnames", "my_shop.com", "'my_shop.com' is no host name"),
        ("hostnames", "shop.com -x.com", "'-x.com' is no host name"),
        ("hostnames", ",", "The first host name is the site's own"),
        ("hostnames", "*.shop.com, shop.com", "The first host name is the site's own"),
        ("repository", "me/shop", "'me/shop' is no address"),
        ("repository", "../shop", "is no address"),
        ("repository", "-upload-pack:x", "is no address"),
        ("repository", "git@host:{{ x }}", "is no address"),
        ("repository", "https://me:t0ken@github.com/me/shop.git", "leave user and token out"),
    ],
)
def test_what_is_no_answer_is_refused_with_what_it_should_be(
    flag: str, text: str, sentence: str
) -> None:
    with pytest.raises(Problem) as refused:
        questions.answers(GIVEN | {flag: text})
    assert sentence in str(refused.value)
    assert "t0ken" not in str(refused.value)


def test_host_names_may_be_given_in_several_ways(root: Path) -> None:
    answers = questions.answers(GIVEN | {"hostnames": "Shop.com, www.shop.com shop.com"})
    assert read(answers | BRANCH)["slipway_hostnames"] == ["shop.com", "www.shop.com"]


@pytest.mark.parametrize("seed", range(40))
def test_what_is_taken_for_an_answer_is_taken_by_preflight_too(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    taken: dict[str, str] = {"environment": "dev", "project": "shop"}
    checks = {q.flag: q.check for q in questions.QUESTIONS} | {"branch": questions.branch}
    for flag, check in checks.items():
        for _ in range(400):
            text = "".join(chance.choices(PIECES, k=chance.randint(1, 5)))
            try:
                taken[flag] = check(text, taken)
            except Problem:
                continue
            break
        else:
            taken[flag] = (GIVEN | BRANCH)[flag]
    variables = read(taken)
    specs = specifications()
    assert unknown(sorted(variables), specs) == []
    assert [wrong(variables, specs["slipway"]), wrong(variables, specs["django"])] == [[], []]
    assert instance(variables["slipway_project"], variables["slipway_env"])
    strings = {name: value for name, value in variables.items() if name != "slipway_hostnames"}
    assert strings == {
        "slipway_server": taken["server"],
        "slipway_project": taken["project"],
        "slipway_env": taken["environment"],
        "django_repository": taken["repository"],
        "django_branch": taken["branch"],
    }
    assert variables["slipway_hostnames"] == taken["hostnames"].split()
    assert not any(mark in str(variables) for mark in ("{{", "{%")), "Ansible would evaluate it"


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str, **given: str) -> dict[str, str]:
    """The answers that come of these lines, besides what is given by flags."""
    monkeypatch.setattr("sys.stdin", Terminal("".join(f"{line}\n" for line in lines)))
    return questions.answers(given)


def test_a_wrong_answer_is_told_at_once_and_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ("prod", "my-shop", "", "shop", "shop.com", "", "git@github.com:me/shop.git")
    assert typed(monkeypatch, *lines) == GIVEN
    said = capsys.readouterr().err
    assert said.count("Python package of the project") == 3, said
    assert "slipway_project is 'my-shop'" in said
    assert "There is no default: give an answer." in said


def test_who_has_no_more_to_say_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="No answer, so nothing is written"):
        typed(monkeypatch, "prod", "shop")


def test_without_a_terminal_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("prod\n"))
    with pytest.raises(Problem, match=r"without a terminal: give --server, --repository\.$"):
        questions.answers(GIVEN | {"server": "", "repository": ""})


def test_a_wrong_flag_is_refused_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="'me/shop' is no address"):
        typed(monkeypatch, repository="me/shop")


@pytest.mark.parametrize(
    ("environment", "theirs", "guess"),
    [
        ("dev", ("prod", "shop.com"), "dev.shop.com"),
        ("dev", ("prod", "www.shop.com"), "dev.shop.com"),
        ("prod", ("dev", "dev.shop.com"), "shop.com"),
        ("dev", ("staging", "staging.shop.com"), "dev.shop.com"),
        ("dev", ("prod", "shop"), "shop.com"),
        ("dev", ("prod", "192.0.2.7"), "shop.com"),
    ],
)
def test_an_environment_is_guessed_from_its_neighbour(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    theirs: tuple[str, str],
    guess: str,
) -> None:
    put(root, theirs[0], hostnames=theirs[1])
    assert typed(monkeypatch, environment, "", "", "", "") == GIVEN | {
        "environment": environment,
        "hostnames": guess,
    }


def test_the_first_environment_that_is_not_there_yet_is_the_default(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "dev")
    put(root, "staging", **skeleton.example("staging"))
    assert typed(monkeypatch, "", "", "", "", "")["environment"] == "staging"


def test_nothing_is_guessed_from_an_example_or_from_what_cannot_be_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "dev", **skeleton.example("dev"))
    put(root, "old")
    (root / "old" / "group_vars" / "all" / "main.yml").write_text(
        "slipway_project: !vault |\n  x\n"
    )
    assert typed(monkeypatch, "prod", "shop", "shop.com", "", GIVEN["repository"]) == GIVEN


def test_a_name_that_leads_to_another_environment_of_the_server_is_refused(
    root: Path,
) -> None:
    put(root, "prod")
    with pytest.raises(Problem, match=r"shop\.com leads to prod on that server"):
        questions.answers(GIVEN | {"environment": "dev"})
    assert questions.answers(GIVEN | {"environment": "dev", "server": "192.0.2.7"})


def test_an_environment_that_is_there_even_by_half_is_refused(root: Path) -> None:
    (root / "prod").mkdir()
    (root / "prod" / "hosts.yml").touch()
    with pytest.raises(Problem, match="prod is there already and stays as it is"):
        questions.answers(GIVEN)
