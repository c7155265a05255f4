"""What nginx answers by itself: the application is away or too slow, or that was too often."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host

JSON = "application/json"
POST = "--data name=x"

Ask = Callable[..., Any]


@pytest.fixture
def _away(host: Host) -> Iterator[None]:
    host.check_output("systemctl stop upstream")
    yield
    host.check_output("systemctl start upstream")
    answers = "curl --silent --retry 20 --retry-delay 1 --retry-all-errors http://application/"
    host.check_output(f"{answers} --unix-socket /run/shop_dev-blue/gunicorn.sock")


def broken(ask: Ask, path: str, status: int) -> None:
    """Ask for what nginx must answer with its own page."""
    for option in ("", POST):
        answer = ask(path, option)
        assert answer.status == status, answer.text
        assert answer.headers["Retry-After"] == "30"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "does not answer just now" in answer.body, answer.text
        assert re.search("number: [0-9a-f]{32}<", answer.body), answer.text
    told = json.loads(ask(path, f"--header Accept:{JSON}").body)
    assert re.fullmatch("[0-9a-f]{32}", told["request_id"])


@pytest.mark.usefixtures("_away")
def test_visitors_of_an_application_that_is_away_get_a_page(ask: Ask) -> None:
    broken(ask, "/", 502)


def test_visitors_of_an_application_that_is_too_slow_get_a_page(ask: Ask) -> None:
    answer = ask("/slow")
    assert (answer.status, answer.headers["Retry-After"]) == (504, "30"), answer.text
    assert "does not answer just now" in answer.body


@pytest.mark.parametrize(("path", "status"), [("/error", 500), ("/busy", 503), ("/none", 404)])
def test_what_the_application_says_itself_is_left_alone(ask: Ask, path: str, status: int) -> None:
    answer = ask(path)
    assert answer.status == status, answer.text
    assert json.loads(answer.body)["Host"] == "dev.test"
    assert "Retry-After" not in answer.headers


def statuses(host: Host, path: str, count: int, *options: str) -> list[int]:
    """What so many requests get, one right after the other."""
    curl = "curl --silent --output /dev/null --write-out '%{http_code} ' --header Host:dev.test"
    words = " ".join(options)
    done = host.check_output(f"{curl} {words} 'http://127.0.0.1:8080{path}?[1-{count}]'")
    return [int(word) for word in done.split()]


def test_who_asks_too_often_waits_and_nobody_else(ask: Ask, host: Host) -> None:
    assert statuses(host, "/accounts/login/", 6, POST).count(429) >= 3
    answer = ask("/accounts/login/again", POST)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1"), answer.text
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "That was too often" in answer.body
    told = ask("/accounts/login", POST, f"--header Accept:{JSON}")
    assert "wait" in json.loads(told.body)["detail"], told.text
    assert statuses(host, "/accounts/login/", 2, POST, "--interface 127.0.0.9") == [200, 200]
    assert statuses(host, "/accounts/logins/", 6, POST) == [200] * 6
    assert statuses(host, "/accounts/login/", 6) == [404] * 6, "only POST was to count"
    host.check_output("sleep 1.2")
    assert ask("/accounts/login/", POST).status == 200, "it does not let go"
