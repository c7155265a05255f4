"""What runs side by side, on what, and what is told of it."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from slipway import jobs, suite
from slipway.errors import Problem
from slipway.jobs import Job
from slipway.testhost import __main__ as command
from slipway.testhost import image
from tests.unit.conftest import Docker


def job(name: str, program: str, **environment: str) -> Job:
    """A job that runs a line of Python."""
    return Job(name, [sys.executable, "-c", program], environment)


def test_of_what_passes_only_the_runner_s_last_line_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = r"print('much'); print('  \x1b[2m│\x1b[0m == \x1b[32m3 passed\x1b[0m in 1.5s ==')"
    assert jobs.failures([job("nginx", said)]) == []
    closing, end = capsys.readouterr().err.splitlines()
    assert closing == "== 3 passed in 1.5s =="
    assert end.startswith("nginx: ok after")


def test_a_figure_that_a_test_measured_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    said = r"print(' │ measured: index 60'); print('unmeasured'); print('3 passed')"
    assert jobs.failures([job("stack", said)]) == []
    assert capsys.readouterr().err.splitlines()[:2] == ["measured: index 60", "3 passed"]


def test_of_what_fails_all_is_told_in_one_piece(capsys: pytest.CaptureFixture[str]) -> None:
    slow = "import sys, time; {}; time.sleep(.3); print('2 passed'); sys.exit({})"
    failing = [job(name, slow.format(f"print('{name}')", 2)) for name in ("one", "two")]
    assert jobs.failures([*failing, job("three", slow.format("print('three')", 0))]) == [
        *("one", "two"),
    ]
    told = capsys.readouterr().err
    for name in ("one", "two"):
        assert f"\n{name}\n2 passed\n{name}: exit status 2 after" in told, told
    assert "\nthree\n" not in told


def test_two_run_at_a_time(tmp_path: Path) -> None:
    meet = (
        "import pathlib, time; pathlib.Path({!r}).touch(); end = time.monotonic() + 20\n"
        "while not pathlib.Path({!r}).exists(): assert time.monotonic() < end; time.sleep(.02)"
    )
    here, there = (str(tmp_path / name) for name in ("here", "there"))
    both = [job("here", meet.format(here, there)), job("there", meet.format(there, here))]
    assert jobs.failures(both) == []


def test_a_program_that_is_missing_is_a_sentence() -> None:
    with pytest.raises(Problem, match="There is no moleclue in "):
        jobs.failures([Job("molecule", ["moleclue"])])


@pytest.fixture
def asked(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that Molecule's scenarios come to."""
    collected: list[Job] = []

    def collect(given: Sequence[Job]) -> list[str]:
        collected.extend(given)
        return []

    monkeypatch.setattr(jobs, "failures", collect)
    return collected


@pytest.mark.parametrize("fast", [True, False])
def test_slow_unit_tests_are_left_out_by_fast_and_by_nothing_else(
    asked: list[Job], monkeypatch: pytest.MonkeyPatch, fast: bool
) -> None:
    monkeypatch.setattr(suite, "run", lambda _words, _variables: 0)
    assert suite.failures(fast=fast) == []
    (unit,) = [each.command for each in asked if each.name == "unit tests"]
    assert ("not slow" in unit) == fast, unit


def test_images_are_made_beside_the_checks_and_only_for_tests_that_need_a_host(
    asked: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite, "run", lambda _words, _variables: 0)
    suite.failures(fast=True)
    assert not [each for each in asked if "slipway.testhost" in each.command]
    suite.failures(fast=False)
    names = [each.name for each in asked]
    assert names.index(f"test host image of {image.DEFAULT_DISTRO}") > names.index("mypy")
    warm = [each for each in asked if each.environment.get("SLIPWAY_WARM")]
    assert [each.command[-1] for each in warm] == [image.DEFAULT_DISTRO]


def test_all_tests_prove_each_role_alone_where_the_end_to_end_tests_do_not(
    asked: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite, "run", lambda _words, _variables: 0)
    suite.failures(fast=False)
    tests = [each for each in asked if each.command[0] == "molecule"]
    assert [each.name.partition(" ")[2] for each in tests] == [
        f"{name} on debian12" for name in reversed(suite.scenarios())
    ]
    assert image.DEFAULT_DISTRO != "debian12"


def test_all_scenarios_run_on_both_debians_after_the_images_of_both(asked: list[Job]) -> None:
    assert suite.molecule() == []
    images, tests = asked[: len(suite.DISTROS)], asked[len(suite.DISTROS) :]
    assert [each.command[-1] for each in images] == list(suite.DISTROS)
    assert {each.name for each in tests} == {
        f"molecule {name} on {distro}" for distro in suite.DISTROS for name in suite.scenarios()
    }


def test_the_job_of_an_image_makes_it(asked: list[Job], docker: Docker) -> None:
    suite.molecule("stack", ["debian12"])
    assert command.main(asked[0].command[3:]) == 0
    assert image.tag("debian12") in docker.names("images")


def test_one_scenario_runs_on_the_distribution_that_is_named(asked: list[Job]) -> None:
    suite.molecule("stack", ["ubuntu2404"])
    _image, only = asked
    assert only.command == ["molecule", "test", "-s", "stack"]
    assert only.environment["SLIPWAY_DISTRO"] == "ubuntu2404"


def test_no_two_jobs_share_a_directory(asked: list[Job]) -> None:
    suite.molecule()
    tests = [each for each in asked if each.command[0] == "molecule"]
    places = {each.environment["MOLECULE_EPHEMERAL_DIRECTORY"] for each in tests}
    assert len(places) == len(tests) > 0


@pytest.mark.parametrize(
    ("scenario", "distro", "sentence"),
    [
        ("stak", "debian12", "There is no scenario 'stak' in molecule/. Did you mean stack?"),
        ("stack", "debian31", "There is no test host image for debian31. Did you mean debian13?"),
    ],
)
@pytest.mark.usefixtures("docker")
def test_a_name_that_is_not_known_is_answered_with_the_nearest(
    scenario: str, distro: str, sentence: str
) -> None:
    with pytest.raises(Problem) as caught:
        suite.molecule(scenario, [distro])
    assert str(caught.value) == sentence
