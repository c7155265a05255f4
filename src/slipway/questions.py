"""The five questions of `invoke init`: what is asked, what is guessed, what is no answer."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from ansible_collections.slipway.django.plugins.module_utils.instance import (
    BadInstance,
    instance,
    require_names,
)

from slipway import inventory, siblings, skeleton, state
from slipway.console import say
from slipway.errors import Problem

NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)
# As Django takes them: no underscore.
LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
HOSTNAME = re.compile(rf"(\*\.)?{LABEL}(\.{LABEL})*")
LONGEST_HOSTNAME = 253
OTHER_PACKAGE = (
    "If the package cannot be named otherwise, give a name of your own here, and set "
    "django_settings_module and gunicorn_systemd_app in group_vars/all/main.yml afterwards."
)
ADDRESS = re.compile(r"((https?|ssh|git|file)://|/|(?!-)([\w.-]+@)?[\w.-]+:)[\w.~:/@%+=,-]+", re.A)
BRANCH = re.compile(r"(?!-)[\w./@+-]+", re.ASCII)

Values = Mapping[str, str]


def environment(text: str, _known: Values) -> str:
    """Return the name of an environment that can be made."""
    if text == "local":
        raise Problem("local is the server that `invoke deploy local` makes: take another name.")
    try:
        require_names("x", text, "/")
    except BadInstance as error:
        raise Problem(str(error)) from error
    place = inventory.root() / text
    if (place.is_symlink() or place.exists()) and not skeleton.is_example(place):
        raise Problem(
            f"{state.shown(place)} is there already and stays as it is: edit its files, or take "
            "another name."
        )
    return text


def project(text: str, known: Values) -> str:
    """Return the name of a package that can name the environment's instance."""
    try:
        instance(text, known.get("environment", "x"))
    except BadInstance as error:
        raise Problem(f"{error} {OTHER_PACKAGE}") from error
    return text


def server(text: str, _known: Values) -> str:
    """Return the name or the address of a server."""
    if _is_address(text) or (NAME.fullmatch(text) and not text.replace(".", "").isdecimal()):
        return text
    raise Problem(
        f"{text!r} is no server: give its name or its address alone, as in shop.example.com or "
        "192.0.2.10."
    )


def hostnames(text: str, known: Values) -> str:
    """Return the names of a site, each once and in lower case, with spaces between them."""
    names = list(dict.fromkeys(text.replace(",", " ").lower().split()))
    for name in names:
        if not HOSTNAME.fullmatch(name) or len(name) > LONGEST_HOSTNAME:
            raise Problem(
                f"{name!r} is no host name: it has letters, digits, hyphens and dots, as in "
                "shop.example.com, and neither http:// nor a port."
            )
    if not names or names[0].startswith("*"):
        raise Problem("The first host name is the site's own: give a whole one, without a star.")
    taken = siblings.taken(known.get("environment", ""), known.get("server", ""), names)
    if taken:
        raise Problem(f"{taken[0]} leads to {taken[1]} on that server: give another host name.")
    return " ".join(names)


def repository(text: str, _known: Values) -> str:
    """Return the address of a repository, which holds no secret."""
    if not ADDRESS.fullmatch(text):
        raise Problem(
            f"{text!r} is no address that the server's git could fetch from: give one such as "
            "git@github.com:you/shop.git or https://github.com/you/shop.git."
        )
    if re.match("https?://[^/]*@", text):
        raise Problem("The repository's address stands in a plain file: leave user and token out.")
    return text


def branch(text: str, _known: Values) -> str:
    """Return the name of a branch, a tag or a commit."""
    if not BRANCH.fullmatch(text):
        raise Problem(f"{text!r} is no branch, tag or commit.")
    return text


def free(_known: Values) -> str:
    """Return the first of the usual environments that can still be made."""
    places = {name: inventory.root() / name for name in skeleton.EXAMPLES}
    return next((n for n, p in places.items() if not p.exists() or skeleton.is_example(p)), "")


def site(known: Values) -> str:
    """Return the likely name of the site: as the others have it, or the server's own."""
    own = known["server"]
    guess = siblings.domain(known["environment"], own)
    if guess or _is_address(own) or "." not in own:
        return guess
    return "" if siblings.taken(known["environment"], own, [own.lower()]) else own.lower()


def _from(variable: str) -> Callable[[Values], str]:
    return lambda known: siblings.said(known["environment"], variable)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Question:
    """A flag of the task, what is asked where it is not given, how it is checked and guessed."""

    flag: str
    text: str
    check: Callable[[str, Values], str]
    guess: Callable[[Values], str]

    def ask(self, known: Values) -> str:
        """Ask on the terminal until the answer is one. Raises Problem where there is no more."""
        guess = self.guess(known)
        while True:
            say(f"{self.text}{f' [{guess}]' if guess else ''}: ", end="")
            line = sys.stdin.readline()
            if not line:
                raise Problem("No answer, so nothing is written.")
            try:
                return self.check(line.strip() or guess, known)
            except Problem as problem:
                say(str(problem) if line.strip() else "There is no default: give an answer.")


QUESTIONS = (
    Question("environment", "Environment (dev, staging, prod or another)", environment, free),
    Question(
        "project",
        "Python package of the project, which holds settings.py",
        project,
        _from("slipway_project"),
    ),
    Question("server", "Server, its name or address", server, _from("slipway_server")),
    Question("hostnames", "Names that visitors type, with spaces between", hostnames, site),
    Question(
        "repository",
        "Repository, as git on the server fetches it",
        repository,
        _from("django_repository"),
    ),
)


def answers(given: Values) -> dict[str, str]:
    """Return an answer to each question: as it was given, or asked on the terminal.

    Raises Problem for one that is given and wrong, and for one that nobody can be asked for.
    """
    known = {q.flag: q.check(given[q.flag], given) for q in QUESTIONS if given.get(q.flag)}
    missing = [q for q in QUESTIONS if q.flag not in known]
    if missing and not sys.stdin.isatty():
        flags = ", ".join(f"--{question.flag}" for question in missing)
        raise Problem(f"Nobody can be asked without a terminal: give {flags}.")
    if missing:
        say("Enter takes what stands in brackets. Nothing is written before the last answer.")
    for question in missing:
        known[question.flag] = question.ask(known)
    # What was given may not go with what was answered.
    return {q.flag: q.check(known[q.flag], known) for q in QUESTIONS}
