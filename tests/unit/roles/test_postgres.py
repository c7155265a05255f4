"""Who may connect to PostgreSQL, and its settings."""

import pytest

from tests.unit.roles.conftest import Evaluate, Render

LOCAL = [
    ["local", "all", "postgres", "peer"],
    ["local", "all", "all", "peer"],
    ["host", "all", "all", "127.0.0.1/32", "scram-sha-256"],
    ["host", "all", "all", "::1/128", "scram-sha-256"],
]


def rules(text: str) -> list[list[str]]:
    """The rules of a pg_hba.conf, field by field."""
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_on_one_host_nobody_connects_from_elsewhere(render: Render) -> None:
    assert rules(render("postgres", "pg_hba.conf.j2")) == LOCAL


@pytest.mark.parametrize(
    ("client", "address"),
    [
        ("10.0.0.0/24", "10.0.0.0/24"),
        ("10.0.0.5", "10.0.0.5/32"),
        ("fd00::5", "fd00::5/128"),
        ("fd00::/64", "fd00::/64"),
        ("app.example.com", "app.example.com"),
        ("10.example.com", "10.example.com"),
    ],
)
def test_an_application_host_connects_to_its_own_database_with_a_password(
    render: Render, client: str, address: str
) -> None:
    found = rules(render("postgres", "pg_hba.conf.j2", slipway_database_clients=[client]))
    # PostgreSQL refuses the whole file for an address without its mask.
    assert found == [*LOCAL, ["host", "shop_dev", "shop_dev", address, "scram-sha-256"]]


@pytest.mark.parametrize(("clients", "addresses"), [([], "'localhost'"), (["10.0.0.5/32"], "'*'")])
def test_the_server_listens_where_it_has_clients(
    render: Render, clients: list[str], addresses: str
) -> None:
    text = render("postgres", "slipway.conf.j2", postgres_clients=clients)
    assert f"listen_addresses = {addresses}\n" in text
    assert "password_encryption = scram-sha-256\n" in text


def test_the_newest_version_that_is_installed_is_the_one(evaluate: Evaluate) -> None:
    installed = {"files": [{"path": f"/usr/lib/postgresql/{version}"} for version in (9, 15, 17)]}
    config = evaluate("postgres", "__postgres_config", __postgres_versions=installed)
    assert config == "/etc/postgresql/17/main"


def test_a_dry_run_on_a_new_server_names_the_place_of_the_version(evaluate: Evaluate) -> None:
    config = evaluate("postgres", "__postgres_config", __postgres_versions={"files": []})
    assert config == "/etc/postgresql/VERSION/main"
