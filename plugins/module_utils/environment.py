# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Environment files as systemd reads them (systemd.exec(5), EnvironmentFile=)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ESCAPED = re.compile(r'[\\"$`]')


class BadEnvironment(Failed):
    """A name or value that no environment can hold; the message names it, never its value."""


def texts(variables: Mapping[str, object]) -> dict[str, str]:
    """The values as text. Raises BadEnvironment for a list or a dictionary."""
    for name, value in variables.items():
        if isinstance(value, (list, tuple, dict)):
            raise BadEnvironment(
                f"The value of {name} is a {type(value).__name__}: an environment variable is "
                "text, so write it in the form that the application reads, such as 'a,b'."
            )
    return {name: text(value) for name, value in variables.items()}


def render(variables: Mapping[str, object]) -> str:
    r"""The file's text, sorted by name: values in double quotes, newlines as they are.

    A backslash before ``\ " $`` and the backtick is what systemd undoes and a shell does too.
    Raises BadEnvironment.
    """
    lines = []
    for name in sorted(variables):
        if not NAME.fullmatch(name):
            raise BadEnvironment(f"{name!r} cannot be the name of an environment variable.")
        value = text(variables[name])
        if "\0" in value:
            raise BadEnvironment(f"The value of {name} holds a zero byte; no process can get that.")
        quoted = ESCAPED.sub(r"\\\g<0>", value)
        lines.append(f'{name}="{quoted}"\n')
    return "".join(lines)


def text(value: object) -> str:
    """What a value of YAML becomes: booleans as ``true`` and ``false``, null as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
