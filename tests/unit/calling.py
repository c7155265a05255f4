"""Calling the tasks of tasks.py, as a person does or in this process."""

import functools
import importlib.util
import os
import subprocess
import sys
from types import ModuleType

import pytest
from invoke.collection import Collection
from invoke.program import Program

from slipway import state


def invoke(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run invoke in the checkout, as on a person's own machine: CI sees more of a failure."""
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "invoke", *words],
        cwd=state.CHECKOUT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@functools.cache
def tasks() -> ModuleType:
    """tasks.py of the checkout."""
    path = state.CHECKOUT / "tasks.py"
    spec = importlib.util.spec_from_file_location("slipway_tasks", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def failed(capture: pytest.CaptureFixture[str], words: str) -> tuple[str, str]:
    """The output and the errors of a task that is called in this process and fails."""
    program = Program(namespace=Collection.from_module(tasks()))
    with pytest.raises(SystemExit) as ended:
        program.run(f"invoke {words}")
    out, err = capture.readouterr()
    assert ended.value.code == 1, out + err
    return out, err


def said(capsys: pytest.CaptureFixture[str], words: str) -> str:
    """What a task that is called in this process says as it fails."""
    out, err = failed(capsys, words)
    assert out == "", err
    return err
