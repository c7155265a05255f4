"""What packages need of others: requirements and their markers (PEP 508), on a server."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.slipway.django.plugins.module_utils.complements import canonical

# What markers ask for, on every server; its Python's version is not known here.
SERVER = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}
REQUIREMENT = re.compile(
    r"""\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[(?P<extras>[^\]]*)\])?\s*
    (?:@\s*(?P<address>\S+)|\(?(?P<version>[^;@()]*)\)?)\s*(?:;\s*(?P<marker>.*))?""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Need:
    """A package that is needed; ``version`` is what the requirement says of it, if anything."""

    name: str
    extras: tuple[str, ...] = ()
    marker: str = ""
    version: str = ""


@dataclass(frozen=True)
class Package:
    """A package of a lock; ``extras`` has what each of its extras needs more."""

    name: str
    version: str
    needs: list[Need] = field(default_factory=list)
    extras: dict[str, list[Need]] = field(default_factory=dict)


def requirement(line: str) -> Need | None:
    """What a requirement asks for; None if it is none. An address is known by its last part."""
    match = REQUIREMENT.fullmatch(line.strip())
    if not match:
        return None
    extras = tuple(filter(None, (canonical(one) for one in (match["extras"] or "").split(","))))
    version = re.sub(r"\s+", "", match["version"] or "")
    if match["address"]:
        # It may hold a password before that.
        version = re.split(r"[?#]", match["address"])[0].rpartition("/")[2]
    elif re.fullmatch(r"===?[^,*]+", version):
        version = version.lstrip("=")
    return Need(canonical(match["name"]), extras, (match["marker"] or "").strip(), version)


def requirements(lines: Iterable[str]) -> list[Need]:
    """What several requirements ask for."""
    return [need for need in map(requirement, lines) if need]


def applies(marker: str, extras: Collection[str] = ()) -> bool:
    """Whether a marker may hold on a server, where these extras are wanted."""
    try:
        return truth(ast.parse(marker.strip(), mode="eval").body, extras) is not False
    except (SyntaxError, ValueError):
        return True


def truth(node: ast.expr, extras: Collection[str]) -> bool | None:
    """Whether a part of a marker holds; None if that depends on the server."""
    if isinstance(node, ast.BoolOp):
        found = [truth(value, extras) for value in node.values]
        decisive = isinstance(node.op, ast.Or)
        if decisive in found:
            return decisive
        return None if None in found else not decisive
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
        return None
    sides = [node.left, node.comparators[0]]
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    texts = [side.value for side in sides if isinstance(side, ast.Constant)]
    if len(names) != 1 or len(texts) != 1 or names[0] not in {"extra", *SERVER}:
        return None
    equal = texts[0] in extras if names[0] == "extra" else SERVER[names[0]] == texts[0]
    return equal == isinstance(node.ops[0], ast.Eq)


def reached(packages: Mapping[str, Sequence[Package]], roots: Iterable[Need]) -> set[str]:
    """The names of the packages of a lock that some needs come to, with the needs of those."""
    waiting = [need for need in roots if applies(need.marker)]
    done: set[tuple[str, str]] = set()
    while waiting:
        need = waiting.pop()
        for extra in ("", *need.extras):
            if (need.name, extra) in done:
                continue
            done.add((need.name, extra))
            for package in packages.get(need.name, ()):
                more = package.extras.get(extra, []) if extra else package.needs
                waiting += [one for one in more if applies(one.marker, need.extras)]
    return {name for name, _extra in done if name in packages}
