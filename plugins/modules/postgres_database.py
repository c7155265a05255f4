#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application's database and its owner; see DOCUMENTATION."""

from __future__ import annotations

# No module's run_command: what runs from the library has none (docs/decisions/0007-*).
# pylint: disable=ansible-bad-function

DOCUMENTATION = r"""
module: postgres_database
short_description: A PostgreSQL database and the role that owns it
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
description:
  - Makes the role and the database on this host's server through C(psql), as the user C(postgres).
  - Nobody but the owner may connect to a database that it made. It removes nothing.
  - Fails with the server's own words where that refuses a statement.
  - A new database is in UTF-8 and the locale C.UTF-8, whatever the server's own are.
options:
  name:
    description: Name of the database and of the role that owns it.
    type: str
    required: true
  password:
    description: The role's password for connections over TCP. Empty for none.
    type: str
    default: ""
  extensions:
    description: Extensions that the database needs.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Says what it would do.
    support: full
"""

EXAMPLES = r"""
- name: Make the database of the instance
  slipway.django.postgres_database:
    name: shop_dev
    extensions: [citext]
"""

RETURN = r"""
done:
  description: What was changed, in words.
  type: list
  elements: str
  returned: success
"""

import glob
import os
import re
import subprocess
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.programs import drop_to
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)

OPTIONS = {
    "name": {"type": "str", "required": True},
    "password": {"type": "str", "default": "", "no_log": True},
    "extensions": {"type": "list", "elements": "str", "default": []},
}
# Django wants UTF-8, and every server should sort alike, whatever locale it was installed under.
TEXT = "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
PROGRAM = "/usr/lib/postgresql/*/bin/postgres"
NAME = re.compile(r"[a-z][a-z0-9_-]*")


def psql(database: str, statements: str) -> str:
    """Run SQL, given on standard input so that no password stands in argv. Raises Failed."""
    words = "psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname"
    done = subprocess.run(
        [*words.split(), database],
        input=statements.encode(),
        capture_output=True,
        check=False,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        **drop_to("postgres"),
    )
    if done.returncode != 0:
        lines = done.stderr.decode().splitlines()
        shown = [line for line in lines if "PASSWORD" not in line]
        raise Failed(f"PostgreSQL refused a statement in {database}.", "\n".join(shown))
    output: str = done.stdout.decode()
    return output


def literal(text: str) -> str:
    """An SQL string."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def right_password(name: str, password: str) -> bool:
    """Whether the server takes a password for a role (tried over TCP on this host)."""
    done = subprocess.run(
        [
            "psql",
            "--no-psqlrc",
            "--no-password",
            f"host=127.0.0.1 user={name} dbname={name}",
            "-c",
            "",
        ],
        env={"PATH": os.environ["PATH"], "PGPASSWORD": password},
        capture_output=True,
        check=False,
        cwd="/",
    )
    return done.returncode == 0


def missing(
    name: str, password: str, extensions: list[str], *, server: bool = True
) -> list[tuple[str, str, str]]:
    """What is to do: (in words, database to do it in, statement). Without a server, everything."""
    to_do = []
    if not server or name not in psql("postgres", "SELECT rolname FROM pg_roles").splitlines():
        to_do.append(("role made", "postgres", f'CREATE ROLE "{name}" LOGIN'))
    present: list[str] = []
    if server and name in psql("postgres", "SELECT datname FROM pg_database").splitlines():
        present = psql(name, "SELECT extname FROM pg_extension").split()
    else:
        to_do += [
            ("database made", "postgres", f'CREATE DATABASE "{name}" OWNER "{name}" {TEXT}'),
            ("others kept out", "postgres", f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC'),
        ]
    if password and not (server and right_password(name, password)):
        statement = f'ALTER ROLE "{name}" PASSWORD {literal(password)}'
        to_do.append(("password set", "postgres", statement))
    to_do += [
        (f"extension {extension} added", name, f'CREATE EXTENSION "{extension}"')
        for extension in extensions
        if extension not in present
    ]
    return to_do


def perform(params: dict[str, Any], dry: bool, _steps: Steps) -> dict[str, Any]:
    """Do what is missing; the module's result. Raises Failed."""
    for name in (params["name"], *params["extensions"]):
        if not NAME.fullmatch(name):
            raise Failed(f"{name!r} is no name for a database, role or extension.")
    # What the dry run of an earlier task did not install has nothing in it.
    server = not dry or any(glob.glob(PROGRAM))
    to_do = missing(params["name"], params["password"], params["extensions"], server=server)
    if not dry:
        for _words, database, statement in to_do:
            psql(database, statement)
    done = [words for words, _database, _statement in to_do]
    return {"changed": bool(done), "done": done}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()
