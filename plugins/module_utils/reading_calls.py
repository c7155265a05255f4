# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the libraries that settings read variables with take: which argument is the name, which the
default. A library is known by the dotted name of what is called, ``os.environ.get``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Optional

# What of a module is known by its name; its attributes follow by themselves.
MODULES = {
    *("os", "environ", "environs", "decouple", "dj_database_url", "dotenv"),
    *("split_settings.tools", "contextlib"),
}
# What is made by calling these.
MAKERS = {
    **dict.fromkeys(("environ.Env", "environ.FileAwareEnv"), "environ.env"),
    **dict.fromkeys(("environs.Env", "environs.FileAwareEnv"), "environs.env"),
    **dict.fromkeys(("decouple.Config", "decouple.AutoConfig"), "decouple.config"),
}
OPEN_READS = ("os.environ.get", "os.getenv", "os.environ.pop", "dj_database_url.config")
# Methods of an Env whose variable has a name of its own where the call has none.
OWN = {
    **dict.fromkeys(("db", "db_url", "dj_db_url"), "DATABASE_URL"),
    **dict.fromkeys(("cache", "cache_url", "dj_cache_url"), "CACHE_URL"),
    **dict.fromkeys(("email", "email_url", "dj_email_url"), "EMAIL_URL"),
    **dict.fromkeys(("search", "search_url"), "SEARCH_URL"),
    **dict.fromkeys(("channels", "channels_url"), "CHANNELS_URL"),
}
METHODS = {
    *("", "str", "unicode", "bytes", "bool", "int", "float", "decimal", "list", "tuple", "set"),
    *("dict", "json", "url", "path", "date", "datetime", "time", "timedelta", "uuid", "enum"),
    *("log_level", "file", "get_value", *OWN),
}
# In django-environ their second argument says what the value becomes.
CAST_FIRST = ("", "list", "tuple", "set", "dict", "get_value")
KEYS = ("key", "var", "name", "option", "env")
ENV_FILES = (".read_env", "dotenv.load_dotenv", "dotenv.read_dotenv", "decouple.RepositoryEnv")


@dataclass(frozen=True)
class Asked:
    """A variable that a call reads: its name, or the ``own`` one; the default, if there is one.

    Where ``strict``, one that is missing and has no default is an error.
    """

    name: Optional[ast.expr]
    own: str
    default: Optional[ast.expr]
    strict: bool


def asked(whole: str, call: ast.Call) -> Optional[Asked]:
    """What a call of something known reads, or None where it reads no variable."""
    named = {word.arg: word.value for word in call.keywords if word.arg}
    given = dict(enumerate(call.args))
    key = given.get(0) or next((named[name] for name in KEYS if name in named), None)
    default = named.get("default", given.get(1))
    if whole in OPEN_READS:
        own = "DATABASE_URL" if whole.startswith("dj_") else ""
        return Asked(key, own, default, strict=False)
    if whole == "decouple.config":
        return Asked(key, "", default, strict=True)
    library, _dot, method = whole.partition(".env")
    method = method.lstrip(".")
    if library not in ("environ", "environs") or method not in METHODS:
        return None
    second = given.get(1)
    # A type is what the value becomes; anything else was meant as the default.
    if library == "environ" and method in CAST_FIRST and isinstance(second, ast.Name):
        default = named.get("default", given.get(2))
    return Asked(key, OWN.get(method, ""), default, strict=True)


def schemed(call: ast.Call) -> dict[str, ast.expr]:
    """The defaults that an Env has by itself: that of ``Env(DEBUG=(bool, False))``."""
    pairs = [(word.arg, word.value) for word in call.keywords if word.arg]
    return {
        name: value.elts[1]
        for name, value in pairs
        if isinstance(value, ast.Tuple) and value.elts[1:]
    }


def env_file(call: ast.Call) -> str:
    """The end of the path of the file that a call reads variables from."""
    nodes = [*call.args, *(word.value for word in call.keywords)]
    inner = [one for node in nodes for one in ast.walk(node) if isinstance(one, ast.Constant)]
    inner.sort(key=lambda one: (one.lineno, one.col_offset))
    texts = [one.value for one in inner if isinstance(one.value, str)]
    return "/".join(text.strip("./") if "/" in text else text for text in texts) or ".env"


def is_env_file(whole: str) -> bool:
    """Whether what is called reads variables from a file."""
    return whole.endswith(ENV_FILES)
