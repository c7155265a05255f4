"""Which files pin the packages of an application, wherever in the repository it lies."""

from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import locks
from ansible_collections.slipway.django.plugins.module_utils.locks import Lock
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.plugins.conftest import Files


def find(release: str, requirements: str = "auto", path: str = "", unlocked: bool = False) -> Lock:
    """What pins the packages of an application at the root, if nothing else is said."""
    return locks.find(release, path, requirements, unlocked)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["pyproject.toml", "uv.lock"], ["pyproject.toml", "uv.lock"]),
        (["pyproject.toml", "uv.lock", "requirements.txt"], ["pyproject.toml", "uv.lock"]),
        (["pyproject.toml", "requirements.txt"], ["requirements.txt"]),
        (["pyproject.toml", "poetry.lock"], ["pyproject.toml", "poetry.lock"]),
        (["pyproject.toml", "poetry.lock", "requirements.txt"], ["requirements.txt"]),
        (["Pipfile", "Pipfile.lock"], ["Pipfile", "Pipfile.lock"]),
    ],
)
def test_the_lock_is_found(code: Files, files: list[str], names: list[str]) -> None:
    assert find(code(dict.fromkeys(files, ""))).files == tuple(names)


def test_another_lock_is_taken_where_it_is_named(code: Files) -> None:
    release = code(dict.fromkeys(["pyproject.toml", "poetry.lock", "uv.lock"], ""))
    assert find(release, "poetry.lock").name == "poetry.lock"


@pytest.mark.parametrize(
    "line",
    [
        "-r base.txt",
        "-rbase.txt",
        "-r\tbase.txt",
        "  -r   ./base.txt  # what all share",
        "--requirement base.txt",
        "--requirement=base.txt",
        "-c base.txt",
        "--constraint=base.txt",
    ],
)
def test_a_file_that_another_includes_counts_too(code: Files, line: str) -> None:
    files = {"requirements/prod.txt": f"django\n{line}\n", "requirements/base.txt": ""}
    found = find(code(files), "requirements/prod.txt").files
    assert found == ("requirements/prod.txt", "requirements/base.txt")


@pytest.mark.parametrize(
    "line", ["# -r base.txt", "-r https://example.com/base.txt", "django-r base.txt", "-e ."]
)
def test_what_includes_no_file_of_the_release_adds_none(code: Files, line: str) -> None:
    assert find(code({"requirements.txt": line})).files == ("requirements.txt",)


def test_files_that_include_each_other_are_read_once(code: Files) -> None:
    files = {"a.txt": "-r sub/b.txt\n-r c.txt", "sub/b.txt": "-r ../a.txt", "c.txt": "-r a.txt"}
    assert find(code(files), "a.txt").files == ("a.txt", "sub/b.txt", "c.txt")


@pytest.mark.parametrize(
    ("files", "requirements", "sentence"),
    [
        (
            {"manage.py": ""},
            "auto",
            "The application has neither uv.lock nor requirements.txt at its root: commit one, "
            "or name the file with django_requirements.",
        ),
        (
            {"uv.lock": ""},
            "auto",
            "The application has uv.lock but no pyproject.toml beside it: commit both, "
            "or name another file with django_requirements.",
        ),
        (
            {"requirements.txt": ""},
            "deploy.txt",
            "The application has no deploy.txt: correct django_requirements.",
        ),
        (
            {"requirements.txt": "-r base.txt"},
            "auto",
            "The application has no base.txt: correct django_requirements.",
        ),
        (
            {"Pipfile.lock": ""},
            "auto",
            "The application has Pipfile.lock but no Pipfile beside it: commit both, "
            "or name another file with django_requirements.",
        ),
        (
            {"pyproject.toml": ""},
            "pyproject.toml",
            "The application has pyproject.toml but no lock, so two builds of one commit may get "
            "different packages: run `uv lock` and commit uv.lock, or set django_allow_unlocked.",
        ),
        (
            {"manage.py": ""},
            "poetry.lock",
            "The application has no poetry.lock at its root: commit one, "
            "or name the file with django_requirements.",
        ),
    ],
    ids=[
        "no lock",
        "half a lock",
        "no file",
        "not included",
        "no Pipfile",
        "no lock named",
        "not Poetry's",
    ],
)
def test_a_release_without_its_lock_is_refused(
    code: Files, files: dict[str, str], requirements: str, sentence: str
) -> None:
    with pytest.raises(Failed) as caught:
        find(code(files), requirements)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("name", "text", "is_tied"),
    [
        ("requirements.txt", "django==5.2\n-e ./lib\n", True),
        ("requirements.txt", "./wheels/lib.whl\n", True),
        ("requirements.txt", ".\n", True),
        ("requirements.txt", ".[prod]\n", True),
        ("requirements.txt", "..  # the whole of it\n", True),
        ("requirements.txt", "-e.\n", True),
        ("requirements.txt", "--extra-index-url https://example.com/simple\n", False),
        ("requirements.txt", "wheels/lib-1.0-py3-none-any.whl ; python_version > '3'\n", True),
        ("requirements.txt", "lib @ file:./lib\n", True),
        ("requirements.txt", "lib[fast] @ ./lib\n", True),
        ("requirements.txt", "--find-links wheels\nlib==1\n", True),
        ("requirements.txt", "-f https://example.com/wheels\nlib==1\n", False),
        ("requirements.txt", "lib @ https://example.com/lib.whl\n", False),
        ("requirements.txt", "lib @ git+https://example.com/lib.git\n", False),
        ("pyproject.toml", 'lib = { path = "../lib" }\n', True),
        ("pyproject.toml", "lib = { workspace = true }\n", True),
        ("requirements.txt", "django==5.2 # see ./lib\n-r base.txt\n", False),
        ("uv.lock", 'source = { editable = "packages/lib" }\n', True),
        ("uv.lock", 'source = { directory = "../lib" }\n', True),
        ("poetry.lock", '[package.source]\ntype = "directory"\nurl = "lib"\n', True),
        ("poetry.lock", '[package.source]\ntype = "git"\n', False),
        ("Pipfile.lock", '"lib": {"path": "./lib"}\n', True),
        ("Pipfile.lock", '"lib": {"file": "https://example.com/lib.whl"}\n', False),
        ("uv.lock", 'source = { virtual = "." }\nsource = { editable = "." }\n', False),
    ],
)
def test_packages_of_the_repository_itself_tie_an_environment_to_its_release(
    tmp_path: Path, name: str, text: str, is_tied: bool
) -> None:
    (tmp_path / name).write_text(text)
    assert locks.tied(str(tmp_path), Lock("requirements", "", (name,))) is is_tied


@pytest.mark.parametrize(
    ("files", "path", "place", "names"),
    [
        (
            ["web/pyproject.toml", "web/uv.lock", "uv.lock", "pyproject.toml"],
            "web",
            "web",
            ["web/pyproject.toml", "web/uv.lock"],
        ),
        (
            ["apps/web/pyproject.toml", "pyproject.toml", "uv.lock"],
            "apps/web",
            "apps/web",
            ["apps/web/pyproject.toml", "pyproject.toml", "uv.lock"],
        ),
        (["pyproject.toml", "uv.lock"], "src", "", ["pyproject.toml", "uv.lock"]),
        (["web/requirements.txt", "requirements.txt"], "web", "web", ["web/requirements.txt"]),
        (["requirements.txt", "web/pyproject.toml"], "web", "", ["requirements.txt"]),
        (["web/requirements.txt", "web/pyproject.toml", "web/uv.lock"], "web", "web", None),
    ],
    ids=["its own lock", "a workspace's", "the root's", "its own", "the root's file", "the lock"],
)
def test_the_nearest_lock_is_that_of_an_application_in_a_directory(
    code: Files, files: list[str], path: str, place: str, names: list[str] | None
) -> None:
    found = find(code(dict.fromkeys(files, "")), path=path)
    assert found.place == place
    assert found.files == tuple(names or ["web/pyproject.toml", "web/uv.lock"])


def test_a_file_is_named_from_the_directory_of_the_application(code: Files) -> None:
    release = code({"web/requirements/prod.txt": "-r base.txt", "web/requirements/base.txt": ""})
    found = find(release, "requirements/prod.txt", "web")
    assert found.place == "web"
    assert found.files == ("web/requirements/prod.txt", "web/requirements/base.txt")


def test_the_lock_of_a_workspace_may_be_wanted_beside_requirements(code: Files) -> None:
    release = code(dict.fromkeys(["requirements.txt", "pyproject.toml", "uv.lock"], ""))
    assert find(release, "uv.lock").name == "uv.lock"


def test_what_nothing_pins_is_refused_with_what_to_do(code: Files) -> None:
    with pytest.raises(Failed, match=r"run `uv lock` .* or set django_allow_unlocked"):
        find(code({"pyproject.toml": ""}))


def test_what_nothing_pins_is_taken_where_that_is_allowed(code: Files) -> None:
    found = find(code({"web/pyproject.toml": ""}), path="web", unlocked=True)
    assert (found.kind, found.place, found.name) == ("pyproject", "web", "web/pyproject.toml")
