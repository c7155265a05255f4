"""nginx, asked as a visitor asks it: with the right name and the wrong, for more than it gives."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

SCENARIO = Path(__file__).parents[1]
AGAIN = "--retry 20 --retry-delay 1 --retry-all-errors"
START = f"""systemctl start upstream &&
    curl --silent {AGAIN} --unix-socket /run/shop_dev-blue/gunicorn.sock http://application/"""
LIMIT = {"path": "/accounts/", "rate": "1r/s"}

Ask = Callable[..., Any]
Curl = Callable[[str], Any]


@pytest.mark.parametrize("name", ["dev.test", "www.dev.test"])
def test_the_application_answers_and_learns_who_asked(ask: Ask, name: str) -> None:
    answer = ask("/", "--header 'X-Forwarded-For: 192.0.2.1'", name=name)
    assert answer.status == 200, answer.text
    asked = json.loads(answer.body)
    told = [asked[key] for key in ("Host", "X-Forwarded-For", "X-Forwarded-Proto")]
    assert told == [name, "127.0.0.1", "http"]


@pytest.mark.parametrize("port", [80, 8080])
@pytest.mark.parametrize("name", ["other.test", "127.0.0.1"])
def test_a_name_that_nobody_serves_gets_no_answer(curl: Curl, port: int, name: str) -> None:
    done = curl(f"--header 'Host: {name}' http://127.0.0.1:{port}/")
    assert "Empty reply" in done.stderr, done
    assert not done.stdout


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/error", 500),
        ("/none", 404),
        ("/slow", 504),
        ("/assets/board.css", 200),
        ("/assets/board.0123456789ab.css", 200),
        ("/assets/none.css", 404),
        ("/files/page.html", 200),
        ("/files/none", 404),
        ("/files/.hidden", 404),
    ],
)
def test_every_answer_has_the_security_headers(ask: Ask, path: str, status: int) -> None:
    answer = ask(path)
    assert answer.status == status, answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff", answer.text
    assert answer.headers["X-Frame-Options"] == "DENY", answer.text
    assert answer.headers["Server"] == "nginx", "its version is nobody's business"


def test_the_application_s_own_header_goes(ask: Ask) -> None:
    assert ask("/own").headers.get_all("X-Frame-Options") == ["SAMEORIGIN"]


@pytest.mark.parametrize(
    ("name", "caching"),
    [
        ("board.0123456789ab.css", ["max-age=315360000", "public, immutable"]),
        ("board.css", ["max-age=3600"]),
    ],
)
def test_a_static_file_is_kept_as_long_as_its_name_allows(
    ask: Ask, name: str, caching: list[str]
) -> None:
    answer = ask(f"/assets/{name}")
    assert answer.body == "body {}", answer.text
    assert answer.headers.get_all("Cache-Control") == caching
    assert answer.headers["Content-Type"] == "text/css"


def test_an_upload_is_shown_and_cannot_act_as_a_page_of_the_site(ask: Ask) -> None:
    answer = ask("/files/page.html")
    assert answer.body == "uploaded", answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../shop/dev/.env",
        "/assets/%2e%2e/shop/dev/.env",
        "/assets../shop/dev/.env",
        "/files/..%2fshop/dev/.env",
        "/shop/dev/.env",
        "/assets/.hidden",
        "/files/.hidden",
        "/assets/",
        "/files/",
    ],
)
def test_nothing_else_on_the_host_is_shown(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert answer.status in (400, 403, 404), answer.text
    assert "secret" not in answer.body
    assert "board" not in answer.body


@pytest.mark.parametrize(("kilobytes", "status"), [(99, 200), (101, 413)])
def test_a_request_may_be_as_large_as_was_said(
    ask: Ask, host: Host, kilobytes: int, status: int
) -> None:
    host.check_output(f"head --bytes={kilobytes}K /dev/zero >/tmp/upload")
    answer = ask("/", "--data-binary @/tmp/upload")
    assert answer.status == status, answer.text
    assert answer.headers["X-Frame-Options"] == "DENY", answer.text
    assert status == 413 or answer.body == str(kilobytes * 1024)


@pytest.fixture
def _away(host: Host) -> Iterator[None]:
    host.check_output("systemctl stop upstream")
    yield
    host.check_output(START)


@pytest.mark.usefixtures("_away")
def test_visitors_are_told_while_the_application_is_away_and_served_the_moment_it_is_back(
    ask: Ask, host: Host
) -> None:
    answer = ask("/")
    assert answer.status == 502, answer.text
    assert answer.headers["X-Frame-Options"] == "DENY", answer.text
    assert ask("/assets/board.css").status == 200
    host.check_output(START)
    assert ask("/").status == 200


@pytest.mark.parametrize(
    ("path", "directory"),
    [("/assets/own.css", "staticfiles_dev"), ("/files/own", "mediafiles_dev")],
)
def test_a_link_leads_to_what_its_owner_owns_and_to_nothing_of_others(
    ask: Ask, host: Host, path: str, directory: str
) -> None:
    place = f"/var/www/{directory}/{path.rpartition('/')[2]}"
    host.check_output(f"ln --symbolic --force /etc/debian_version {place}")
    assert ask(path).status == 200
    host.check_output(f"chown --no-dereference shop_dev {place}")
    assert ask(path).status == 403
    host.check_output(f"rm {place}")


@pytest.fixture
def neighbour(host: Host) -> Iterator[None]:
    """A site of an administrator, which is right by itself."""
    place = "/etc/nginx/sites-enabled/own.conf"
    zone = "limit_req_zone $uri zone=shop_dev_limit_2:1m rate=1r/s;"
    host.check_output(f"echo '{zone}' >{place} && nginx -t -q")
    yield
    host.check_output(f"rm {place}")


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"nginx_site_options": ["not a directive;"]}, "unknown directive"),
        ({"nginx_rate_limits": [LIMIT, LIMIT]}, "All is put back as it was."),
    ],
    ids=["by itself", "beside a neighbour"],
)
def test_a_site_that_nginx_does_not_take_is_not_written(
    ask: Ask, host: Host, more: dict[str, object], said: str
) -> None:
    before = host.check_output("find /etc/nginx | sort")
    words = ["ansible-playbook", "--inventory", os.environ["MOLECULE_INVENTORY_FILE"]]
    words += ["--extra-vars", json.dumps(more), str(SCENARIO / "converge.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    assert said in done.stdout + done.stderr, done.stdout
    assert host.check_output("find /etc/nginx | sort") == before
    assert not host.run("nginx -t -q").stderr
    assert ask("/").status == 200


def test_nginx_finds_nothing_wrong_with_its_configuration(host: Host) -> None:
    done = host.run("nginx -t")
    assert done.rc == 0, done.stderr
    assert "warn" not in done.stderr


def test_a_site_over_tls_tells_the_application_so(ask: Ask) -> None:
    asked = json.loads(ask("/", name="tls.test", port=8443).body)
    assert (asked["Host"], asked["X-Forwarded-Proto"]) == ("tls.test:8443", "https")
    assert ask("/assets/board.css", name="tls.test", port=8443).body == "body {}"


@pytest.mark.parametrize("name", ["tls.test", "www.tls.test"])
def test_http_is_sent_on_for_now_since_nobody_trusts_the_certificate(ask: Ask, name: str) -> None:
    answer = ask("/a?b=c", name=name)
    assert (answer.status, answer.headers["Location"]) == (302, f"https://{name}:8443/a?b=c")
    answer = ask("/a?b=c", name="www.tls.test", port=8443)
    assert (answer.status, answer.headers["Location"]) == (302, "https://tls.test:8443/a?b=c")


def test_who_asks_over_tls_for_a_name_that_nobody_serves_gets_no_certificate(curl: Curl) -> None:
    done = curl("--insecure https://127.0.0.1:8443/")
    assert "unrecognized name" in done.stderr, done


@pytest.mark.parametrize(("version", "spoken"), [("1.1", False), ("1.2", True), ("1.3", True)])
def test_tls_is_spoken_as_it_is_today(curl: Curl, version: str, spoken: bool) -> None:
    only = f"--insecure --tlsv{version} --tls-max {version} --ciphers DEFAULT@SECLEVEL=0"
    done = curl(f"{only} --resolve tls.test:8443:127.0.0.1 https://tls.test:8443/")
    assert (done.rc == 0) is spoken, done


def test_the_key_is_root_s_alone(host: Host) -> None:
    host.check_output("test -s /etc/slipway/tls/shop_tls/current/privkey.pem")
    done = host.run("runuser -u www-data -- ls /etc/slipway/tls")
    assert done.rc != 0, done


def test_a_worker_may_open_files_for_all_of_its_connections(host: Host) -> None:
    limits = host.check_output("cat /proc/$(pgrep --newest --uid www-data nginx)/limits")
    (line,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
    assert line.split()[3:5] == ["4000", "4000"]


def test_nginx_comes_back_when_it_was_killed_and_with_the_server(ask: Ask, host: Host) -> None:
    assert host.check_output("systemctl is-enabled nginx") == "enabled"
    host.check_output("systemctl kill --signal=KILL nginx")
    assert ask("/", AGAIN).status == 200
