"""Who provides the Python of a release, in which order, and what is said where none does."""

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils.interpreters import (
    Interpreters,
    Python,
)
from ansible_collections.slipway.django.plugins.module_utils.pyenv import Pyenv
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed
from ansible_collections.slipway.django.plugins.module_utils.uv import Uv

UV = Path(sys.executable).with_name("uv")
# What a host has is said by files: `system` and `managed` name a Python, `mirror` is one to bring.
UV_SCRIPT = """\
#!/bin/sh
echo "$*" >>{directory}/calls
lacks() {{ echo "error: $1" >&2; exit 2; }}
case "$*" in
"python find --no-managed-python --no-python-downloads "*)
    cat {directory}/system || lacks "No interpreter found";;
"python find --managed-python --no-python-downloads "*)
    cat {directory}/managed || lacks "No interpreter found";;
"python install --no-bin "*)
    mv {directory}/mirror {directory}/managed || lacks "Failed to fetch";;
"python list "*) echo '[{{"version": "3.9.2"}}, {{"version": "3.11.2"}}, {{"version": "3.9.2"}}]';;
esac
"""

Providers = Callable[..., Interpreters]


@pytest.fixture
def providers(tmp_path: Path, me: str) -> Providers:
    """Providers of a host, where `python` stands in these files; pyenv's source is nowhere."""
    program = tmp_path / "uv"
    program.write_text(UV_SCRIPT.format(directory=tmp_path))
    program.chmod(0o755)
    pyenv = Pyenv(str(tmp_path / "pyenv.git"), "v2", {}, me, str(tmp_path))

    def make(provider: str, *files: str, python: str = sys.executable, **env: str) -> Interpreters:
        for name in files:
            (tmp_path / name).write_text(f"{python}\n")
        return Interpreters(Uv(str(program), me, env), provider, pyenv)

    return make


def verbs(tmp_path: Path) -> list[str]:
    """What uv was asked."""
    lines = (tmp_path / "calls").read_text().splitlines()
    return [" ".join(line.split()[1:3]) for line in lines]


def test_the_interpreter_is_the_file_that_the_links_lead_to_and_has_its_version(
    providers: Providers, tmp_path: Path
) -> None:
    link = tmp_path / "python3"
    link.symlink_to(sys.executable)
    found = providers("system", "system", python=str(link)).find("3")
    real = os.path.realpath(sys.executable)
    assert found == Python(real, platform.python_version(), "system")
    assert str(found) == f"Python {platform.python_version()} (system)"


def test_another_version_at_the_same_path_is_another_interpreter() -> None:
    before, after = (Python("/usr/bin/python3.12", f"3.12.{patch}", "system") for patch in (3, 4))
    assert before.identity != after.identity
    assert before.identity == Python(before.path, before.version, "uv").identity


@pytest.mark.parametrize(
    ("files", "provider"),
    [
        (("system", "managed", "mirror"), "system"),
        (("managed", "mirror"), "uv"),
        (("mirror",), "uv"),
    ],
    ids=["the distribution", "one that uv brought before", "one that uv brings"],
)
def test_the_first_provider_that_has_it_is_taken(
    providers: Providers, files: tuple[str, ...], provider: str
) -> None:
    assert providers("auto", *files).find("3.12").provider == provider


def test_a_provider_that_is_named_is_the_only_one(providers: Providers, tmp_path: Path) -> None:
    assert providers("uv", "system", "managed").find("3.12").provider == "uv"
    assert verbs(tmp_path) == ["find --managed-python"]


def test_a_python_that_uv_has_is_not_asked_for_again(providers: Providers, tmp_path: Path) -> None:
    uv = providers("uv", "mirror")
    uv.find("3.12")
    uv.find("3.12")
    assert verbs(tmp_path).count("install --no-bin") == 1


def refusal(interpreters: Interpreters, request: str = "3.12") -> Failed:
    """Why there is no such Python."""
    with pytest.raises(Failed) as caught:
        interpreters.find(request)
    return caught.value


def test_what_the_distribution_lacks_is_told_with_what_it_has(providers: Providers) -> None:
    failed = refusal(providers("system", "managed"))
    assert str(failed) == (
        "No Python 3.12 is installed on this host, which has 3.9.2, 3.11.2: choose one of these "
        "with django_python_version, or a django_python_provider that brings one: uv, pyenv, auto."
    )


def test_what_uv_cannot_bring_is_told_with_its_words_and_the_mirror(providers: Providers) -> None:
    failed = refusal(providers("uv", "system"))
    assert str(failed).startswith("uv cannot bring Python 3.12: let django_python_mirror name a ")
    assert failed.evidence[-1] == "error: Failed to fetch"


@pytest.mark.parametrize("mirror", ["/srv/mirror", "mirror.example.com", "ftp://example.com"])
def test_a_mirror_that_is_no_url_is_refused(providers: Providers, mirror: str) -> None:
    failed = refusal(providers("uv", "managed", UV_PYTHON_INSTALL_MIRROR=mirror))
    assert str(failed).startswith("django_python_mirror is no URL")
    assert mirror not in str(failed), "it may hold a password"


def test_where_nobody_has_it_each_one_says_why(
    providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    failed = refusal(providers("auto"))
    assert str(failed).startswith("No Python 3.12 on this host, and none can be brought: ")
    said = "\n".join(failed.evidence)
    assert "system: No Python 3.12 is installed" in said
    assert "uv: uv cannot bring Python 3.12" in said
    assert "error: Failed to fetch" in said
    assert "pyenv: This host has no cc and no make" in said


def test_an_interpreter_that_does_not_run_is_named(providers: Providers) -> None:
    failed = refusal(providers("system", "system", python="/bin/false"))
    assert str(failed) == f"{os.path.realpath('/bin/false')} does not run."


@pytest.mark.skipif(not UV.exists(), reason="uv is not installed beside these tests")
def test_uv_itself_takes_these_words(me: str, tmp_path: Path) -> None:
    settings = {"UV_CACHE_DIR": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons")}
    settings["UV_PYTHON_INSTALL_MIRROR"] = f"file://{tmp_path}/mirror"
    pyenv = Pyenv("", "v2", {}, me, str(tmp_path))
    uv = Uv(str(UV), me, settings)
    assert Interpreters(uv, "system", pyenv).find(sys.executable).provider == "system"
    assert "which has " in str(refusal(Interpreters(uv, "system", pyenv), "3.99"))
    failed = refusal(Interpreters(uv, "uv", pyenv), "3.12")
    assert "mirror" in "\n".join(failed.evidence), failed.evidence
