"""The environment variables that a commit needs, of a real repository."""

import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from ansible_collections.slipway.django.plugins.module_utils import handoffs, required_names
from ansible_collections.slipway.django.plugins.module_utils.committed import Committed
from ansible_collections.slipway.django.plugins.module_utils.required_names import Wanted
from ansible_collections.slipway.django.plugins.module_utils.source import Mirror
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.repository import Repository

Needs = Callable[..., dict[str, str]]
WANTED = Wanted("shop.settings", "dev", "")


def commit(origin: Repository, files: dict[str, str]) -> str:
    """Commit files, whose directories are made; the hash."""
    for name in files:
        (origin.path / name).parent.mkdir(parents=True, exist_ok=True)
    return origin.commit("Change", **{name: dedent(text) for name, text in files.items()})


@pytest.fixture
def needs(origin: Repository, mirror: Mirror) -> Needs:
    """What a commit of these files needs."""

    def look(files: dict[str, str], place: str = "", wanted: Wanted = WANTED) -> dict[str, str]:
        made = commit(origin, files)
        mirror.fetch()
        return required_names.needs(Committed(mirror, made, place), wanted)

    return look


SETTINGS = """\
import os
from .parts import *

A = os.environ["STRIPE_KEY"]
B = os.environ.get("SENTRY_DSN")
C = os.environ.get("PAGE_SIZE", "20")
"""


def test_what_the_settings_read_without_a_default_is_needed(needs: Needs) -> None:
    files = {"shop/settings.py": SETTINGS, "shop/parts.py": "import os\nos.environ['MAIL']\n"}
    assert needs(files) == {
        "MAIL": "shop/parts.py line 2 reads it",
        "STRIPE_KEY": "shop/settings.py line 4 reads it",
    }


def test_settings_are_found_beside_manage_py(needs: Needs) -> None:
    files = {
        "apps/web/shop/settings/__init__.py": "import os\nos.environ['X']",
        "shop/settings.py": "",
    }
    found = needs(files, place="apps/web")
    assert found == {"X": "apps/web/shop/settings/__init__.py line 2 reads it"}


@pytest.mark.parametrize(
    "text",
    ["import os\nos.environ['X'", "os.environ['X']\0", "\xff", "-" * 50_000 + "1"],
    ids=["cut off", "with a zero", "not UTF-8", "too deep"],
)
def test_settings_that_are_none_are_left_to_the_check(needs: Needs, text: str) -> None:
    assert needs({"shop/settings.py": text}) == {}


EXAMPLE = """
# The application
STRIPE_KEY=
export SENTRY_DSN = "https://x" # where errors go
PAGE_SIZE=20
#COMMENTED=1
 # ALSO=1
KEY="-----BEGIN
abc=
-----END"
FEATURE='on'
"""


def test_the_example_names_what_is_needed_but_for_what_has_a_default(needs: Needs) -> None:
    found = needs({"shop/settings.py": SETTINGS, ".env.example": EXAMPLE})
    assert found == {
        "FEATURE": ".env.example names it",
        "KEY": ".env.example names it",
        "SENTRY_DSN": ".env.example names it",
        "STRIPE_KEY": "shop/settings.py line 4 reads it",
    }


@pytest.mark.parametrize("name", required_names.EXAMPLES)
def test_the_nearest_example_counts(needs: Needs, name: str) -> None:
    files = {name: "FAR=1", f"apps/{name}": "NEAR=1", f"other/{name}": "ASIDE=1"}
    assert needs(files, place="apps/web") == {"NEAR": f"apps/{name} names it"}


def test_what_only_containers_are_told_is_not_needed(needs: Needs) -> None:
    files = {
        ".env.example": "PROXY_PORT=80\nPOSTGRES_PASSWORD=x\nCOMPOSE_PROJECT_NAME=x\nAPI_KEY=x\n"
        "VITE_TITLE=x\nNOWHERE=1\n",
        "compose.yml": "ports: ['${PROXY_PORT}:80']\nenvironment: [API_KEY]\n",
        "front/main.js": "show(import.meta.env.VITE_TITLE)\n",
        "shop/pay.py": "import os\nkey = os.environ['API_KEY']\n",
        "README.md": "Set NOWHERE.\n",
    }
    assert set(needs(files)) == {"API_KEY", "NOWHERE"}


def test_what_other_code_has_a_default_for_is_not_needed(needs: Needs) -> None:
    files = {
        ".env.example": "MODEL=small\nTOKEN=\nBOTH=1\nPORT=1\n",
        "work/env.py": "import environ\nenv = environ.Env()\n",
        "work/settings.py": "from work.env import env\nenv.int('PORT', 8080)\n",
        "shop/a.py": "import os\nos.getenv('MODEL', 'small')\n"
        "os.getenv('TOKEN')\nos.getenv('BOTH', '')",
        "shop/b.py": "import os\nos.environ['BOTH']\n",
    }
    assert set(needs(files)) == {"TOKEN", "BOTH"}


def test_an_environment_file_of_the_repository_gives_its_variables(needs: Needs) -> None:
    settings = "import os\nfrom dotenv import load_dotenv\nload_dotenv()\n"
    settings += "os.environ['GIVEN'], os.environ['BLANK'], os.environ['ASIDE']\n"
    files = {"shop/settings.py": settings, ".env": "GIVEN=1\nBLANK=\n", "front/.env": "ASIDE=1\n"}
    assert set(needs(files)) == {"BLANK", "ASIDE"}


def test_an_environment_file_that_nobody_loads_gives_nothing(needs: Needs) -> None:
    files = {"shop/settings.py": "import os\nos.environ['GIVEN']\n", ".env": "GIVEN=1\n"}
    assert set(needs(files)) == {"GIVEN"}


NOTES = """
# Hand-off
- [ ] env: STRIPE_KEY — dev, prod: from the provider
- [ ] env: ONLY_PROD — prod: later
- [x] env: DONE — dev: done
- [ ] env: `A_KEY`, `b_key` and C_KEY — all: three
- [ ] env: WRAPPED — staging,
  dev: in two lines
- [ ] env: ELSEWHERE — staging,
  prod: in two lines
- [ ] env: OLD_KEY removed — dev: nobody reads it
- [ ] manual: OTHER_KEY — dev: not a variable
"""


def test_open_notes_name_what_is_needed_in_their_environments(needs: Needs) -> None:
    found = needs({"claude/DEV_HANDOFF.md": NOTES})
    assert set(found) == {"STRIPE_KEY", "A_KEY", "b_key", "C_KEY", "WRAPPED"}
    assert found["STRIPE_KEY"] == "claude/DEV_HANDOFF.md asks for it"


def test_notes_that_the_live_release_has_had_ask_for_nothing(
    needs: Needs, origin: Repository
) -> None:
    live = commit(origin, {"claude/DEV_HANDOFF.md": NOTES})
    wanted = Wanted("", "dev", live)
    assert needs({"claude/DEV_HANDOFF.md": f"{NOTES}- [ ] env: NEW — dev: x\n"}, "", wanted) == {
        "NEW": "claude/DEV_HANDOFF.md asks for it"
    }


def test_a_line_that_is_for_this_environment_only_now_asks_for_its_variable(
    needs: Needs, origin: Repository
) -> None:
    notes = "claude/DEV_HANDOFF.md"
    live = commit(origin, {notes: "- [ ] env: NEW — prod: x\n"})
    for_both = {notes: "- [ ] env: NEW — dev, prod: x\n"}
    assert set(needs(for_both, "", Wanted("", "dev", live))) == {"NEW"}
    assert set(needs(for_both, "", Wanted("", "prod", live))) == set()


def test_what_servers_taught_asks_for_no_variable(needs: Needs) -> None:
    text = "## Local → Dev\n- [ ] env: NEW\n## Dev → Local\n- [ ] env: OTHER\n"
    assert set(needs({"claude/DEV_HANDOFF.md": text})) == {"NEW"}


def test_notes_may_lie_beside_manage_py(needs: Needs) -> None:
    notes = {
        "apps/web/claude/DEV_HANDOFF.md": "- [ ] env: X_KEY\n",
        "claude/DEV_HANDOFF.md": "- [ ] env: Y_KEY",
    }
    assert set(needs(notes, place="apps/web")) == {"X_KEY", "Y_KEY"}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("- [ ] env: MEDIA_ROOT — dev, prod: where uploads are", ["MEDIA_ROOT"]),
        ("- [ ] env: DEBUG, HTTPS - dev: 0", ["DEBUG", "HTTPS"]),
        ("- [ ] env: X_KEY \u2013 `dev`: from them", ["X_KEY"]),
        ("- [ ] env: what turns the redirect to HTTPS off — dev: in django_environment", []),
        ("- [ ] env: the new STRIPE_KEY of the shop — dev: from them", ["STRIPE_KEY"]),
        ("- [ ] env: `DEBUG=0` — dev: off", ["DEBUG"]),
        ("- [ ] env: X_KEY — set it here: from them", ["X_KEY"]),
        ("- [ ] env: X_KEY — ask Ada", ["X_KEY"]),
        ("- [ ] env: X_KEY", ["X_KEY"]),
        ("- [ ] env: X_KEY — staging/prod: from them", []),
        ("- [ ] migrations: X_KEY — dev: 0003", []),
    ],
)
def test_the_variables_of_a_note_are_known_however_it_is_written(
    line: str, names: list[str]
) -> None:
    assert handoffs.variables(line, "dev") == names


NEEDED = {"A": "x reads it", "AWS_KEY": "x reads it", "AWS_ID": "y names it", "HOME": "x reads it"}


def test_what_has_no_value_and_is_not_optional_is_missing() -> None:
    found = required_names.missing(NEEDED, {"AWS_ID": "1", "A": " "}, ["AWS_?EY"])
    assert found == {"A": "x reads it"}
    assert required_names.missing(NEEDED, {"A_FILE": "/run/a"}, ["AWS_*"]) == {}


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(Failed) as caught:
        required_names.require({"A": "x reads it", "B": "y names it"}, "dev")
    assert str(caught.value) == (
        "2 environment variables that the release needs have no value: set each with "
        "`invoke env.set dev NAME`, or in django_environment or django_secrets, or let "
        "django_optional_variables name what the application can do without."
    )
    assert caught.value.evidence == ["A: x reads it", "B: y names it"]
    required_names.require({}, "dev")


def test_the_demo_s_own_example_asks_only_for_debug(needs: Needs) -> None:
    demo = Path(__file__).parents[3] / "examples" / "demo"
    paths = [path for path in demo.rglob("*.py") if "migrations" not in path.parts]
    files = {os.path.relpath(path, demo): path.read_text() for path in paths}
    files[".env.example"] = (demo / ".env.example").read_text()
    assert needs(files, wanted=Wanted("demo.settings", "dev", "")) == {}
