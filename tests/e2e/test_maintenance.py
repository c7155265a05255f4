"""A site is closed to visitors while people work on it, and opened again."""

import re
from collections.abc import Iterator

import pytest

from .site import Site

LINK = re.compile(r"by this link, until it is open: http://dev\.test(/\S+)")
LEASE = '{"id": "x", "who": "bob@desk", "action": "deploy", "began": 0, "until": 1e9}'


@pytest.fixture(scope="module")
def told(site: Site) -> Iterator[str]:
    """What is said when the site is closed, while somebody else's deploy has the lease."""
    site.sh(f"mkdir -p /run/slipway && echo '{LEASE}' >/run/slipway/shop_dev.lease")
    yield site.succeed("maintenance", "dev", "on", SLIPWAY_WHO="ada")
    site.sh("rm -f /run/slipway/shop_dev.lease")


def link(said: str) -> str:
    """The path of the link for staff."""
    found = LINK.search(said)
    assert found, said
    return found[1]


def test_visitors_of_a_closed_site_are_told_to_come_back(site: Site, told: str) -> None:
    assert re.search("shop_dev on server is closed to visitors since .* by ada", told), told
    answer = site.ask("/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "600"), answer.body
    assert "Back soon" in answer.body
    assert site.ask("/health/").status == 200


def test_staff_get_a_cookie_by_the_link_and_see_the_application(site: Site, told: str) -> None:
    given = site.ask(link(told))
    assert (given.status, given.headers["Location"]) == (302, "/")
    cookie = given.headers["Set-Cookie"].partition(";")[0]
    answer = site.ask("/", Cookie=cookie)
    assert answer.status == 200, answer.body
    assert "Welcome aboard" in answer.body


@pytest.mark.usefixtures("told")
def test_a_closed_site_can_be_deployed_to_and_says_that_it_is_closed(site: Site) -> None:
    site.sh("rm -f /run/slipway/shop_dev.lease")
    commit = site.commit("Mended meanwhile")
    said = site.succeed("deploy", "dev")
    assert re.search(r"\nThe site is closed to visitors since .* by ada: open it with", said), said
    assert site.release().endswith(commit[:7])
    assert site.ask("/").status == 503
    status = site.succeed("status", "dev")
    assert "health    well" in status
    assert re.search("closed    to visitors since .* by ada", status), status


@pytest.mark.usefixtures("told")
def test_who_asks_is_told_without_the_link_and_a_dry_run_opens_nothing(site: Site) -> None:
    said = site.succeed("maintenance", "dev", CLAUDECODE="1")
    assert "closed to visitors" in said, said
    assert "staff" not in said
    said = site.succeed("maintenance", "dev", "off", "--check")
    assert "Would open shop_dev on server; nothing was changed." in said
    assert site.ask("/").status == 503


def test_an_open_site_is_open_and_the_next_link_is_another(site: Site, told: str) -> None:
    said = site.succeed("maintenance", "dev", "off")
    assert "shop_dev on server is open to visitors." in said
    assert site.ask("/").status == 200
    again = site.succeed("maintenance", "dev", "on")
    assert link(again) != link(told)
    assert site.ask(link(told)).status == 404
