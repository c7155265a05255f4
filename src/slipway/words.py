"""Three things that people expect of words after a task, and invoke does not do by itself.

A word may be left out (`invoke molecule [nginx]`): a task declares the argument without a default
and names it in `optional`; it is then "" where it was not given. And `--help` after a task that
waits for a word asks for help (`invoke deploy --help`), it is not the word. And a number that is
none (`invoke logs dev --lines many`) is answered with a sentence.

And a task that is `told` ends with a sentence where it cannot be done.
"""

import functools
from collections.abc import Callable
from typing import Any

from invoke.exceptions import Exit, ParseError
from invoke.parser.argument import Argument
from invoke.parser.parser import ParseMachine

from slipway.errors import Problem

HELP = ("--help", "-h")

_complete_context = ParseMachine.complete_context
_see_positional_arg = ParseMachine.see_positional_arg
_set_value = Argument.set_value


def install() -> None:
    """Let the command line that is read from now on be read so."""
    ParseMachine.complete_context = _complete  # type: ignore[assignment, method-assign]
    ParseMachine.see_positional_arg = _see  # type: ignore[assignment, method-assign]
    Argument.set_value = _set  # type: ignore[assignment, method-assign]


def told(body: Callable[..., None]) -> Callable[..., None]:
    """Tell a Problem in its one sentence, with exit status 1."""

    @functools.wraps(body)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            body(*args, **kwargs)
        except Problem as problem:
            raise Exit(f"invoke: {problem}", code=1) from problem

    return wrapped


def _complete(machine: ParseMachine) -> None:
    for argument in machine.context.missing_positional_args if machine.context else []:
        if argument.optional:
            argument.value = ""
    _complete_context(machine)


def _see(machine: ParseMachine, word: str) -> None:
    if word not in HELP:
        _see_positional_arg(machine, word)
        return
    machine.initial.flags["--help"].value = machine.context.name
    for argument in machine.context.missing_positional_args:
        argument.value = ""


def _set(argument: Argument, value: Any, cast: bool = True) -> None:
    if cast and argument.kind is int and not str(value).isdecimal():
        raise ParseError(f"--{argument.name} takes a number, not {value!r}.")
    _set_value(argument, value, cast)
