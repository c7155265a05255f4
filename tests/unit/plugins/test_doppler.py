"""Doppler's CLI, whose words are those that 3.77 was seen to say, and what becomes of them."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import (
    arguments,
    backends,
    doppler,
    environment,
    requested,
    snapshot,
    units,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage
from ansible_collections.slipway.django.plugins.module_utils.snapshot import Snapshot
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.module_utils.superuser import Superuser
from ansible_collections.slipway.django.plugins.modules import build

from tests.unit.plugins.conftest import Release

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to root")
TOKEN = "dp.st.dev.0123456789"
CLI = """\
#!/bin/sh
echo "$*" >{here}/words
cat {here}/said >&2
[ -d "$HOME" ] || {{ echo "Unable to determine home directory" >&2; exit 1; }}
case $1 in
run) [ -n "$DOPPLER_TOKEN" ] || exit 1
    while [ "$1" != -- ]; do shift; done; shift; exec env API_KEY=asked "$@" ;;
*) echo "$DOPPLER_TOKEN" >{here}/token; cat {here}/secrets; exit $(cat {here}/code) ;;
esac
"""
REFUSED = "Unable to download secrets\n\x1b[31mDoppler Error:\x1b[0m Invalid Service token\n"
DOWN = (
    "Unable to fetch secrets from the Doppler API\n"
    '\x1b[31mDoppler Error:\x1b[0m Get "http://api/v3?config=": dial tcp: connection refused\n'
    "Reading secrets from fallback file\n"
)
NO_FILE = DOWN + "\x1b[31mDoppler Error:\x1b[0m The fallback file does not exist\n"
OTHERS_FILE = DOWN + "Unable to decrypt fallback file\nDoppler Error: cipher: failed\n"


class Cli:
    """A stand-in that says what it is told to."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.says({"API_KEY": "one\ntwo", "PORT": "1"})
        program = directory / "doppler"
        program.write_text(CLI.format(here=directory))
        program.chmod(0o755)

    def says(self, secrets: object, said: str = "", code: int = 0) -> None:
        """Let it answer so."""
        (self.directory / "secrets").write_text(json.dumps(secrets))
        (self.directory / "said").write_text(said)
        (self.directory / "code").write_text(str(code))


@pytest.fixture
def cli(tmp_path: Path, shop: Instance, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Doppler's CLI on a host that was provisioned for it."""
    (tmp_path / "cli").mkdir()
    for mode in ("fetch", "run"):
        Path(shop.doppler, mode).mkdir(parents=True)
    monkeypatch.setattr(doppler, "PROGRAM", str(tmp_path / "cli" / "doppler"))
    return Cli(tmp_path / "cli")


def params(**given: str) -> dict[str, Any]:
    """The arguments of module build."""
    return {"backend": "doppler", "doppler": {"mode": "fetch", "token": TOKEN, **given}}


def taken(shop: Instance, *, dry: bool = False, **given: str) -> Snapshot:
    """The variables, with those of Doppler's."""
    backend = backends.of(shop, params(**given), Steps(), dry)
    return Snapshot(shop, {"PORT": "2", "HOST": "a"}, {}, backend=backend)


def test_what_doppler_has_wins_and_is_a_secret_that_the_release_keeps(
    cli: Cli, shop: Instance
) -> None:
    found = taken(shop)
    assert found.variables("1") == {
        **{"API_KEY": "one\ntwo", "PORT": "1", "HOST": "a"},
        **{"SLIPWAY_RELEASE": "1"},
    }
    assert found.sources() == {
        "PORT": "Doppler",
        "HOST": "django_environment",
        "API_KEY": "Doppler",
    }
    assert found.secret == {"API_KEY": "one\ntwo", "PORT": "1"}


def test_variables_about_the_config_are_left_out(cli: Cli, shop: Instance) -> None:
    about = dict.fromkeys(("DOPPLER_PROJECT", "DOPPLER_CONFIG", "DOPPLER_ENVIRONMENT"), "x")
    cli.says({"API_KEY": "1", **about})
    assert set(taken(shop).sources()) == {"API_KEY", "PORT", "HOST"}


def test_the_token_is_in_the_environment_and_not_in_the_words(cli: Cli, shop: Instance) -> None:
    taken(shop)
    words = (cli.directory / "words").read_text()
    assert (cli.directory / "token").read_text().strip() == TOKEN
    assert TOKEN not in words
    assert "--attempts=2" in words
    assert f"--fallback={shop.home}/.doppler/fetch/" in words


def test_settings_of_another_config_have_another_fallback_file(cli: Cli, shop: Instance) -> None:
    found = [
        doppler.Doppler(shop, doppler.settings(given), run=False).words
        for given in (
            {"token": TOKEN},
            {"token": TOKEN, "project": "boats"},
            {"token": f"{TOKEN}1"},
        )
    ]
    assert len({words[-1] for words in found}) == 3, found


def test_a_dry_run_writes_no_fallback_file(cli: Cli, shop: Instance) -> None:
    taken(shop, dry=True)
    assert "--fallback-readonly" in (cli.directory / "words").read_text()


def test_the_step_tells_where_the_secrets_came_from(cli: Cli, shop: Instance) -> None:
    steps = Steps()
    backends.of(shop, params(), steps, dry=False)
    cli.says({"API_KEY": "1"}, DOWN)
    backends.of(shop, params(), steps, dry=False)
    assert [step["detail"] for step in steps.taken] == [
        "2 from Doppler",
        "1 as kept, for Doppler does not answer: dial tcp: connection refused",
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (REFUSED, "Doppler refuses (Invalid Service token): check django_doppler_token"),
        (f"Doppler Error: bad {TOKEN}", "Doppler refuses (bad ********): check"),
        ("", "Doppler refuses (it does not say why): check"),
        (NO_FILE, "Doppler does not answer (dial tcp: connection refused), and this host has kept"),
        (OTHERS_FILE, "Doppler does not answer (dial tcp: connection refused), and this host has"),
    ],
)
def test_a_refusal_and_an_outage_are_one_sentence_without_the_token(
    cli: Cli, shop: Instance, said: str, told: str
) -> None:
    cli.says("s3cret", said, 1)
    with pytest.raises(Failed) as caught:
        taken(shop)
    assert str(caught.value).startswith(told)
    assert caught.value.evidence == []


@pytest.mark.parametrize("answer", [["s3cret"], "s3cret", None])
def test_an_answer_that_is_none_is_told_and_not_shown(
    cli: Cli, shop: Instance, answer: object
) -> None:
    cli.says(answer)
    with pytest.raises(Failed, match="Doppler answered with something that is no list of secrets"):
        taken(shop)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"token": ""}, "set django_doppler_token to a service token"),
        ({"token": "dp.st.a b"}, "django_doppler_token has a space or another character"),
        ({"project": 'a"b'}, "django_doppler_project has a space or another character"),
    ],
)
def test_settings_that_cannot_be_are_told_without_them(
    cli: Cli, shop: Instance, given: dict[str, str], told: str
) -> None:
    with pytest.raises(Failed, match=told) as caught:
        taken(shop, **given)
    assert "dp.st" not in str(caught.value)


def test_a_host_without_the_cli_is_told_what_to_run(shop: Instance) -> None:
    with pytest.raises(Failed, match="run `invoke provision dev`"):
        taken(shop)


@as_root
def test_a_service_that_asks_itself_has_no_secret_in_its_release(
    cli: Cli, shop: Instance, release: Release
) -> None:
    found = taken(shop, mode="run")
    assert found.sources()["API_KEY"] == "Doppler", "nobody would know that it is set"
    found.write(release("first"))
    files = [shop.record("first", name) for name in ("environment", "doppler")]
    files += [shop.env_file, shop.keys_file]
    assert [path for path in files if "two" in Path(path).read_text()] == []
    own = Path(shop.home, ".doppler", "environment")
    assert own.read_text() == f'DOPPLER_TOKEN="{TOKEN}"\n'
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    assert found.equals("first")
    assert taken(shop, mode="run").equals("first")


@as_root
@pytest.mark.parametrize("change", ["a secret", "the token", "the mode"])
def test_what_such_a_release_asked_for_tells_it_from_others(
    cli: Cli, shop: Instance, release: Release, change: str
) -> None:
    taken(shop, mode="run").write(release("first"))
    given = {"mode": "run"}
    if change == "a secret":
        cli.says({"API_KEY": "new", "PORT": "1"})
    elif change == "the token":
        given["token"] = f"{TOKEN}1"
    else:
        given["mode"] = "fetch"
    assert not taken(shop, **given).equals("first")


@as_root
def test_manage_py_of_such_a_release_asks_too(cli: Cli, shop: Instance, manage: Manage) -> None:
    taken(shop, mode="run").write(manage.release)
    python = ["python", "-c", "print(1)"]
    words = snapshot.around(shop, manage.release, *python)
    assert words[:2] == [doppler.PROGRAM, "run"]
    assert words[-4:] == ["--", *python]
    assert f"--config-dir={shop.home}/.doppler/run" in words, "it may not write root's"
    assert TOKEN not in " ".join(words)
    assert snapshot.given(shop, manage.release)["DOPPLER_TOKEN"] == TOKEN
    Path(shop.record(manage.release, "environment")).write_text('SECRET_KEY="s"\n')
    manage("plan")
    assert (cli.directory / "words").read_text().startswith("run ")


@as_root
def test_secrets_of_a_service_are_blotted_out_as_far_as_its_host_remembers_them(
    cli: Cli, shop: Instance, release: Release
) -> None:
    taken(shop, mode="run").write(release("first"))
    assert {"one\ntwo", TOKEN} <= snapshot.secrets_of(shop)
    assert "--fallback-only" in (cli.directory / "words").read_text()
    cli.says({}, NO_FILE, 1)
    assert "one\ntwo" not in snapshot.secrets_of(shop)
    assert TOKEN in snapshot.secrets_of(shop), "it is in the application's environment"


@as_root
def test_what_is_given_to_one_command_alone_doppler_does_not_replace(
    cli: Cli, shop: Instance, manage: Manage
) -> None:
    taken(shop, mode="run").write(manage.release)
    Path(shop.record(manage.release, "environment")).write_text('SECRET_KEY="s"\n')
    manage("plan")
    assert "--preserve-env" not in (cli.directory / "words").read_text()
    superuser = Superuser({"username": "ada"}, "ada's own")
    replace(manage, superuser=superuser).boot([("migrate", {})]).wait()
    words = (cli.directory / "words").read_text()
    assert " --preserve-env=DJANGO_SUPERUSER_PASSWORD -- " in words


def deploying(shop: Instance, **given: Any) -> tuple[str, str]:
    """The settings of a deploy in mode `run`: the application's own, and what takes their place."""
    defaults = {name: option.get("default") for name, option in build.OPTIONS.items()}
    names = {"project": "shop", "env": "dev", "root": shop.root, "server": "gunicorn==1"}
    own = {"repository": "/srv/shop.git", "version": "main", "generated": []}
    pyenv = {"repository": "", "version": "", "environment": "{}"}
    asked = {**defaults, **names, **own, "pyenv": pyenv, **params(mode="run"), **given}
    made = requested.build_of(asked, True, Steps())
    return made.settings, made.recipe.settings


WITHIN = "{{ path={0} ; argv[]={0} run --attempts=2 -- gunicorn ; ignore_errors=no }}"


@pytest.fixture
def unit(monkeypatch: pytest.MonkeyPatch, shop: Instance, cli: Cli) -> dict[str, str]:
    """What systemd shows of every unit: at first one that asks Doppler."""
    monkeypatch.setattr(arguments, "instance_of", lambda _params: shop)
    shown = {"ExecStart": WITHIN.format(cli.directory / "doppler"), "NeedDaemonReload": "no"}
    monkeypatch.setattr(units, "show", lambda *_names: shown)
    return shown


def test_a_deploy_that_no_service_would_ask_for_ends_before_the_build(
    shop: Instance, unit: dict[str, str]
) -> None:
    assert deploying(shop) == ("", "")
    unit["ExecStart"] = "{ path=/srv/gunicorn ; argv[]=/srv/gunicorn ; ignore_errors=no }"
    with pytest.raises(Failed, match="its service does not: run `invoke provision dev`, then depl"):
        deploying(shop)
    unit["NeedDaemonReload"] = "yes"
    assert deploying(shop) == ("", ""), "the start will tell"


@pytest.mark.usefixtures("unit")
def test_settings_that_doppler_names_cannot_be_added_to(cli: Cli, shop: Instance) -> None:
    cli.says({"DJANGO_SETTINGS_MODULE": "theirs"})
    assert deploying(shop) == ("theirs", "")
    fetched = deploying(shop, settings_override="A = 1", **params(mode="fetch"))
    assert fetched == ("theirs", "import os\n\nfrom theirs import *  # noqa\n\nA = 1")
    with pytest.raises(Failed, match="take DJANGO_SETTINGS_MODULE out of Doppler, and set django_"):
        deploying(shop, settings_override="A = 1")


@pytest.mark.parametrize(
    ("log", "told"),
    [(REFUSED, True), (DOWN, False), (NO_FILE, False), ("Doppler answers", False), ("", False)],
)
def test_a_log_tells_of_a_refusal_as_such_and_not_of_an_outage(log: str, told: bool) -> None:
    assert ("a deploy brings it" in doppler.remedy(log.splitlines())) is told


def test_a_release_of_another_backend_starts_alone(shop: Instance, release: Release) -> None:
    path = Path(shop.record(release("first"), "environment"))
    path.write_text(environment.render({"A": "1"}))
    assert snapshot.around(shop, "first", "python") == ["python"]
    assert snapshot.given(shop, "first") == {"A": "1"}
