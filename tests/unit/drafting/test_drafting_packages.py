"""The packages that the next deploy brings, by the locks of two commits."""

import json

import pytest

from slipway.drafting import packages as drafting_packages
from slipway.drafting.pinned import Choice
from tests.unit.drafting.conftest import Changed

PROJECT = """\
[tool.black]
exclude = '''[
/(
'''

[project]
name = "My.Shop"
version = "1.0"
requires-python = ">=3.12"
dependencies = [
    "django>=5.2,<6",  # "requests" is [gone]
    'httpx[http2] ; python_version > "3.8"',
]

[project.optional-dependencies]
mail = ["anymail"]

[dependency-groups]
test = ["pytest>=8"]
"""


def uv(**versions: str) -> str:
    """A lock of uv: the application needs django and httpx, these others; tests need pytest."""
    needs = {
        "my-shop": ["django", "httpx", "requests"],
        "django": ["asgiref", "sqlparse", "tzdata"],
        "httpx": ["anyio"],
        "pytest": ["pluggy"],
    }
    text = 'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n'
    for name, version in {"my-shop": "1.0", **versions}.items():
        source = 'virtual = "."' if name == "my-shop" else 'registry = "https://pypi.org/simple"'
        text += f'\n[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ {source} }}\n'
        entries = []
        for need in needs.get(name, ()):
            marker = ", marker = \"sys_platform == 'win32'\"" if need == "tzdata" else ""
            extra = ', extra = ["http2"]' if need == "httpx" else ""
            entries.append(f'    {{ name = "{need}"{extra}{marker} }},\n')
        if entries:
            text += f"dependencies = [\n{''.join(entries)}]\n"
        text += 'wheels = [\n    { url = "https://x/[y", hash = "sha256:1", size = 1 },\n]\n'
        if name == "my-shop":
            text += '\n[package.optional-dependencies]\nmail = [\n    { name = "anymail" },\n]\n'
            text += '\n[package.dev-dependencies]\ntest = [\n    { name = "pytest" },\n]\n'
            text += '\n[package.metadata]\nrequires-dist = [{ name = "other" }]\n'
        if name == "httpx":
            text += '\n[package.optional-dependencies]\nhttp2 = [\n    { name = "h2" },\n]\n'
    return text


def told(change: Changed, before: dict[str, str], after: dict[str, str], **how: object) -> str:
    """The line of packages, and nothing if there is none."""
    items = drafting_packages.items(change(before, dict(after), **how))
    return next((item.what for item in items if item.kind == "packages"), "")


def locked(**versions: str) -> dict[str, str]:
    """An application with such a lock."""
    return {"pyproject.toml": PROJECT, "uv.lock": uv(**versions)}


def test_packages_are_new_changed_and_removed(change: Changed) -> None:
    before = locked(django="5.2.1", asgiref="3.8", requests="2.32")
    after = locked(django="5.2.3", asgiref="3.9", httpx="0.28.1", anyio="4")
    assert told(change, before, after) == (
        "httpx 0.28.1 (new), django 5.2.1 → 5.2.3, anyio 4 (new), asgiref 3.8 → 3.9, "
        "requests (removed)"
    )


def test_what_a_server_does_not_get_is_no_news(change: Changed) -> None:
    before = locked(django="5.2.1", pytest="8", tzdata="1", anymail="1")
    after = locked(django="5.2.1", pytest="9", pluggy="1", tzdata="2", anymail="2", stray="1")
    assert told(change, before, after) == ""


def test_the_version_of_the_project_is_no_news(change: Changed) -> None:
    before = locked(django="5.2.1")
    later = {"uv.lock": before["uv.lock"].replace('"1.0"', '"2.0"')}
    assert told(change, before, later) == ""


def test_groups_and_extras_that_are_deployed_count(change: Changed) -> None:
    before = locked(django="5.2.1", pytest="8", anymail="1")
    after = locked(django="5.2.1", pytest="9", pluggy="1", anymail="2")
    choice = Choice("auto", groups=("test",), extras=("mail",))
    assert told(change, before, after, choice=choice) == (
        "anymail 1 → 2, pytest 8 → 9, pluggy 1 (new)"
    )


def test_the_extras_of_a_package_bring_more(change: Changed) -> None:
    before = locked(httpx="1", h2="4")
    assert told(change, before, locked(httpx="1", h2="5")) == "h2 4 → 5"


def test_groups_that_uv_installs_unasked_count(change: Changed) -> None:
    before = locked(django="5.2.1", pytest="8")
    before["pyproject.toml"] += '\n[tool.uv]\ndefault-groups = ["test"]\n'
    after = {"uv.lock": uv(django="5.2.1", pytest="9")}
    assert told(change, before, after) == "pytest 8 → 9"


def test_all_groups_but_dev_count_where_uv_installs_all_unasked(change: Changed) -> None:
    before = locked(django="5.2.1", pytest="8", ruff="1")
    before["pyproject.toml"] = PROJECT.replace("test =", 'dev = ["ruff"]\nTest =')
    before["pyproject.toml"] += '\n[tool.uv]\ndefault-groups = "all"\n'
    entry = '[package.dev-dependencies]\ndev = [\n    { name = "ruff" },\n]\n'
    before["uv.lock"] = before["uv.lock"].replace("[package.dev-dependencies]\n", entry)
    after = {"uv.lock": before["uv.lock"].replace('"8"', '"9"').replace('"1"', '"2"')}
    assert told(change, before, after) == "pytest 8 → 9"


def test_another_commit_of_a_package_from_git_is_a_change(change: Changed) -> None:
    before = locked(django="5.2.1")
    git = '{{ git = "https://token@x/django?rev=main#{}" }}'
    texts = [
        before["uv.lock"].replace(
            '{ registry = "https://pypi.org/simple" }', git.format(digit * 40)
        )
        for digit in "ab"
    ]
    before["uv.lock"] = texts[0]
    said = told(change, before, {"uv.lock": texts[1]})
    assert said == "django 5.2.1 at aaaaaaa → 5.2.1 at bbbbbbb"


def test_a_member_of_a_workspace_has_its_own_needs(change: Changed) -> None:
    member = PROJECT.replace("My.Shop", "other")
    before = {**locked(django="5.2.1", asgiref="3"), "apps/other/pyproject.toml": member}
    entry = '\n[[package]]\nname = "other"\nversion = "1"\nsource = { editable = "apps/other" }\n'
    before["uv.lock"] += entry + 'dependencies = [\n    { name = "asgiref" },\n]\n'
    after = {"uv.lock": before["uv.lock"].replace("5.2.1", "5.2.3").replace('"3"', '"4"')}
    assert told(change, before, after, place="apps/other") == "asgiref 3 → 4"


def test_a_long_list_is_cut_with_counts(change: Changed) -> None:
    pins = {f"p{number:02}": "1" for number in range(20)}
    before = {"requirements.txt": "".join(f"{name}=={v}\n" for name, v in pins.items())}
    after = {"requirements.txt": before["requirements.txt"].replace("==1", "==2") + "new==1\n"}
    after["requirements.txt"] = after["requirements.txt"].replace("p00==2\n", "")
    said = told(change, before, after)
    assert said.startswith("new 1 (new), p01 1 → 2, p02 1 → 2,")
    assert said.endswith("p11 1 → 2 and 9 more (8 changed, 1 removed)")


POETRY = """\
[tool.poetry]
name = "shop"

[tool.poetry.dependencies]
python = "^3.12"
Django = "^5.2"
storages = {version = "^1", extras = ["s3"]}
redis = {version = "^5", optional = true}

[tool.poetry.extras]
cache = ["redis"]

[tool.poetry.group.dev.dependencies]
pytest = "^8"
"""


def poetry(text: str, *, groups: bool) -> str:
    """A lock of Poetry: lines of name, version and groups; before 2 without the latter."""
    found = ""
    for name, version, group in (line.split() for line in text.splitlines()):
        found += f'[[package]]\nname = "{name}"\nversion = "{version}"\noptional = false\n'
        found += f'groups = ["{group}"]\n' if groups else ""
        if groups and name == "redis":
            found += "markers = \"extra == 'cache'\"\n"
        if groups and name == "pywin32":
            found += "markers = {main = \"sys_platform == 'win32'\", dev = \"os_name == 'nt'\"}\n"
        found += 'files = [\n    {file = "x.whl", hash = "sha256:1"},\n]\n\n'
        if name == "Django":
            found += '[package.dependencies]\nasgiref = ">=3"\n'
            found += 'pywin32 = {version = "*", markers = "sys_platform == \\"win32\\""}\n\n'
        if name == "storages":
            found += '[package.dependencies]\nboto3 = {version = "*", optional = true, '
            found += 'markers = "extra == \\"s3\\""}\n\n[package.extras]\ns3 = ["boto3 (>=1)"]\n\n'
    return f'{found}[metadata]\nlock-version = "2.1"\n'


BEFORE = "Django 5.2.1 main\nstorages 1 main\npytest 8 dev\npywin32 1 main\nredis 5 main\n"
AFTER = BEFORE.replace("5.2.1", "5.2.3").replace("test 8", "test 9").replace("32 1", "32 2")
AFTER = AFTER.replace("redis 5", "redis 6") + "asgiref 3 main\nboto3 1 main\npluggy 1 dev\n"


@pytest.mark.parametrize("groups", [True, False], ids=["of Poetry 2", "older"])
def test_a_lock_of_poetry_is_read(change: Changed, groups: bool) -> None:
    before = {"pyproject.toml": POETRY, "poetry.lock": poetry(BEFORE, groups=groups)}
    after = {"poetry.lock": poetry(AFTER, groups=groups)}
    assert told(change, before, after) == ("django 5.2.1 → 5.2.3, asgiref 3 (new), boto3 1 (new)")


@pytest.mark.parametrize("groups", [True, False], ids=["of Poetry 2", "older"])
def test_groups_and_extras_of_poetry_count(change: Changed, groups: bool) -> None:
    before = {"pyproject.toml": POETRY, "poetry.lock": poetry(BEFORE, groups=groups)}
    after = {"poetry.lock": poetry(BEFORE.replace("8", "9").replace("s 5", "s 6"), groups=groups)}
    choice = Choice("auto", groups=("dev",), extras=("cache",))
    assert told(change, before, after, choice=choice) == "pytest 8 → 9, redis 5 → 6"


def test_one_of_several_ways_to_need_a_package_is_enough(change: Changed) -> None:
    ways = """[
    {version = "<4", markers = "sys_platform == 'win32'"},
    {version = ">=3", markers = "sys_platform == 'linux'"},
]"""
    lock = poetry("Django 5.2.1 main\nasgiref 3 main\n", groups=False).replace('">=3"', ways)
    after = {"poetry.lock": lock.replace('"3"', '"4"')}
    before = {"pyproject.toml": POETRY, "poetry.lock": lock}
    assert told(change, before, after) == "asgiref 3 → 4"


def test_a_lock_of_pipenv_is_read(change: Changed) -> None:
    def lock(**versions: str) -> str:
        pins = {name: {"version": f"=={version}"} for name, version in versions.items()}
        pins["colorama"] = {"version": "==1", "markers": "sys_platform == 'win32'"}
        return json.dumps({"default": pins, "develop": {"pytest": pins[min(versions)]}})

    pipfile = '[packages]\nsqlparse = "*"\n\n[requires]\npython_version = "3.12"\n'
    before = {"Pipfile": pipfile, "Pipfile.lock": lock(django="5.2.1")}
    after = {"Pipfile.lock": lock(django="5.2.3", sqlparse="0.5")}
    assert told(change, before, after) == "sqlparse 0.5 (new), django 5.2.1 → 5.2.3"


REQUIREMENTS = {
    "requirements.txt": "-r requirements/base.txt\n-c pins.txt\ngunicorn\n--index-url https://x/y\n",
    "requirements/base.txt": "Django[argon2]==5.2.1 \\\n  --hash=sha256:1 \\\n  --hash=sha256:2\n"
    "# requests==2\nhttpx >= 0.27, < 1 # why\nlib @ git+https://user:secret@x/lib.git@v1\n"
    "pywin32==1; sys_platform == 'win32'\n-e ./own\n-r more.txt\n",
    "requirements/more.txt": "zipp==1\n",
    "pins.txt": "gunicorn==27.0\nunasked==1\n",
}


def test_requirements_are_read_with_what_they_include(change: Changed) -> None:
    after = {
        "requirements/base.txt": REQUIREMENTS["requirements/base.txt"]
        .replace("5.2.1", "5.2.3")
        .replace("< 1", "< 2")
        .replace("@v1", "@v2")
        .replace("pywin32==1", "pywin32==2"),
        "pins.txt": "gunicorn==27.1\nunasked==2\n",
        "requirements/more.txt": "zipp==2\n",
    }
    assert told(change, REQUIREMENTS, after) == (
        "django 5.2.1 → 5.2.3, gunicorn 27.0 → 27.1, httpx >=0.27,<1 → >=0.27,<2, "
        "lib lib.git@v1 → lib.git@v2, zipp 1 → 2"
    )


def test_what_is_not_pinned_is_named_without_a_version(change: Changed) -> None:
    before = {"requirements.txt": "django\nhttpx\n"}
    assert told(change, before, {"requirements.txt": "django==5\nredis\n"}) == (
        "redis (new), django unpinned → 5, httpx (removed)"
    )


def test_files_that_include_each_other_end(change: Changed) -> None:
    before = {"requirements.txt": "-r b.txt\n", "b.txt": "-r requirements.txt\ndjango==1\n"}
    after = {"b.txt": "-r requirements.txt\ndjango==2\n-r missing.txt\n"}
    assert told(change, before, after) == "django 1 → 2"


def test_what_somebody_asked_for_comes_before_what_a_tool_added(change: Changed) -> None:
    before = {"requirements.in": "zipp\n", "requirements.txt": "asgiref==1\nzipp==1\n"}
    after = {"requirements.txt": "asgiref==2\nzipp==2\n"}
    assert told(change, before, after) == "zipp 1 → 2, asgiref 1 → 2"


@pytest.mark.parametrize(
    ("requirements", "said"),
    [
        ("auto", "django 1 → 2"),
        ("requirements/prod.txt", "httpx 1 → 2"),
        ("../base.txt", "redis 1 → 2"),
        ("missing.txt", ""),
    ],
)
def test_the_lock_is_the_one_that_the_deploy_takes(
    change: Changed, requirements: str, said: str
) -> None:
    names = {
        "web/requirements.txt": "django",
        "web/requirements/prod.txt": "httpx",
        "base.txt": "redis",
        "requirements.txt": "far",
        "pyproject.toml": "x",
    }
    before, after = ({path: f"{name}=={n}" for path, name in names.items()} for n in (1, 2))
    assert told(change, before, after, place="web", choice=Choice(requirements)) == said


def test_a_project_that_nothing_pins_says_what_it_asks_for(change: Changed) -> None:
    after = {"pyproject.toml": PROJECT.replace(">=5.2", ">=5.3").replace('"1.0"', '"2.0"')}
    assert told(change, {"pyproject.toml": PROJECT}, after) == "django >=5.2,<6 → >=5.3,<6"


DOTTED = """\
project.name = "my-shop"
project.requires-python = ">=3.12"
project.dependencies = ["django"]
tool.uv.default-groups = ["test"]
"""
INLINE = """\
project = { name = "my-shop", requires-python = ">=3.12", dependencies = ["django"] }
tool = { uv = { default-groups = ["test"] } }
"""


@pytest.mark.parametrize("text", [DOTTED, INLINE], ids=["dotted keys", "inline tables"])
def test_a_project_may_be_written_without_headers(change: Changed, text: str) -> None:
    before = {"pyproject.toml": text, "uv.lock": uv(django="1", asgiref="1", pytest="1", stray="1")}
    after = {"uv.lock": before["uv.lock"].replace('"1"', '"2"')}
    assert told(change, before, after) == "django 1 → 2, asgiref 1 → 2, pytest 1 → 2"


@pytest.mark.parametrize(
    ("path", "text", "asked"),
    [
        ("pyproject.toml", PROJECT, ">=3.12"),
        ("pyproject.toml", DOTTED, ">=3.12"),
        ("pyproject.toml", INLINE, ">=3.12"),
        ("pyproject.toml", POETRY, "^3.12"),
        ("Pipfile", '[requires]\npython_version = "3.12"\n', "3.12"),
    ],
)
def test_another_python_is_said(change: Changed, path: str, text: str, asked: str) -> None:
    later = text.replace("3.12", "3.13")
    (item,) = drafting_packages.items(change({path: text}, {path: later}))
    assert item.line() == (
        f"- [ ] config: Python {asked.replace('12', '13')} — {asked} before, {path} says so; "
        "django_python_version has to agree"
    )


def test_another_lock_is_said(change: Changed) -> None:
    before = {"pyproject.toml": PROJECT, "requirements.txt": "django==5.2.1\n"}
    after = {"uv.lock": uv(django="5.2.1"), "requirements.txt": None}
    (item,) = drafting_packages.items(change(before, after))
    assert item.line() == (
        "- [ ] config: packages come from uv.lock — requirements.txt before; "
        "compare with django_requirements"
    )


NO_LOCKS = [
    "",
    "[[package",
    "{[",
    "[]",
    '[[package]]\nname = "x"\n',
    "\0",
    f"x = {'[' * 5000}",
    "package = 1\nproject = 1\ntool = 1\n",
    "package = [1, {name = 1, source = 1, dependencies = 1, groups = 1, markers = 1}]\n",
    "project = {name = 1, dependencies = [1]}\ntool = {uv = {default-groups = 1}, poetry = 1}\n",
]


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "Pipfile.lock", "pyproject.toml"])
@pytest.mark.parametrize("text", NO_LOCKS, ids=range(len(NO_LOCKS)))
def test_a_lock_that_is_none_ends_nothing(change: Changed, name: str, text: str) -> None:
    drafting_packages.items(change({name: "x"}, {name: text}))
