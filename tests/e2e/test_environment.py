"""The environment of an instance: what must be set, where it is kept, and how it is rolled out."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway import state
from slipway.tools import PLACE

from .faults import configure
from .site import Site

SETTINGS = """
import os

MOTTO = os.environ["MOTTO"]
if not DEBUG:
    LABEL = os.environ.get("LABEL", "none")
"""
URLS = """
from django.conf import settings
from django.http import HttpResponse

urlpatterns += [path("motto/", lambda _request: HttpResponse(settings.MOTTO))]
"""
NOTES = """# Hand-off

- [ ] env: MAIL_KEY — dev, prod: from the mail provider
- [ ] env: PROD_KEY — prod: from the mail provider
"""
SECRETS = {"ONE": "1", "YEAR": "20", "SECRET_KEY": "a 'quoted' $ecret"}
FIRST, SECOND = "Sail 'n' $well", 'More: "{{ canvas }}" # and # more'


@pytest.fixture(scope="module")
def password(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a vault's password."""
    path = tmp_path_factory.mktemp("password") / "password"
    path.write_text("open sesame\n")
    return path


@pytest.fixture(scope="module")
def vault(site: Site, password: Path) -> Path:
    """The encrypted file of the environment's secrets."""
    path = site.inventories / "dev" / "group_vars" / "all" / "vault.yml"
    text = "---\n# Ours\ndjango_secrets: # the application's\n"
    text += "".join(f"  {name}: {json.dumps(value)}\n" for name, value in SECRETS.items())
    path.write_text(crypt("encrypt", text, password))
    main = path.with_name("main.yml")
    given = json.loads(main.read_text())
    del given["django_secrets"]
    main.write_text(json.dumps(given))
    return path


@pytest.fixture(scope="module")
def locked(site: Site, vault: Path, password: Path) -> Iterator[Site]:
    """The site whose secrets are in the vault, with a commit that needs more of them."""
    assert vault.exists()
    demo = site.repository / "demo"
    example = (site.repository / ".env.example").read_text()
    files = {
        "demo/settings.py": (demo / "settings.py").read_text() + SETTINGS,
        "demo/urls.py": (demo / "urls.py").read_text() + URLS,
        ".env.example": f"{example}\nPAYMENT_URL=\nLABEL=x\nPOSTGRES_PASSWORD=x\n",
        "claude/DEV_HANDOFF.md": NOTES,
    }
    site.commit("Have a motto", **files)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
        yield site


def crypt(verb: str, text: str, password: Path) -> str:
    """A text through ansible-vault."""
    words = [PLACE / "ansible-vault", verb, "--vault-password-file", password, "--output", "-"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def put(site: Site, name: str, value: str) -> str:
    """Keep a secret as a script does; what is said."""
    done = subprocess.run(
        [state.CHECKOUT / "inv", "env.set", "dev", name],
        env=os.environ | {"SLIPWAY_INVENTORIES": str(site.inventories)},
        input=f"{value}\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert value not in done.stdout
    return done.stdout


@pytest.mark.parametrize("words", [["deploy", "dev"], ["deploy", "dev", "--check"]])
def test_what_has_no_value_stops_a_deploy_before_the_build_and_is_told_at_once(
    locked: Site, words: list[str]
) -> None:
    before = locked.state()
    done = locked.invoke(*words)
    assert done.returncode == 1, done.stdout
    assert "3 environment variables that the release needs have no value" in done.stdout
    told = [line.strip() for line in done.stdout.splitlines() if line.startswith("    ")]
    where = (locked.repository / "demo/settings.py").read_text().splitlines()
    line = where.index('MOTTO = os.environ["MOTTO"]') + 1
    assert told == [
        "MAIL_KEY: claude/DEV_HANDOFF.md asks for it",
        f"MOTTO: demo/settings.py line {line} reads it",
        "PAYMENT_URL: .env.example names it",
    ], done.stdout
    assert "  check out  " not in done.stdout, done.stdout
    assert locked.state() == before


def test_the_list_has_names_and_sources_and_never_a_value(locked: Site) -> None:
    said = locked.succeed("env", "dev")
    rows = {line.split()[0]: line for line in said.splitlines() if line.startswith("  ")}
    assert rows["ALLOWED_HOSTS"].split() == ["ALLOWED_HOSTS", "Slipway", "set", "set"]
    assert rows["DEMO_LAB"].split() == ["DEMO_LAB", "django_environment", "set", "set"]
    assert rows["SECRET_KEY"].split() == ["SECRET_KEY", "django_secrets", "set", "set"]
    assert rows["MOTTO"].split()[:3] == ["MOTTO", "missing", "missing"]
    assert "reads it" in rows["MOTTO"]
    assert "ecret" not in said.replace("django_secrets", "")


def test_a_secret_of_a_vault_is_kept_there_and_the_next_release_has_it(
    locked: Site, vault: Path, password: Path
) -> None:
    put(locked, "MAIL_KEY", "sent by gulls")
    said = put(locked, "MOTTO", FIRST)
    assert said.splitlines()[-1].endswith("the next `invoke deploy dev` brings it live."), said
    assert oct(vault.stat().st_mode)[-3:] == "600"
    text = crypt("decrypt", vault.read_text(), password)
    assert text.startswith("---\n# Ours\ndjango_secrets: # the application's\n"), "comments"
    configure(locked, django_optional_variables=["PAYMENT_*"])
    found = locked.succeed("env.diff", "dev")
    changes = [line.split() for line in found.splitlines() if line.startswith("  ")]
    assert changes == [["added", name, "django_secrets"] for name in ("MAIL_KEY", "MOTTO")], found
    locked.succeed("deploy", "dev")
    assert locked.ask("/motto/").body == FIRST


def test_a_changed_secret_is_rolled_out_like_a_release_and_undone_like_one(locked: Site) -> None:
    before = locked.release()
    put(locked, "MOTTO", SECOND)
    assert "  changed   MOTTO " in locked.succeed("env.diff", "dev")
    said = locked.succeed("deploy", "dev")
    assert f"before: {before}" in said, said
    assert locked.ask("/motto/").body == SECOND
    locked.succeed("rollback", "dev")
    assert (locked.release(), locked.ask("/motto/").body) == (before, FIRST)
