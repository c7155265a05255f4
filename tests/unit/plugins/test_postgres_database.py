"""What is missing of a database, asked of a psql that only pretends."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.modules import postgres_database

NAMES = "postgres\nshop_dev\n"
ROLE = ("role made", "postgres", 'CREATE ROLE "shop_dev" LOGIN')
CREATE = 'CREATE DATABASE "shop_dev" OWNER "shop_dev"'
TEXT = "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
DATABASE = ("database made", "postgres", f"{CREATE} {TEXT}")
KEPT_OUT = ("others kept out", "postgres", 'REVOKE ALL ON DATABASE "shop_dev" FROM PUBLIC')
PSQL = """\
#!/bin/sh
cd {directory}
statement=$(cat)
printf '%s\\t%s\\n' "$*" "$statement" >>calls
case "$*" in *" -c "*) exec [ "$PGPASSWORD" = "$(cat password)" ];; esac
for word in pg_*; do
    case $statement in *"$word"*) cat "$word";; esac
done
case $statement in *nonsense*) echo "ERROR: syntax error" >&2; exit 3;; esac
"""


@dataclass(frozen=True)
class Server:
    """A server that answers what it is told to."""

    directory: Path

    def holds(self, **answers: str) -> None:
        """Answer a statement that holds a word with that word's answer."""
        for word, answer in answers.items():
            (self.directory / word).write_text(answer)

    @property
    def calls(self) -> list[tuple[str, str]]:
        """The words and the statement of each call."""
        lines = (self.directory / "calls").read_text().splitlines()
        words_and_statements = (line.partition("\t") for line in lines)
        return [(words, statement) for words, _tab, statement in words_and_statements]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server with nothing in it, and a user who need not become postgres."""
    psql = tmp_path / "psql"
    psql.write_text(PSQL.format(directory=tmp_path))
    psql.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    server = Server(tmp_path)
    server.holds(password="")
    return server


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packages of the server are there."""
    program = tmp_path / "17" / "bin" / "postgres"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setattr(postgres_database, "PROGRAM", str(tmp_path / "*" / "bin" / "postgres"))


@pytest.mark.usefixtures("server")
def test_a_new_server_needs_everything() -> None:
    to_do = postgres_database.missing("shop_dev", "", ["citext"])
    extension = ("extension citext added", "shop_dev", 'CREATE EXTENSION "citext"')
    assert to_do == [ROLE, DATABASE, KEPT_OUT, extension]


def test_a_server_that_has_everything_needs_nothing(server: Server) -> None:
    server.holds(pg_roles=NAMES, pg_database=NAMES, pg_extension="plpgsql\ncitext\n")
    assert postgres_database.missing("shop_dev", "", ["citext"]) == []


def test_a_database_without_its_role_needs_the_role(server: Server) -> None:
    server.holds(pg_database=NAMES)
    assert postgres_database.missing("shop_dev", "", []) == [ROLE]


def test_only_the_extension_that_is_missing_is_added(server: Server) -> None:
    server.holds(pg_roles=NAMES, pg_database=NAMES, pg_extension="plpgsql\npg_trgm\n")
    (words, database, _statement), *more = postgres_database.missing(
        "shop_dev", "", ["pg_trgm", "uuid-ossp"]
    )
    assert (words, database, more) == ("extension uuid-ossp added", "shop_dev", [])


@pytest.mark.parametrize(("known", "to_do"), [("s3cret", []), ("old", ["password set"])])
def test_a_password_is_set_where_the_server_does_not_take_it(
    server: Server, known: str, to_do: list[str]
) -> None:
    server.holds(pg_roles=NAMES, pg_database=NAMES, password=known)
    found = postgres_database.missing("shop_dev", "s3cret", [])
    assert [words for words, _database, _statement in found] == to_do


def perform(dry: bool, **differences: object) -> list[str]:
    """The module's work."""
    params = {"name": "shop_dev", "password": "", "extensions": [], **differences}
    result = postgres_database.perform(params, dry, Steps())
    done: list[str] = result["done"]
    assert result["changed"] is bool(done)
    return done


def test_what_is_missing_is_made_in_its_database(server: Server) -> None:
    assert perform(False, extensions=["citext"]) == [
        "role made",
        "database made",
        "others kept out",
        "extension citext added",
    ]
    made = [(words.split()[-1], statement) for words, statement in server.calls[2:]]
    assert made == [
        *((database, statement) for _words, database, statement in (ROLE, DATABASE, KEPT_OUT)),
        ("shop_dev", 'CREATE EXTENSION "citext"'),
    ]


@pytest.mark.usefixtures("installed")
def test_check_mode_only_asks(server: Server) -> None:
    server.holds(pg_roles=NAMES)
    assert perform(True) == ["database made", "others kept out"]
    assert {statement.split()[0] for _words, statement in server.calls} == {"SELECT"}


def test_check_mode_promises_everything_where_no_server_is_installed_yet(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_database, "PROGRAM", str(server.directory / "none"))
    promised = perform(True, password="s3cret", extensions=["citext"])
    assert promised == perform(False, password="s3cret", extensions=["citext"])


@pytest.mark.usefixtures("installed")
def test_check_mode_does_not_hide_a_server_that_refuses(server: Server) -> None:
    server.holds(pg_roles="")
    (server.directory / "psql").write_text("#!/bin/sh\nexit 2\n")
    with pytest.raises(Failed, match="PostgreSQL refused a statement"):
        perform(True)


def test_a_password_stands_in_nobodys_arguments(server: Server) -> None:
    perform(False, **{"password": "s3cret"})
    words, statements = zip(*server.calls, strict=True)
    assert "s3cret" not in " ".join(words)
    assert "ALTER ROLE \"shop_dev\" PASSWORD E's3cret'" in statements


@pytest.mark.usefixtures("server")
def test_a_statement_that_is_refused_says_why() -> None:
    with pytest.raises(Failed) as caught:
        postgres_database.psql("shop_dev", "nonsense")
    assert str(caught.value) == "PostgreSQL refused a statement in shop_dev."
    assert caught.value.evidence == ["ERROR: syntax error"]


@pytest.mark.parametrize("name", ['shop"dev', "Shop", "1shop", "", "shop dev", "shop;--"])
@pytest.mark.parametrize("kind", ["name", "extensions"])
def test_a_name_that_would_be_sql_is_refused(server: Server, kind: str, name: str) -> None:
    with pytest.raises(Failed, match="is no name for a database, role or extension"):
        perform(False, **{kind: name if kind == "name" else [name]})
    assert not (server.directory / "calls").exists()


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("plain", "E'plain'"),
        ("it's", r"E'it\'s'"),
        ("back\\slash", r"E'back\\slash'"),
        ("\\'; DROP ROLE postgres; --", r"E'\\\'; DROP ROLE postgres; --'"),
        ("two\nlines", "E'two\nlines'"),
    ],
)
def test_a_string_of_sql_holds_its_text_and_no_more(text: str, literal: str) -> None:
    assert postgres_database.literal(text) == literal
