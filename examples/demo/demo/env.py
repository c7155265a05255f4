"""Read environment variables as Python values. One that is set to nothing counts as not set."""

import os

from django.core.exceptions import ImproperlyConfigured

FLAGS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def text(name: str, default: str | None = None) -> str:
    """The variable's value; without a default it is required."""
    value = os.environ.get(name) or default
    if value is None:
        raise ImproperlyConfigured(
            f"The environment variable {name} is not set. "
            "Set it (.env.example explains it), or set DEBUG=1 to work locally without it."
        )
    return value


def flag(name: str, *, default: bool) -> bool:
    """1, true, yes or 0, false, no, in either case."""
    value = os.environ.get(name) or str(default)
    try:
        return FLAGS[value.lower()]
    except KeyError:
        raise ImproperlyConfigured(
            f"The environment variable {name} is {value!r}, but must be 1 or 0."
        ) from None


def number(name: str, *, default: int) -> int:
    """A whole number."""
    value = os.environ.get(name) or str(default)
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(
            f"The environment variable {name} is {value!r}, but must be a whole number."
        ) from None


def items(name: str, default: str | None = None) -> list[str]:
    """A list whose items are separated by commas."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]
