"""A site that is closed for maintenance: to visitors, not to staff."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host

SITE = "/etc/slipway/sites/shop_dev"
TOKEN, OTHER = "0a" * 32, "1b" * 32
JSON, HTML = "application/json", "text/html"
POST = "--data name=x"

Ask = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def _closed(host: Host) -> Iterator[None]:
    """A site as module maintenance closes it, which its own tests and those of the task show."""
    host.check_output(f"umask 077 && touch {SITE}/staff-{TOKEN} {SITE}/closed")
    yield
    host.check_output(f"rm -f {SITE}/closed {SITE}/staff-*")


@pytest.mark.parametrize("option", ["", "--head", POST, "--request DELETE"])
def test_visitors_of_a_closed_site_are_told_to_come_back(ask: Ask, option: str) -> None:
    answer = ask("/", option)
    assert answer.status == 503, answer.text
    assert answer.headers["Retry-After"] == "120", answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Content-Type"] == HTML
    assert option == "--head" or "Back soon" in answer.body


@pytest.mark.parametrize(
    ("accepted", "kind"),
    [
        ("application/json", JSON),
        ("application/json, text/html;q=0.1", JSON),
        ("application/vnd.api+json", JSON),
        ("text/html,application/xhtml+xml,application/json;q=0.9", HTML),
        ("*/*", HTML),
    ],
)
def test_a_client_that_wants_json_is_told_in_json(ask: Ask, accepted: str, kind: str) -> None:
    answer = ask("/api/", POST, f"--header 'Accept: {accepted}'")
    assert (answer.status, answer.headers["Content-Type"]) == (503, kind), answer.text
    assert kind == HTML or "come back" in json.loads(answer.body)["detail"]


def test_staff_see_a_closed_site_by_a_link(ask: Ask, host: Host) -> None:
    given = ask(f"/.slipway/staff/{TOKEN}")
    assert (given.status, given.headers["Location"]) == (302, "/"), given.text
    assert given.headers["Cache-Control"] == "no-store"
    cookie, *terms = given.headers["Set-Cookie"].split("; ")
    assert terms == ["Path=/", "HttpOnly", "SameSite=Lax"], "Secure comes with https"
    assert ask("/", f"--cookie {cookie}").status == 200
    assert ask("/", POST, f"--cookie 'a=b; {cookie}'").status == 200
    assert host.run(f"grep -r /staff/{TOKEN} /var/log/nginx").rc == 1, "a log has the link"


@pytest.mark.parametrize(
    "forged", [OTHER, "none", "", f"{TOKEN}0", TOKEN.upper(), "../shop_dev/closed"]
)
def test_a_forged_cookie_or_link_is_worth_nothing(ask: Ask, forged: str) -> None:
    assert ask("/", f"--cookie 'shop_dev_staff={forged}'").status == 503
    answer = ask(f"/.slipway/staff/{forged}")
    assert answer.status in (404, 503), answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("address", "status"), [("127.0.7.1", 200), ("127.0.0.9", 503)])
def test_staff_see_it_from_their_addresses(ask: Ask, address: str, status: int) -> None:
    assert ask("/", f"--interface {address}").status == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health/", 200),
        ("/health/?full=1", 200),
        ("/assets/board.css", 200),
        ("/files/page.html", 200),
        ("/.well-known/acme-challenge/x", 404),
        ("/.slipway/maintenance.html", 404),
        ("/.slipway/closed", 404),
        (f"/.slipway/staff-{TOKEN}", 404),
        ("/health/more", 503),
        ("/health", 503),
        ("/x%20/assets/board.css", 503),
        ("/assets/../", 503),
    ],
)
def test_a_closed_site_is_open_at_some_paths_alone(ask: Ask, path: str, status: int) -> None:
    assert ask(path).status == status


def test_a_deploy_may_ask_a_closed_site_whatever_its_health_path_is(ask: Ask) -> None:
    assert ask("/", "--user-agent slipway").status == 200
    assert ask("/", "--user-agent slipway --interface 127.0.0.9").status == 503
    assert ask("/", "--user-agent 'x /assets/'").status == 503


def test_a_site_is_open_and_closed_from_one_request_to_the_next(host: Host) -> None:
    curl = "curl --silent --output /dev/null --write-out '%{http_code} ' --header Host:dev.test"
    curl += " http://127.0.0.1:8080/"
    away = f"mv {SITE}/closed /root/closed; {curl}; mv /root/closed {SITE}/closed"
    steps = f"{curl}; {away}; {curl}"
    assert host.check_output(steps).split() == ["503", "200", "503"]


@pytest.mark.parametrize("user", ["www-data", "shop_dev"])
def test_nobody_but_root_finds_out_the_token_or_closes_and_opens(
    ask: Ask, host: Host, user: str
) -> None:
    mark = f"{SITE}/closed"
    deeds = " || ".join([f"ls {SITE}", f"touch {mark}", f"cat {mark}", f"rm -f {mark}"])
    assert host.run(f"runuser -u {user} -- sh -c '{deeds}'").rc != 0
    assert ask("/").status == 503
