"""Pythons that a small pyenv makes out of the one that runs the tests; each in real processes."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import pyenv as pyenv_module
from ansible_collections.slipway.django.plugins.module_utils.pyenv import Pyenv
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

from tests.unit.repository import Repository

PYTHON_BUILD = """\
#!/bin/sh
echo "$1" >>{directory}/built
mkdir -p "$2/bin"
touch "$2/half-made" "$TMPDIR/object.o"
[ -z "$BROKEN" ] || {{ echo "configure: error: no acceptable C compiler" >&2; exit 1; }}
[ -z "$SLOW" ] || {{ sleep 60 & echo $! >{directory}/child; wait; }}
printf '#!/bin/sh\\nexec {python} "$@"\\n' >"$2/bin/python3"
[ -z "$POOR" ] || printf '#!/bin/sh\\necho "No module named _ssl"; exit 1\\n' >"$2/bin/python3"
chmod +x "$2/bin/python3"
"""
VERSIONS = ("3.11.9", "3.12.9", "3.12.13", "3.13.5", "3.14.0rc2", "3.15-dev", "pypy3.11-7.3.20")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A repository that has of pyenv what builds Pythons, and a tag."""
    repository = Repository(tmp_path / "pyenv")
    repository.path.mkdir()
    program = repository.path / pyenv_module.PROGRAM
    program.parent.mkdir(parents=True)
    program.write_text(PYTHON_BUILD.format(directory=tmp_path, python=sys.executable))
    program.chmod(0o755)
    (repository.path / pyenv_module.DEFINITIONS).mkdir(parents=True)
    for version in VERSIONS:
        (repository.path / pyenv_module.DEFINITIONS / version).touch()
    repository.git("init", "--quiet", "--initial-branch=main", "--template=")
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--message", "pyenv")
    repository.git("tag", "v2")
    return repository.path


@pytest.fixture
def pyenv(
    source: Path, tmp_path: Path, me: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Pyenv]:
    """pyenv, fetched from that repository; the host has a compiler."""
    (tmp_path / "pythons").mkdir()
    bare = tmp_path / "pyenv.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", source, bare], check=True)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")

    def make(**settings: str) -> Pyenv:
        return Pyenv(str(bare), "v2", settings, me, str(tmp_path / "pythons"))

    return make


def built(tmp_path: Path) -> list[str]:
    """The versions that were built, in order."""
    file = tmp_path / "built"
    return file.read_text().split() if file.exists() else []


def left(tmp_path: Path) -> list[str]:
    """What lies where Pythons are built, but for pyenv itself and its lock."""
    names = sorted(path.name for path in (tmp_path / "pythons").iterdir())
    return [name for name in names if name not in (".pyenv.lock", ".pyenv-v2")]


Pyenvs = Callable[..., Pyenv]


@pytest.mark.parametrize(
    ("request_", "version"), [("3.12", "3.12.13"), ("3.12.9", "3.12.9"), ("3.13", "3.13.5")]
)
def test_the_newest_release_of_a_version_is_built_and_runs(
    pyenv: Pyenvs, tmp_path: Path, request_: str, version: str
) -> None:
    python = pyenv().build(request_)
    assert python == str(tmp_path / "pythons" / f"pyenv-{version}" / "bin" / "python3")
    assert subprocess.run([python, "-c", "print(7)"], check=True, capture_output=True).stdout
    assert left(tmp_path) == [f"pyenv-{version}"]


def test_what_is_built_is_not_built_again_and_needs_no_repository(
    pyenv: Pyenvs, tmp_path: Path
) -> None:
    first = pyenv().build("3.12")
    gone = replace(pyenv(), repository=str(tmp_path / "gone"))
    assert gone.build("3.12") == first
    assert built(tmp_path) == ["3.12.13"]


def test_a_directory_that_holds_pyenv_is_taken_as_it_is(
    pyenv: Pyenvs, source: Path, tmp_path: Path
) -> None:
    replace(pyenv(), repository=str(source), version="of no matter").build("3.12")
    assert left(tmp_path) == ["pyenv-3.12.13"]
    assert not (tmp_path / "pythons" / ".pyenv-v2").exists()


def refusal(pyenv: Pyenv, request: str = "3.12") -> Failed:
    """Why there is no such Python."""
    with pytest.raises(Failed) as caught:
        pyenv.build(request)
    return caught.value


def test_a_build_that_fails_leaves_nothing_and_shows_its_last_lines(
    pyenv: Pyenvs, tmp_path: Path
) -> None:
    failed = refusal(pyenv(BROKEN="1"))
    assert str(failed).startswith("pyenv cannot build Python 3.12.13: see its last lines; ")
    assert failed.evidence == ["configure: error: no acceptable C compiler"]
    assert left(tmp_path) == []
    pyenv().build("3.12")
    assert left(tmp_path) == ["pyenv-3.12.13"]


def test_a_python_without_a_part_of_its_library_is_not_taken(pyenv: Pyenvs, tmp_path: Path) -> None:
    failed = refusal(pyenv(POOR="1"))
    assert "without a part of its standard library: name the package" in str(failed)
    assert failed.evidence == ["No module named _ssl"]
    assert left(tmp_path) == []


def test_what_a_killed_build_left_is_built_anew(pyenv: Pyenvs, tmp_path: Path) -> None:
    killed = tmp_path / "pythons" / "pyenv-3.12.13" / "bin"
    killed.mkdir(parents=True)
    (killed / "python3").write_text("half of it")
    (tmp_path / "pythons" / ".pyenv-build").mkdir()
    (tmp_path / "pythons" / ".pyenv-v2.new").mkdir()
    python = pyenv().build("3.12")
    assert built(tmp_path) == ["3.12.13"]
    assert "half of it" not in Path(python).read_text()
    assert left(tmp_path) == ["pyenv-3.12.13"]


@pytest.mark.slow
def test_a_build_that_takes_too_long_is_ended_with_all_that_it_started(
    pyenv: Pyenvs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyenv_module, "BUILD_SECONDS", 1)
    failed = refusal(pyenv(SLOW="1"))
    assert str(failed) == "pyenv took longer than 1 s to build Python 3.12.13."
    child = (tmp_path / "child").read_text().strip()
    stat = Path(f"/proc/{child}/stat")
    assert not stat.exists() or stat.read_text().split()[2] == "Z", "it builds on"
    assert left(tmp_path) == []


@pytest.mark.parametrize("request_", ["3.16", "3.1", "3.12.1"])
def test_a_version_that_this_pyenv_does_not_know_is_told_with_the_newest(
    pyenv: Pyenvs, request_: str
) -> None:
    failed = refusal(pyenv(), request_)
    assert str(failed).startswith(f"pyenv v2 knows no Python {request_}, at most 3.13.5: set ")


@pytest.mark.parametrize("request_", [">=3.12", "3", "3.14.0rc2", "../3.12"])
def test_what_names_no_version_is_refused(pyenv: Pyenvs, request_: str) -> None:
    assert str(refusal(pyenv(), request_)).startswith("pyenv builds one version: set django_py")


def test_a_host_without_a_compiler_is_told_how_to_get_one(
    pyenv: Pyenvs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "cc" else name)
    assert str(refusal(pyenv())) == (
        "This host has no cc to build Python 3.12 with: `invoke provision` installs them where "
        "django_python_provider is pyenv."
    )


@pytest.mark.parametrize(
    ("difference", "told"),
    [
        ({"version": "v3"}, "git cannot fetch pyenv v3: set django_pyenv_repository to one"),
        ({"repository": "/nowhere/pyenv.git"}, "git cannot fetch pyenv v2: set django_pyenv_rep"),
    ],
)
def test_a_pyenv_that_cannot_be_fetched_is_told_with_what_to_set(
    pyenv: Pyenvs, tmp_path: Path, difference: dict[str, str], told: str
) -> None:
    failed = refusal(replace(pyenv(), **difference))
    assert str(failed).startswith(told)
    assert failed.evidence, "git's words are missing"
    assert left(tmp_path) == []


def test_another_repository_is_no_pyenv_and_does_not_stay(
    pyenv: Pyenvs, origin: Repository, tmp_path: Path
) -> None:
    origin.git("tag", "v2")
    failed = refusal(replace(pyenv(), repository=str(origin.path)))
    assert str(failed).startswith("django_pyenv_repository is not pyenv's: it holds no plugins/")
    assert os.listdir(tmp_path / "pythons") == [".pyenv.lock"]  # noqa: PTH208
