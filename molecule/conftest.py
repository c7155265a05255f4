"""What the tests of several scenarios ask."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from testinfra.host import Host

JOURNAL = "journalctl --no-pager --lines=30 --priority=info"


@pytest.fixture
def visit(host: Host) -> Callable[[str], str]:
    """Ask the server for an address as a visitor's browser does; a failure shows the journal."""

    def answer(url: str) -> str:
        place = urlsplit(url)
        resolve = f"--resolve {place.hostname}:{place.port or 80}:127.0.0.1"
        done = host.run(f"curl --silent --show-error --fail --noproxy '*' {resolve} '{url}'")
        assert done.rc == 0, f"{done.stderr}\n{host.run(JOURNAL).stdout}"
        return str(done.stdout)

    return answer
