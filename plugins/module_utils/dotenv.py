# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of environment variables as people write them; what environment.py renders is one, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.slipway.django.plugins.module_utils.environment import NAME
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

END = r"(?=\r?\n|\Z)"
IGNORED = re.compile(rf"[ \t]*(?:#[^\r\n]*)?{END}")
NEXT = re.compile(r"\r?\n")
ASSIGNMENT = re.compile(
    rf"[ \t]*(?:export[ \t]+)?(?P<name>{NAME.pattern})[ \t]*=[ \t]*"
    r"(?:'(?P<single>[^']*)'[ \t]*(?:#[^\r\n]*)?"
    r'|"(?P<double>(?:[^"\\]|\\.)*)"[ \t]*(?:#[^\r\n]*)?'
    # A hash begins a comment where a space is before it, and is a part of the value elsewhere.
    r"|(?P<bare>(?![ \t'\"])[^\r\n]*?)[ \t]*(?:(?<=[ \t])#[^\r\n]*)?"
    rf"){END}",
    re.DOTALL,
)
ESCAPED = re.compile(r'\\([\\"$`nrt])')
CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


def parse(content: str, path: str) -> dict[str, str]:
    """The variables of a file's text; of two of one name the later one counts.

    Raises Failed with the number of a line that cannot be read, never with what stands there.
    """
    return {match["name"]: value_of(match) for match in assignments(content, path)}


def assignments(content: str, path: str) -> Iterator[re.Match[str]]:
    """Where the variables stand in a file's text. Raises Failed as ``parse`` does."""
    position = 1 if content.startswith("\ufeff") else 0
    while position < len(content):
        if match := ASSIGNMENT.match(content, position):
            yield match
        else:
            match = IGNORED.match(content, position)
        if not match:
            number = content.count("\n", 0, position) + 1
            raise Failed(
                f"Line {number} of {path} cannot be read: write NAME=value, with quotes round a "
                "value that has spaces at its ends or several lines."
            )
        end = NEXT.match(content, match.end())
        position = end.end() if end else len(content)


def value_of(match: re.Match[str]) -> str:
    """The value of an assignment: escapes count within double quotes alone, ``$`` nowhere."""
    if match["double"] is not None:
        return ESCAPED.sub(lambda found: CONTROLS.get(found[1], found[1]), match["double"])
    return match["single"] if match["single"] is not None else match["bare"]


def text_of(path: str) -> str:
    """The text of a file as it is; empty where there is none. Raises Failed."""
    try:
        # Python would take the carriage returns out of a value.
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise Failed(f"{path} is not in UTF-8: save it in that encoding.") from error
