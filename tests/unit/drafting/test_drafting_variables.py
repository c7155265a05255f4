"""The environment variables that a commit needs more or less than the live one."""

from textwrap import dedent

import pytest
from ansible_collections.slipway.django.plugins.module_utils import handoffs

from slipway.drafting import variables as drafting_variables
from tests.unit.drafting.conftest import Changed

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
LIVE = {"manage.py": MANAGE, "shop/settings.py": "import os\n\nKEY = os.environ['KEY']\n"}


def lines(
    change: Changed, after: dict[str, str | None], before: dict[str, str] | None = None, **how: str
) -> list[str]:
    """What is said where the live commit reads KEY alone, if nothing else is given."""
    made = change(LIVE if before is None else before, after, **how)
    return [item.line() for item in drafting_variables.items(made)]


STYLES = {
    "os": """
        import os
        KEY = os.environ["KEY"]
        A = os.environ["A_NEEDED"]
        B = os.getenv("B_DEFAULTED", "1")
        C = os.environ.get("C_OPEN")
        """,
    "django-environ": """
        import environ
        env = environ.Env(B_DEFAULTED=(int, 1))
        KEY, A, B = env("KEY"), env.bool("A_NEEDED"), env("B_DEFAULTED")
        import os; C = os.getenv("C_OPEN")
        """,
    "decouple": """
        from decouple import config
        KEY, B = config("KEY"), config("B_DEFAULTED", default=1, cast=int)
        A = config("A_NEEDED")
        import os; C = os.getenv("C_OPEN")
        """,
    "environs": """
        from environs import Env
        env = Env()
        KEY, B = env("KEY"), env.int("B_DEFAULTED", 1)
        with env.prefixed("A_"): A = env.str("NEEDED")
        import os; C = os.getenv("C_OPEN")
        """,
}


@pytest.mark.parametrize("style", STYLES)
def test_variables_that_the_settings_read_are_said(change: Changed, style: str) -> None:
    said = lines(change, {"shop/settings.py": dedent(STYLES[style])})
    reads = "shop/settings.py line"
    at = {"os": (4, 5, 6), "django-environ": (4, 4, 5), "decouple": (4, 3, 5)}.get(style, (5, 4, 6))
    assert said == [
        f"- [ ] env: A_NEEDED — required, {reads} {at[0]} reads it",
        f"- [ ] env: B_DEFAULTED — optional, {reads} {at[1]} reads it with a default",
        f"- [ ] env: C_OPEN — optional, {reads} {at[2]} reads it, where it may be missing",
    ]


def test_variables_that_are_read_elsewhere_now_are_no_news(change: Changed) -> None:
    settings = "from shop.base import *\n"
    after = {"shop/settings.py": settings, "shop/base.py": LIVE["shop/settings.py"]}
    assert lines(change, dict(after)) == []


def test_a_variable_of_the_example_is_said(change: Changed) -> None:
    example = "KEY=\nSTRIPE_KEY=\nCOMPOSE_PROJECT_NAME=x\n#LATER=\n"
    assert lines(change, {".env.example": example}) == [
        "- [ ] env: STRIPE_KEY — required, .env.example names it"
    ]


def test_a_variable_that_was_in_the_example_before_is_no_news(change: Changed) -> None:
    before = {**LIVE, ".env.example": "STRIPE_KEY=\n"}
    after = {"shop/settings.py": LIVE["shop/settings.py"] + "os.environ['STRIPE_KEY']\n"}
    assert lines(change, dict(after), before) == []


def test_a_variable_that_lost_its_default_is_said(change: Changed) -> None:
    before = {**LIVE, "shop/settings.py": "import os\nos.getenv('KEY', 'x')\n"}
    assert lines(change, {"shop/settings.py": LIVE["shop/settings.py"]}, before) == [
        "- [ ] env: KEY — now required, shop/settings.py line 3 reads it"
    ]


def test_a_variable_that_the_repository_sets_is_not_required(change: Changed) -> None:
    text = "from dotenv import load_dotenv\nload_dotenv()\nimport os\nos.environ['GIVEN']\n"
    after = {"shop/settings.py": text + LIVE["shop/settings.py"], ".env": "GIVEN=1\n"}
    (line,) = lines(change, dict(after))
    assert line.startswith("- [ ] env: GIVEN — optional")


def test_what_every_process_has_is_no_news(change: Changed) -> None:
    after = {
        "shop/settings.py": LIVE["shop/settings.py"]
        + "os.environ['HOME']\nos.getenv('SLIPWAY_RELEASE')\n"
    }
    assert lines(change, dict(after)) == []


def test_a_variable_that_is_read_no_longer_may_go_and_no_deploy_asks_for_it(
    change: Changed,
) -> None:
    (line,) = lines(change, {"shop/settings.py": ""})
    assert line == "- [ ] env: KEY is no longer read — it can be removed"
    assert handoffs.variables(line, "dev") == []


def test_what_the_example_named_alone_may_go_too(change: Changed) -> None:
    before = {**LIVE, ".env.example": "KEY=\nOLD_KEY=\n"}
    assert lines(change, {".env.example": "KEY=\n"}, before) == [
        "- [ ] env: OLD_KEY is no longer read — it can be removed"
    ]


def test_a_variable_that_other_code_reads_stays(change: Changed) -> None:
    after = {"shop/settings.py": "", "shop/pay.py": "import os\nos.environ['KEY']\n"}
    assert lines(change, dict(after)) == []


def test_a_variable_that_only_documents_name_may_go(change: Changed) -> None:
    after = {"shop/settings.py": "", "README.md": "Set KEY.\n"}
    assert len(lines(change, dict(after))) == 1


def test_settings_that_are_given_come_before_those_of_manage_py(change: Changed) -> None:
    after = {"shop/prod.py": "from shop.settings import *\nos.environ['PROD_KEY']\n"}
    before = {**LIVE, "shop/prod.py": "from shop.settings import *\n"}
    assert lines(change, dict(after), before, settings="shop.prod") == [
        "- [ ] env: PROD_KEY — required, shop/prod.py line 2 reads it"
    ]


@pytest.mark.parametrize(
    "manage",
    [
        MANAGE,
        'import os\ndef main():\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"\n',
    ],
)
def test_each_commit_has_the_settings_that_its_manage_py_names(
    change: Changed, manage: str
) -> None:
    after = {
        "manage.py": manage.replace("shop.settings", "config.live"),
        "config/live.py": LIVE["shop/settings.py"] + "os.environ['MORE']\n",
        "shop/settings.py": None,
    }
    assert lines(change, after, {**LIVE, "manage.py": manage}) == [
        "- [ ] env: MORE — required, config/live.py line 4 reads it"
    ]


def test_an_application_without_settings_has_nothing_to_say(change: Changed) -> None:
    assert lines(change, {"manage.py": "("}, {"manage.py": ""}) == []
