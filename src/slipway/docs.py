"""`python -m slipway.docs`: the tables of variables in the Markdown pages, made from the specs."""

import re
import sys
import textwrap
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from slipway import state
from slipway.console import say
from slipway.errors import Problem

OPENING, CLOSING = "<!-- variables -->", "<!-- /variables -->"
COLUMNS = ("name", "type", "default", "required", "description")
RENEW = "PYTHONPATH=src .venv/bin/python -m slipway.docs"
# What Ansible's specs write for code, values and options.
MARKUP = re.compile(r"\b[CVO]\(([^)]*)\)")
# A default that is an expression tells where it comes from, and no more than that.
EXPRESSION_WIDTH = 60

Options = Mapping[str, Mapping[str, Any]]


def load(path: Path) -> dict[str, Any]:
    """Return the mapping that a file of YAML holds, empty for an empty file."""
    loaded: dict[str, Any] | None = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded or {}


def table(options: Options, defaults: Mapping[str, Any]) -> str:
    """Return the table of variables; `defaults` holds the values that a spec cannot give."""
    rule = ["---"] * len(COLUMNS)
    rows = [row(name, option, defaults.get(name)) for name, option in options.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [COLUMNS, rule, *rows])


def row(name: str, option: Mapping[str, Any], value: object) -> list[str]:
    """Return the cells of one variable; `value` is its default where its spec has none."""
    required = bool(option.get("required"))
    default = option.get("default", None if required else value)
    kind = option["type"]
    if "elements" in option:
        kind = f"{kind} of {option['elements']}"
    words = option["description"]
    text = MARKUP.sub(r"`\1`", words if isinstance(words, str) else " ".join(words))
    if "choices" in option:
        text += f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}."
    cells = [f"`{name}`", kind, shown(default), "yes" if required else "", text]
    return [cell.replace("|", r"\|") for cell in cells]


def shown(default: object) -> str:
    """Return a default as code of one line, a long expression shortened; nothing where none is."""
    if default is None:
        return ""
    if isinstance(default, str) and "{{" in default:
        text = textwrap.shorten(default, EXPRESSION_WIDTH, placeholder=" …")
    elif isinstance(default, str):
        text = default or '""'
    else:
        flow = yaml.safe_dump(default, default_flow_style=True, sort_keys=False, width=10_000)
        text = flow.removesuffix("...\n").strip()
    return f"`{text}`"


def role_spec(role: Path) -> dict[str, Any]:
    """Return the argument spec of a role's main entry point."""
    spec: dict[str, Any] = load(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]
    return spec


def role_table(role: Path) -> str:
    """Return the table of a role's variables."""
    return table(role_spec(role)["options"], load(role / "defaults" / "main.yml"))


def overview(root: Path, tables: Mapping[Path, str]) -> str:
    """Return the tables of all variables, those that roles share first."""
    shared = table(load(root / "meta" / "shared_variables.yml"), {})
    parts = ["## Shared by the roles", shared]
    for role, rows in tables.items():
        title = f"## [{role.name}](../roles/{role.name}/README.md)"
        parts += [title, f"{role_spec(role)['short_description']}.", rows]
    return "\n\n".join(parts)


def filled(path: Path, content: str) -> str:
    """Return a page with `content` between its markers. Raises Problem where they are not."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    before, opening, rest = text.partition(OPENING)
    _old, closing, after = rest.partition(CLOSING)
    if not (opening and closing):
        raise Problem(f"{path} must hold the lines {OPENING} and {CLOSING}: put them in.")
    return f"{before}{OPENING}\n\n{content}\n\n{CLOSING}{after}"


def pages(root: Path) -> dict[Path, str]:
    """Return each page that has generated tables, with the text that it should have."""
    roles = sorted(path.parents[1] for path in root.glob("roles/*/meta/argument_specs.yml"))
    tables = {role: role_table(role) for role in roles}
    contents = {role / "README.md": rows for role, rows in tables.items()}
    contents[root / "docs" / "variables.md"] = overview(root, tables)
    return {path: filled(path, content) for path, content in contents.items()}


def stale(root: Path) -> dict[Path, str]:
    """Return the pages whose text is not what the specs make of it, with the right text."""
    right = pages(root)
    return {path: text for path, text in right.items() if path.read_text("utf-8") != text}


def main(argv: Sequence[str]) -> int:
    """Write the pages that are stale, or with --check name them; return the exit code."""
    parser = ArgumentParser(prog="python -m slipway.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if it is due")
    check = parser.parse_args(argv).check
    try:
        due = stale(state.CHECKOUT)
    except Problem as problem:
        say(str(problem))
        return 1
    names = ", ".join(str(path.relative_to(state.CHECKOUT)) for path in due)
    if due and check:
        say(f"Tables of variables are stale in {names}: renew them with `{RENEW}`.")
        return 1
    for path, text in due.items():
        path.write_text(text, encoding="utf-8")
    say(f"Written: {names}." if due else "All tables of variables are current.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
