"""Which environment variables settings of many shapes read, and whether they must be there."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest
from ansible_collections.slipway.django.plugins.module_utils import reading_values
from ansible_collections.slipway.django.plugins.module_utils.reading_helpers import own_defaults
from ansible_collections.slipway.django.plugins.module_utils.reading_levels import (
    OPEN,
    OPTIONAL,
    REQUIRED,
    Read,
    Reads,
)
from ansible_collections.slipway.django.plugins.module_utils.variable_reads import of_settings

ROOT = Path(__file__).parents[3]


def reads(text: str, module: str = "shop.settings", **others: str) -> Reads:
    """What settings read; `others` are more modules, a__b for a.b, and packages end in __."""
    sources = {module: (f"{module.replace('.', '/')}.py", dedent(text))}
    for name, source in others.items():
        dotted = name.strip("_").replace("__", ".")
        tail = "/__init__.py" if name.endswith("__") else ".py"
        sources[dotted] = (dotted.replace(".", "/") + tail, dedent(source))
    return of_settings(module, sources.get)


def levels(found: Reads) -> dict[str, str]:
    """The level of each variable."""
    return {name: found.level(name) for name in found.names}


ENV = "import environ\nenv = environ.Env(DEBUG=(bool, False), PORT=int)\n"
CONFIG = "from decouple import config, Csv\n"
OS = "import os\n"
RAISING = """
import os
from django.core.exceptions import ImproperlyConfigured

def get_env_variable(name, default=None):
    try:
        return os.environ[name]
    except KeyError:
        if default is not None:
            return default
        raise ImproperlyConfigured(f"Set {name}.")

"""
LOOKUP = "import os\ndef env(name, default=None):\n    return os.environ.get(name, default)\n\n"
CHECKED = """
from os import environ, getenv as g

def need(key, fallback=None, cast=str):
    value = environ.get(key)
    if value:
        return cast(value)
    if fallback is None:
        raise RuntimeError(key)
    return fallback

"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OS + 'A = os.environ["X"]', {"X": REQUIRED}),
        ("import os.path\nimport os.path as p\nA = os.environ['X']", {"X": REQUIRED}),
        (
            OS + "def read(s):\n    if path := os.getenv(s + '_FILE'):\n"
            "        if not path.is_file():\n            raise OSError(path)\n"
            "    return os.getenv(s)\nA = read('X')",
            {"X_FILE": OPTIONAL, "X": OPEN},
        ),
        (OS + 'A = {"b": [os.environ["X"].split(",")]}', {"X": REQUIRED}),
        (OS + 'A = os.environ.get("X")', {"X": OPEN}),
        (OS + 'A = os.environ.get("X", None)', {"X": OPTIONAL}),
        (OS + 'A = os.environ.get("X", default="")', {"X": OPTIONAL}),
        (OS + 'A = os.getenv("X", os.environ["Y"])', {"X": OPTIONAL, "Y": REQUIRED}),
        (OS + 'A = os.getenv("X").split(",")', {"X": REQUIRED}),
        (OS + 'A = int(os.getenv("X"))', {"X": REQUIRED}),
        (OS + 'A = os.getenv("X") or "y"', {"X": OPTIONAL}),
        (OS + 'A = os.getenv("X") == "1"', {"X": OPTIONAL}),
        (OS + 'A = os.getenv("X", "") in ("1", "yes")', {"X": OPTIONAL}),
        (OS + 'A = os.environ["X"] if "X" in os.environ else None', {"X": OPTIONAL}),
        (OS + 'if "X" in os.environ:\n    A = os.environ["X"]', {"X": OPTIONAL}),
        (OS + 'if DEBUG:\n    A = 1\nelse:\n    A = os.environ["X"]', {"X": OPEN}),
        (OS + 'if os.environ["X"] == "prod":\n    A = 1', {"X": REQUIRED}),
        (OS + 'A = os.getenv("X")\nif A:\n    import sentry_sdk', {"X": OPTIONAL}),
        (OS + 'A = os.getenv("X")\nif not A:\n    raise ValueError("X")', {"X": REQUIRED}),
        (OS + 'A = os.getenv("X")\nif A is None or len(A) < 9:\n    exit(1)', {"X": REQUIRED}),
        (OS + 'A = os.getenv("X")\nif not A and not DEBUG:\n    raise ValueError', {"X": OPEN}),
        (OS + 'A = os.getenv("X")\nif not A:\n    A = "dev"', {"X": OPTIONAL}),
        (OS + 'if (A := os.getenv("X")):\n    B = A', {"X": OPTIONAL}),
        (OS + 'assert os.getenv("X"), "X"', {"X": REQUIRED}),
        (OS + 'try:\n    A = os.environ["X"]\nexcept KeyError:\n    A = 1', {"X": OPTIONAL}),
        (
            OS + 'try:\n    A = os.environ["X"]\nexcept KeyError:\n    raise SystemExit',
            {"X": REQUIRED},
        ),
        (OS + 'try:\n    A = os.environ["X"]\nexcept ImportError:\n    pass', {"X": REQUIRED}),
        (
            OS + "import contextlib\nwith contextlib.suppress(OSError, KeyError):\n"
            '    A = os.environ["X"]\nB = os.environ["Y"]',
            {"X": OPTIONAL, "Y": REQUIRED},
        ),
        (
            ENV + "from contextlib import suppress as quiet\n"
            'with open("x"), quiet(ImproperlyConfigured):\n    A = env("X")',
            {"X": OPTIONAL},
        ),
        (
            OS + "import contextlib\nwith contextlib.suppress(FileNotFoundError):\n"
            '    A = os.environ["X"]',
            {"X": REQUIRED},
        ),
        (OS + 'os.environ.setdefault("X", "1")\nA = os.environ["X"]', {"X": OPTIONAL}),
        (OS + 'os.environ["X"] = "1"\nA = os.environ["X"]', {"X": OPTIONAL}),
        (OS + 'A = os.environ["X"]\nB = os.environ.get("X", "1")', {"X": REQUIRED}),
        (
            OS + 'P = "SHOP_"\nA = os.environ[P + "X"]\nB = os.environ[f"{P}Y"]',
            {"SHOP_X": REQUIRED, "SHOP_Y": REQUIRED},
        ),
        (OS + 'for name in NAMES:\n    A = os.environ["X"]', {"X": OPEN}),
        (OS + 'class A:\n    b = os.environ["X"]', {"X": REQUIRED}),
        (OS + 'def later():\n    return os.environ["X"]', {"X": OPEN}),
        (OS + 'def now():\n    return os.environ["X"]\nA = now()', {"X": REQUIRED}),
        (OS + 'A = os.environ[NAME]\nB = os.getenv(f"{a}_X")', {}),
        (
            "from os import environ, getenv as g\nA = environ['X']\nB = g('Y')",
            {"X": REQUIRED, "Y": OPEN},
        ),
        ("from os import environ as env\nA = env['X']", {"X": REQUIRED}),
        ("import os as o\ne = o.environ\nA = e['X']", {"X": REQUIRED}),
        ("A = settings['X']\nB = env('Y')\nC = config('Z')", {}),
        (
            ENV + 'A = env("X")\nB = env.bool("DEBUG")\nC = env("PORT")',
            {"X": REQUIRED, "DEBUG": OPTIONAL, "PORT": REQUIRED},
        ),
        (ENV + 'A = env("X", default=None)\nB = env.str("Y", "z")', {"X": OPTIONAL, "Y": OPTIONAL}),
        (
            ENV + 'A = env("X", int)\nB = env("Y", int, 3)\n'
            'C = env.list("Z", str)\nD = env.list("L", [])',
            {"X": REQUIRED, "Y": OPTIONAL, "Z": REQUIRED, "L": OPTIONAL},
        ),
        (
            ENV + 'A = {"default": env.db()}\n'
            'B = env.cache(default="locmem://")\nC = env.email_url("M")',
            {"DATABASE_URL": REQUIRED, "CACHE_URL": OPTIONAL, "M": REQUIRED},
        ),
        (ENV + 'A = env.db("X", default="sqlite:///db")', {"X": OPTIONAL}),
        ("from environ import Env\nA = Env()('X')", {"X": REQUIRED}),
        (
            "import environ\nenv = environ.FileAwareEnv()\nenv.prefix = 'SHOP_'\nA = env('X')",
            {"SHOP_X": REQUIRED},
        ),
        (
            "from environs import Env\nenv = Env()\nA = env('X')\n"
            "B = env('Y', 'z')\nC = env.int('Z')",
            {"X": REQUIRED, "Y": OPTIONAL, "Z": REQUIRED},
        ),
        (
            "from environs import env\nwith env.prefixed('DB_'):\n"
            "    A = env('HOST')\nB = env('X')",
            {"DB_HOST": REQUIRED, "X": REQUIRED},
        ),
        (
            "from environs import Env\nenv = Env()\n"
            "A = env.dj_db_url('X')\nB = env.list('Y', subcast=int)",
            {"X": REQUIRED, "Y": REQUIRED},
        ),
        (
            CONFIG + 'A = config("X")\nB = config("Y", default=1, cast=int)\nC = config("Z", "")',
            {"X": REQUIRED, "Y": OPTIONAL, "Z": OPTIONAL},
        ),
        (
            "from decouple import Config, RepositoryEnv\n"
            "c = Config(RepositoryEnv('.env'))\nA = c('X')",
            {"X": REQUIRED},
        ),
        ("import decouple\nA = decouple.config('X', cast=bool)", {"X": REQUIRED}),
        (
            "import dj_database_url\nA = dj_database_url.config(conn_max_age=60)",
            {"DATABASE_URL": OPEN},
        ),
        (
            "import dj_database_url as d\nA = d.config(default='sqlite://')",
            {"DATABASE_URL": OPTIONAL},
        ),
        ("import dj_database_url, os\nA = dj_database_url.parse(os.environ['X'])", {"X": REQUIRED}),
        (
            RAISING + 'A = get_env_variable("X")\nB = get_env_variable("Y", "z")',
            {"X": REQUIRED, "Y": OPTIONAL},
        ),
        (RAISING + 'if DEBUG:\n    A = get_env_variable("X")', {"X": OPEN}),
        (
            LOOKUP + 'A = env("X")\nB = env("Y", "")\nC = env("Z", default=[])',
            {"X": OPEN, "Y": OPTIONAL, "Z": OPTIONAL},
        ),
        (LOOKUP.replace("None", "''") + 'A = env("X")', {"X": OPTIONAL}),
        (
            CHECKED + 'A = need("X")\nB = need("Y", "z")\nC = need("Z", cast=int)\nD = g("V")',
            {"X": REQUIRED, "Y": OPTIONAL, "Z": REQUIRED, "V": OPEN},
        ),
        (
            OS + "def flag(name):\n    return os.getenv(name, 'no') == 'yes'\nA = flag('X')",
            {"X": OPTIONAL},
        ),
        (
            OS + "def flag(name, default=False):\n    if name not in os.environ:\n"
            "        return default\n    return os.environ[name] == '1'\nA = flag('X')",
            {"X": OPTIONAL},
        ),
        (
            OS + "def get(name, required=False):\n"
            "    v = os.getenv(name)\n    if required and not v:\n"
            "        raise KeyError(name)\n    return v\nA = get('X')\nB = get('Y', required=True)",
            {"X": OPEN, "Y": REQUIRED},
        ),
        (
            LOOKUP + "def items(name, default=None):\n    return env(name, default).split()\n"
            "A = items('X')\nB = os.environ['Y']",
            {"X": OPEN, "Y": REQUIRED},
        ),
        (OS + "env = lambda name: os.environ[name]\nA = env('X')", {}),
        (OS + "with open('x') as f:\n    A = os.environ['X']", {"X": REQUIRED}),
        ("from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    key: str", {}),
        (
            OS + "match os.environ['X']:\n    case 'a':\n        A = os.environ['Y']",
            {"X": REQUIRED, "Y": OPEN},
        ),
        (OS + 'A = os.environ["X"', {}),
        ("A = 1 +\x00", {}),
    ],
)
def test_what_settings_read_and_whether_it_must_be_there(
    text: str, expected: dict[str, str]
) -> None:
    assert levels(reads(text)) == expected


OTHERWISE = "\nif A not in ('a', 'b'):\n    raise ValueError(A)"


@pytest.mark.parametrize(
    "text",
    [
        OS + 'A = os.getenv("X", "a")' + OTHERWISE,
        OS + 'A = os.getenv("X", default="a")\nassert A in ("a", "b")',
        OS + 'D = "a"\nA = os.environ.get("X", D)' + OTHERWISE,
        OS + 'A = os.getenv("X") or "a"' + OTHERWISE,
        OS + 'A = os.getenv("X", "https://a")\nif not urlparse(A).scheme:\n    raise ValueError',
        OS + 'if os.getenv("X", "a") not in ("a", "b"):\n    raise ValueError',
        OS + 'A = os.getenv("X", "a")\nif A == "b":\n    pass\nelse:\n    exit(1)',
        CONFIG + 'A = config("X", default="Us <a@b>")\nassert parseaddr(A)[1].count("@") == 1',
        CONFIG + 'A = config("X", default=5, cast=int)\nassert A > 3',
        "from environ import Env\nenv = Env(X=(str, 'a'))\nA = env('X')" + OTHERWISE,
        "from environs import Env\nenv = Env()\nA = env.list('X', ['a'])\nassert A[0]",
    ],
)
def test_a_variable_whose_default_is_checked_is_not_needed(text: str) -> None:
    assert levels(reads(text)) == {"X": OPTIONAL}


@pytest.mark.parametrize(
    "text",
    [
        OS + 'A = os.getenv("X", "")\nassert A',
        OS + 'A = os.getenv("X", None)\nif A is None:\n    raise ValueError',
        OS + 'A = os.getenv("X") or ""\nassert A',
        OS + 'A = os.getenv("X", "a")\nB = os.getenv("X")\nif not B:\n    raise ValueError',
        OS + 'A = os.getenv("X", "a")\nassert A + os.getenv("X")',
        CONFIG + 'A = config("X", default="")\nif not A:\n    raise ValueError',
        "from environ import Env\nenv = Env(X=(str, ''))\nA = env('X')\nassert A",
        "from environs import Env\nenv = Env()\nA = env.list('X', [])\nassert A",
    ],
)
def test_a_default_that_is_nothing_does_not_stand_a_check(text: str) -> None:
    assert levels(reads(text))["X"] == REQUIRED


BASE = "import environ\nenv = environ.Env(DEBUG=(bool, False))\nA = env('X')\n"


@pytest.mark.parametrize(
    ("text", "others", "expected"),
    [
        (
            "from .base import *\nB = env('Y')\nC = env.bool('DEBUG')",
            {"shop__settings__": "", "shop__settings__base": BASE},
            {"X": REQUIRED, "Y": REQUIRED, "DEBUG": OPTIONAL},
        ),
        (
            "from .base import env\nif DEBUG:\n    from .extra import *",
            {
                "shop__settings__base": BASE,
                "shop__settings__extra": "from .base import env\nenv('E')",
            },
            {"X": REQUIRED, "E": OPEN},
        ),
        (
            "from config.env import BASE_DIR, env\nA = env('Y')",
            {"config__": "", "config__env": "import environ\nenv = environ.Env()"},
            {"Y": REQUIRED},
        ),
        (
            "import a.parts\nB = a.parts.env('Y')",
            {"a__": "import os\nA = os.environ['P']", "a__parts": BASE},
            {"P": REQUIRED, "X": REQUIRED, "Y": REQUIRED},
        ),
        (
            "from shop import env\nA = env.text('X')\nB = env.text('Y', 'z')",
            {"shop__": "", "shop__env": RAISING.replace("get_env_variable", "text")},
            {"X": REQUIRED, "Y": OPTIONAL},
        ),
        (
            "from ..helpers import get_env_variable as need\nA = need('X')",
            {"shop__": "", "shop__settings__": "", "shop__helpers": RAISING},
            {"X": REQUIRED},
        ),
        (
            "try:\n    from .local import *\nexcept ImportError:\n    pass",
            {"shop__settings__": ""},
            {},
        ),
        (
            "from split_settings.tools import include, optional\n"
            "include('parts/mail.py', optional('x.py'))",
            {"shop__settings__parts__mail": "import os\nA = os.environ['M']"},
            {"M": REQUIRED},
        ),
        (
            "from .a import *\nimport os\nX = os.environ['X']",
            {"shop__settings__a": "from .live import X"},
            {"X": REQUIRED},
        ),
    ],
    ids=[
        *("star", "in a branch", "an env elsewhere", "parts", "helpers of a module", "above"),
        *("not there", "split settings", "in a circle"),
    ],
)
def test_modules_of_the_repository_are_followed_as_they_are_imported(
    text: str, others: dict[str, str], expected: dict[str, str]
) -> None:
    assert levels(reads(text, module="shop.settings.live", **others)) == expected


def test_a_read_is_told_by_file_and_line_a_helper_s_where_it_is_called() -> None:
    found = reads("from .base import *\nA = get_env_variable('X')\n", shop__base=RAISING)
    assert found.names["X"] == Read(REQUIRED, "shop/settings.py", 2)
    assert found.paths == ["shop/settings.py", "shop/base.py"]


def test_settings_that_are_not_in_the_repository_read_nothing() -> None:
    found = of_settings("somebody.settings", lambda _name: None)
    assert (found.names, found.paths) == ({}, [])


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("from dotenv import load_dotenv\nload_dotenv()", {".env"}),
        ("import dotenv\ndotenv.load_dotenv(BASE_DIR / 'conf' / 'live.env')", {"conf/live.env"}),
        (ENV + "environ.Env.read_env(os.path.join(BASE_DIR, '.envs', '.live'))", {".envs/.live"}),
        (ENV + "if DEBUG:\n    env.read_env(env_file)", {".env"}),
        (CONFIG + "A = config('X')", {".env", "settings.ini"}),
        ("from environs import Env\nenv = Env()\nenv.read_env()", {".env"}),
        (OS + "A = os.environ['X']", set()),
    ],
)
def test_files_that_settings_take_variables_from_are_known(text: str, files: set[str]) -> None:
    assert reads(text).files == files


@pytest.mark.parametrize(
    ("place", "module", "required"),
    [
        ("examples/demo", "demo.settings", set()),
        ("tests/e2e/apps/tide", "tide.settings", {"SECRET_KEY", "ALLOWED_HOSTS"}),
        ("tests/e2e/apps/ledger", "ledger.settings", {"DJANGO_SECRET_KEY"}),
        (
            "tests/e2e/apps/boats/services/web",
            "config.settings.production",
            {"SECRET_KEY", "ALLOWED_HOSTS", "STATIC_ROOT"},
        ),
    ],
)
def test_the_applications_of_this_repository_are_read_as_a_person_reads_them(
    place: str, module: str, required: set[str]
) -> None:
    def source_of(name: str) -> tuple[str, str] | None:
        base = ROOT / place / name.replace(".", "/")
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return str(path), path.read_text()
        return None

    found = of_settings(module, source_of)
    assert found.paths
    assert set(found.at(REQUIRED)) == required


MESH = "".join(
    f"def f{number}(x):\n" + "".join(f"    f{other}(x)\n" for other in range(12))
    for number in range(12)
)


@pytest.mark.parametrize("calls", ["", "f0('X')\n" * 12], ids=["by nobody", "by the settings"])
def test_functions_that_call_each_other_are_not_followed_for_ever(
    monkeypatch: pytest.MonkeyPatch, calls: str
) -> None:
    followed: list[str] = []

    def counted(function: ast.FunctionDef) -> dict[str, ast.expr]:
        followed.append(function.name)
        assert len(followed) < 2000
        return own_defaults(function)

    monkeypatch.setattr(reading_values, "own_defaults", counted)
    found = reads(f"{RAISING}{MESH}{calls}")
    assert (len(followed) > 12, found.names) == (True, {})


def test_what_settings_call_is_followed_whatever_functions_that_nobody_calls_do() -> None:
    calls = "".join(f"A = get_env_variable('X{number}')\n" for number in range(300))
    found = reads(f"{RAISING}{MESH}{calls}")
    assert len(found.at(REQUIRED)) == 300


def test_modules_that_are_too_long_to_be_settings_are_not_read() -> None:
    long = "A = 1\n" * 200_000 + "import os\nos.environ['Y']"
    found = reads("from .long import *\nfrom .base import *", shop__long=long, shop__base=BASE)
    assert (levels(found), found.paths[1:]) == ({"X": REQUIRED}, ["shop/base.py"])


@pytest.mark.parametrize(
    "deep",
    [
        "-" * 5000 + "1",
        # The parser itself gives up, with a MemoryError.
        "-" * 50_000 + "1",
        "a" + ".b" * 600,
        "a" + " + b" * 600,
        "a" + "()" * 600,
        "1" + " if a else 1" * 600,
    ],
)
def test_settings_nested_too_deep_to_be_read_are_left_alone(deep: str) -> None:
    found = reads(f"from .deep import *\n{OS}os.environ['X']", shop__deep=f"A = {deep}")
    assert found.at(REQUIRED) == {"X": Read(REQUIRED, "shop/settings.py", 3)}
    assert reads(f"A = {deep}").names == {}


def test_a_parameter_may_have_the_name_of_its_own_default() -> None:
    text = (
        "default = ''\ndef env(name, default=default):\n    return os.environ.get(default + name)"
    )
    assert reads(f"{OS}{text}\nenv('X')\nos.environ['Y']").at(REQUIRED).keys() == {"Y"}
