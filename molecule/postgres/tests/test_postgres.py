"""The database, asked by the application, by its neighbours and by strangers."""

import shlex

import pytest
from testinfra.backend.base import CommandResult
from testinfra.host import Host

APPLICATION, NEIGHBOUR, PASSWORD = "shop_dev", "shop_prod", "over-tcp-only"
INSUFFICIENT_PRIVILEGE = "42501"
OVER_TCP = "host=$(hostname -I | cut -d' ' -f1)"


def ask(host: Host, statement: str, where: str = APPLICATION, user: str = "") -> CommandResult:
    """Run SQL as a user of the system, the application's if none is named."""
    psql = f"psql --no-psqlrc --no-password -qtA {where} --command {shlex.quote(statement)}"
    return host.run(f"runuser -u {user or APPLICATION} -- {psql}")


def answer(host: Host, statement: str) -> str:
    """What the application is told."""
    done = ask(host, statement)
    assert done.rc == 0, done.stderr
    told: str = done.stdout.strip()
    return told


def ask_over_tcp(host: Host, user: str, database: str, password: str) -> CommandResult:
    """Ask from an address that is not the loopback's."""
    where = f'"{OVER_TCP} user={user} dbname={database}"'
    return host.run(f"PGPASSWORD={password} psql --no-psqlrc -qtA {where} -c 'SELECT 1'")


def test_the_application_reaches_its_database_without_a_password(host: Host) -> None:
    assert answer(host, "SELECT current_user || ' in ' || current_database()") == (
        f"{APPLICATION} in {APPLICATION}"
    )


def test_it_does_not_reach_its_neighbour_s(host: Host) -> None:
    refused = ask(host, "SELECT 1", NEIGHBOUR)
    assert f'permission denied for database "{NEIGHBOUR}"' in refused.stderr, refused


@pytest.mark.parametrize(
    ("user", "role"),
    [
        ("nobody", "nobody"),
        ("nobody", APPLICATION),
        ("deploy", APPLICATION),
        (APPLICATION, NEIGHBOUR),
        (APPLICATION, "postgres"),
    ],
)
def test_nobody_is_taken_for_another(host: Host, user: str, role: str) -> None:
    refused = ask(host, "SELECT 1", f"--username={role} {APPLICATION}", user)
    assert "authentication failed" in refused.stderr or "does not exist" in refused.stderr, refused


def test_a_client_gets_in_over_tcp_with_the_password(host: Host) -> None:
    done = ask_over_tcp(host, APPLICATION, APPLICATION, PASSWORD)
    assert done.stdout.strip() == "1", done.stderr


@pytest.mark.parametrize(
    ("user", "database", "password", "why"),
    [
        (APPLICATION, APPLICATION, "guessed", "password authentication failed"),
        (APPLICATION, "postgres", PASSWORD, "no pg_hba.conf entry"),
        (APPLICATION, NEIGHBOUR, PASSWORD, "no pg_hba.conf entry"),
        ("postgres", APPLICATION, PASSWORD, "no pg_hba.conf entry"),
        ("stranger", "postgres", PASSWORD, "no pg_hba.conf entry"),
    ],
)
def test_a_stranger_does_not(host: Host, user: str, database: str, password: str, why: str) -> None:
    refused = ask_over_tcp(host, user, database, password)
    assert why in refused.stderr, refused


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE DATABASE loot",
        "CREATE ROLE accomplice",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "ALTER SYSTEM SET work_mem = '5MB'",
    ],
)
def test_the_application_is_no_administrator(host: Host, statement: str) -> None:
    refused = ask(host, statement, f"--set=VERBOSITY=sqlstate {APPLICATION}")
    assert INSUFFICIENT_PRIVILEGE in refused.stderr, refused


def test_what_it_makes_is_its_own_and_survives_a_restart(host: Host) -> None:
    answer(host, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS number")
    host.check_output("systemctl restart 'postgresql@*'")
    assert answer(host, "SELECT number FROM kept") == "42"
    assert answer(host, "SELECT tableowner FROM pg_tables WHERE tablename = 'kept'") == APPLICATION


def test_it_starts_with_the_server(host: Host) -> None:
    cluster = host.check_output("systemctl list-units --plain --no-legend 'postgresql@*'").split()
    assert host.check_output(f"systemctl is-enabled {cluster[0]}") == "enabled"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", "*"),
        ("max_connections", "47"),
        ("password_encryption", "scram-sha-256"),
        ("timezone", "UTC"),
        ("server_encoding", "UTF8"),
    ],
)
def test_the_server_says_what_was_set(host: Host, setting: str, value: str) -> None:
    assert answer(host, f"SHOW {setting}") == value


def test_letters_beyond_ascii_have_a_lower_case(host: Host) -> None:
    assert answer(host, "SELECT lower('ÄŁÇ')") == "äłç"


def test_an_extension_that_was_asked_for_is_there(host: Host) -> None:
    assert answer(host, "SELECT 'Ada'::citext = 'ADA'") == "t"
