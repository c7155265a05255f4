"""Why a host cannot be managed, from what it says of itself."""

import sys

import pytest
from ansible.module_utils import basic
from ansible_collections.slipway.django.plugins.filter import unsuited as module
from ansible_collections.slipway.django.plugins.filter.unsuited import unsuited


def said(name: str, host: str, number: str = "", python: str = "3.11", servers: str = "") -> str:
    """What a host says: its os-release, quoted as distributions do, and our two lines."""
    lines = [f'PRETTY_NAME="{name}"', "ANSI_COLOR='1;31'", f"ID={host}"]
    lines += [f'VERSION_ID="{number}"'] if number else []
    return "\r\n".join([*lines, f"PYTHON={python}", f"POSTGRESQL={servers} ", ""])


@pytest.mark.parametrize(
    ("name", "host", "number", "python"),
    [
        ("Debian GNU/Linux 12 (bookworm)", "debian", "12", "3.11"),
        ("Debian GNU/Linux 13 (trixie)", "debian", "13", "3.13"),
        ("Debian GNU/Linux forky/sid", "debian", "", "3.14"),
        ("Ubuntu 22.04.5 LTS", "ubuntu", "22.04", "3.10"),
        ("Ubuntu 24.04.3 LTS", "ubuntu", "24.04", "3.12"),
        ("Ubuntu 26.04 LTS", "ubuntu", "26.04", "3.14"),
    ],
)
def test_a_system_that_is_new_enough_suits(name: str, host: str, number: str, python: str) -> None:
    assert unsuited(said(name, host, number, python)) == ""
    assert unsuited(said(name, host, number, python="")) == "", "it is given a Python"


@pytest.mark.parametrize(
    ("name", "host", "number", "python", "sentence"),
    [
        (
            *("Ubuntu 20.04.6 LTS", "ubuntu", "20.04", "3.8"),
            "Ubuntu 20.04.6 LTS with its Python 3.8 and PostgreSQL 12 is too old: upgrade it to "
            "Ubuntu 22.04 or newer with do-release-upgrade, or take a new server.",
        ),
        (
            *("Debian GNU/Linux 11 (bullseye)", "debian", "11", "3.9"),
            "Debian GNU/Linux 11 (bullseye) with its Python 3.9 and PostgreSQL 13 is too old: "
            "upgrade it to Debian 12 or newer one release at a time with apt full-upgrade, or take "
            "a new server.",
        ),
        (
            *("Ubuntu 21.10", "ubuntu", "21.10", ""),
            "Ubuntu 21.10 is too old: upgrade it to Ubuntu 22.04 or newer with "
            "do-release-upgrade, or take a new server.",
        ),
        (
            *("Alpine Linux v3.22", "alpine", "3.22.1", "3.12"),
            "This server runs Alpine Linux v3.22, and Slipway needs Debian 12 or Ubuntu 22.04, or "
            "newer: take one with that.",
        ),
        (
            *("CentOS Stream 9", "centos", "9", "3.9"),
            "This server runs CentOS Stream 9, and Slipway needs Debian 12 or Ubuntu 22.04, or "
            "newer: take one with that.",
        ),
    ],
)
def test_another_one_is_told_so_with_the_way_out(
    name: str, host: str, number: str, python: str, sentence: str
) -> None:
    assert unsuited(said(name, host, number, python)) == sentence


def test_a_host_that_says_nothing_is_an_unknown_system() -> None:
    assert unsuited("").startswith("This server runs an unknown system, and Slipway needs")


def test_a_python_that_our_modules_cannot_run_under_is_refused() -> None:
    sentence = unsuited(said("Debian GNU/Linux 12", "debian", "12", python="3.8"))
    assert sentence.startswith("/usr/bin/python3 is 3.8 here, and ansible-core 2.")
    assert "needs 3.9 or newer: upgrade the distribution" in sentence


def test_a_newer_ansible_asks_for_a_newer_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basic, "_PY_MIN", (3, 12))
    assert "needs 3.12 or newer" in unsuited(said("Debian GNU/Linux 12", "debian", "12"))


def test_ansible_still_says_which_python_it_needs() -> None:
    assert (3, 8) <= basic._PY_MIN < sys.version_info
    assert module.oldest_python() >= module.MODULES_PYTHON


@pytest.mark.parametrize(
    ("servers", "database", "refused"),
    [
        ("13", True, True),
        ("9.6", True, True),
        ("13", False, False),
        ("13 15", True, False),
        ("14", True, False),
        ("", True, False),
    ],
)
def test_a_postgresql_that_is_too_old_is_refused_where_the_database_is_to_be(
    servers: str, database: bool, refused: bool
) -> None:
    sentence = unsuited(said("Debian GNU/Linux 12", "debian", "12", servers=servers), database)
    assert bool(sentence) is refused, sentence
    if refused:
        assert sentence.startswith(f"PostgreSQL {servers} is installed here, and Slipway needs 14")
        assert f"`pg_upgradecluster {servers} main`" in sentence
