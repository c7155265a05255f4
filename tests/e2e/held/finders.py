from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from faults import hold


class Held(BaseFinder):
    """Finds no static file, and takes its time over it."""

    def check(self, **_options: Any) -> list[Any]:
        return []

    def find(self, *_arguments: Any, **_options: Any) -> list[str]:
        return []

    def list(self, _ignored: Any) -> Iterator[Any]:
        hold("collect")
        return iter(())
