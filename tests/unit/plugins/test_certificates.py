"""Certificates: what they say, which are served, and what a CA is asked for."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import (
    acme,
    certificates,
    nginx,
    reaching,
    site_certificate,
)
from ansible_collections.slipway.django.plugins.module_utils.acme import Lineage
from ansible_collections.slipway.django.plugins.module_utils.certificates import Certificate
from ansible_collections.slipway.django.plugins.module_utils.reaching import Found
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import certificate

from tests.unit.plugins.conftest import ROOT

DAY = 86400.0
SAID = """\
subject=
issuer=C = US, O = Let's Encrypt, CN = R11
notBefore=Nov 23 01:14:51 2026 GMT
notAfter=Feb 21 01:14:50 2027 GMT
X509v3 Subject Alternative Name: critical
    DNS:Shop.example.com, DNS:*.shop.example.com
Authority Information Access:
    OCSP - URI:http://r11.o.lencr.org
"""
NAMES = ["shop.example.com", "www.shop.example.com"]
SERVER = "https://ca.example.com/directory"
PARAMS: dict[str, Any] = {
    **{"name": "shop_dev", "source": "selfsigned", "hostnames": NAMES, "obtain": False},
    **{"certificate": "", "key": "", "email": "", "server": SERVER, "preflight": True},
}

Serve = Callable[..., dict[str, Any]]


def test_a_certificate_says_its_names_and_its_time() -> None:
    found = certificates.parse(SAID)
    assert found.names == ("shop.example.com", "*.shop.example.com")
    assert found.ends - found.starts == 90 * DAY - 1
    assert (found.known, found.ocsp) == (True, True)


@pytest.mark.parametrize(
    ("subject", "issuer", "known"),
    [
        ("CN=shop", "CN=shop", False),
        ("", "C=US, O=(STAGING) Let's Encrypt, CN=(STAGING) Riddling R", False),
        ("", "CN=R11", True),
    ],
)
def test_a_browser_knows_neither_the_host_nor_a_rehearsal(
    subject: str, issuer: str, known: bool
) -> None:
    lines = [f"subject={subject}", f"issuer={issuer}", *SAID.splitlines()[2:4]]
    found = certificates.parse("\n".join(lines))
    assert (found.known, found.ocsp, found.names) == (known, False, ())


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("shop.example.com", True),
        ("SHOP.example.com", True),
        ("www.shop.example.com", True),
        ("*.shop.example.com", True),
        ("a.www.shop.example.com", False),
        ("example.com", False),
        ("*.example.com", False),
    ],
)
def test_a_star_stands_for_one_part_of_a_name(name: str, covered: bool) -> None:
    assert certificates.parse(SAID).covers(name) is covered


@pytest.mark.parametrize(("days", "late"), [(16, False), (14, True), (-1, True)])
def test_a_renewal_is_late_when_a_sixth_of_its_time_is_left(days: int, late: bool) -> None:
    now = 1000 * DAY
    found = Certificate((), now + (days - 90) * DAY, now + days * DAY)
    assert (found.is_late(now), found.days_left(now)) == (late, days)


def test_patterns_of_nginx_become_names_where_they_can() -> None:
    given = ["Shop.example.com", ".example.com", "*.example.com", "~^shop[0-9]+$", "www.*"]
    assert certificates.plain(given) == ["shop.example.com", "example.com", "*.example.com"]


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        ({}, "shop.test does not resolve"),
        ({"192.0.2.1": "token"}, ""),
        ({"192.0.2.1": "token", "2001:db8::1": None}, ""),
        (
            {"192.0.2.1": "token", "2001:db8::1": "status 404"},
            "shop.test leads to 2001:db8::1, which is not this host",
        ),
        (
            {"192.0.2.1": None, "192.0.2.2": None},
            "nothing answers for shop.test at port 80 of 192.0.2.1, 192.0.2.2",
        ),
    ],
)
def test_a_name_must_lead_here_at_each_of_its_addresses(
    answers: dict[str, str | None], complaint: str
) -> None:
    assert Found("shop.test", answers).complaint("token") == complaint


def test_the_file_that_names_are_asked_for_is_there_meanwhile_and_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetch(address: str, name: str, path: str) -> str:
        asked.append((address, name))
        return (tmp_path / path.lstrip("/")).read_text()

    monkeypatch.setattr(reaching, "addresses", lambda name: ["192.0.2.1"] if name != "b" else [])
    monkeypatch.setattr(reaching, "fetch", fetch)
    assert reaching.complaints(["a", "b"], str(tmp_path)) == {"b": "b does not resolve"}
    assert asked == [("192.0.2.1", "a")]
    assert list((tmp_path / reaching.PATH).iterdir()) == []


def held(*names: str, server: str = SERVER, days: int = 60) -> Lineage:
    """What certbot keeps."""
    now = time.time()
    found = Certificate(names, now - 30 * DAY, now + days * DAY)
    return Lineage("/etc/letsencrypt/live/shop_dev", found, server)


@pytest.mark.parametrize(
    ("wanted", "unreachable", "kept", "asked"),
    [
        ("ab", "", None, "ab"),
        ("ab", "b", None, "a"),
        ("ab", "a", None, ""),
        ("ab", "", held("a", "b"), ""),
        ("ab", "b", held("a"), ""),
        ("abc", "", held("a", "b"), "abc"),
        # What it is for already is not given up for a name that comes.
        ("abc", "b", held("a", "b"), ""),
        ("a", "", held("a", "b"), "a"),
        ("ab", "", held("a", "b", server="https://staging"), "ab"),
        ("ab", "", held("a", "b", days=3), "ab"),
    ],
)
def test_the_ca_is_asked_only_for_what_is_gained(
    wanted: str, unreachable: str, kept: Lineage | None, asked: str
) -> None:
    assert acme.to_ask(list(wanted), unreachable, kept, SERVER) == list(asked)


def test_certbot_is_asked_for_all_names_under_the_name_of_the_instance() -> None:
    params = {**PARAMS, "email": "ada@example.com", "webroot": "/acme", "hook": "/hook"}
    words = acme.command(["a", "b"], params, force=True)
    assert words[-5:] == ["--force-renewal", "--domain", "a", "--domain", "b"]
    for pair in (("--cert-name", "shop_dev"), ("--deploy-hook", "/hook shop_dev")):
        assert words[words.index(pair[0]) + 1] == pair[1]
    assert "--register-unsafely-without-email" not in words
    assert "--register-unsafely-without-email" in acme.command(
        ["a"], {**params, "email": ""}, False
    )


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (
            "  Domain: a.test\n  Type:   dns\n  Detail: no such name.\n"
            "  Domain: b.test\n  Type:   connection\n  Detail: 192.0.2.1: refused\n",
            "a.test: no such name.; b.test: 192.0.2.1: refused",
        ),
        (
            "An unexpected error occurred:\nthere were too many requests :: retry later\nAsk for\n",
            "there were too many requests :: retry later",
        ),
        (
            "An unexpected error occurred:\nrequests.exceptions.ConnectionError: "
            "HTTPSConnectionPool(host='ca.test', port=443): Max retries exceeded\n",
            "it does not answer",
        ),
        (
            "An unexpected error occurred:\n"
            "ValueError: Requesting ca.test/dir: Connection refused\n",
            "it does not answer (Connection refused)",
        ),
        (
            "An unexpected error occurred:\nrequests.SSLError: CERTIFICATE_VERIFY_FAILED",
            "its own certificate is not one that this host trusts (nginx_acme_ca_bundle)",
        ),
        ("one\nlast words.\n\n", "last words"),
        ("", "certbot failed"),
    ],
)
def test_what_certbot_says_is_told_in_a_line(said: str, complaint: str) -> None:
    assert acme.complaint(said) == complaint


@pytest.mark.parametrize(
    ("said", "version"),
    [("nginx version: nginx/1.18.0 (Ubuntu)\n", (1, 18, 0)), ("", (1, 26))],
)
def test_nginx_tells_its_version(said: str, version: tuple[int, ...]) -> None:
    assert nginx.version_of(said) == version


def test_the_resolvers_of_the_host_are_written_as_nginx_takes_them() -> None:
    text = "# nameserver 1.1.1.1\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\nnameserver ::1\n"
    assert nginx.resolvers(text) == ["192.0.2.53", "[fe80::1]", "[::1]"]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Module certificate on a host whose nginx takes everything."""
    places = tmp_path / "tls"
    (places / "shop_dev").mkdir(parents=True)
    for program in ("nginx", "systemctl"):
        path = tmp_path / program
        path.write_text("#!/bin/sh\n[ ! -e $0.refuses ] || exit 1\n")
        path.chmod(0o755)
    hook = tmp_path / "hook"
    script = (ROOT / "roles" / "nginx" / "files" / "certificate.sh").read_text()
    hook.write_text(script.replace("/etc/slipway/tls", str(places)))
    hook.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(site_certificate, "PLACE", str(places))
    monkeypatch.setattr(acme, "LETSENCRYPT", str(tmp_path / "letsencrypt"))
    given = {**PARAMS, "webroot": str(tmp_path / "acme"), "hook": str(hook)}
    return lambda dry=False, **more: certificate.perform({**given, **more}, dry, Steps())


def pair(directory: Path, *names: str) -> dict[str, str]:
    """A certificate of these names and its key, as an inventory gives them."""
    directory.mkdir()
    certificates.sign(names, "somebody", str(directory))
    return {
        "source": "files",
        "certificate": str(directory / "fullchain.pem"),
        "key": str(directory / "privkey.pem"),
    }


def test_a_site_begins_with_a_certificate_of_the_host_s_own(serve: Serve, tmp_path: Path) -> None:
    assert serve(dry=True)["changed"] is True
    assert list((tmp_path / "tls" / "shop_dev").iterdir()) == []
    found = serve()
    assert found["changed"] is True
    assert (found["state"]["names"], found["state"]["trusted"]) == (NAMES, False)
    key = tmp_path / "tls/shop_dev/current/privkey.pem"
    assert key.stat().st_mode & 0o77 == 0
    assert serve()["changed"] is False


def test_what_nginx_did_not_take_from_certbot_is_tried_again(serve: Serve, tmp_path: Path) -> None:
    served = tmp_path / "tls/shop_dev/current/fullchain.pem"
    serve()
    before = served.read_text()
    pair(tmp_path / "live", *NAMES)
    renewed = os.environ | {"RENEWED_LINEAGE": str(tmp_path / "live")}
    hook = str(tmp_path / "hook")
    refusal = tmp_path / "nginx.refuses"
    refusal.touch()
    assert subprocess.run([hook, "shop_dev"], env=renewed, check=False).returncode == 1
    assert subprocess.run([hook], check=False).returncode == 1
    assert served.read_text() == before
    refusal.unlink()
    subprocess.run([hook], check=True)
    assert served.read_text() == (tmp_path / "live/fullchain.pem").read_text()
    serve(**pair(tmp_path / "a", *NAMES))
    subprocess.run([hook], check=True)
    assert served.read_text() == (tmp_path / "a/fullchain.pem").read_text(), "that was done"


def test_another_name_makes_another_one(serve: Serve) -> None:
    serve()
    found = serve(hostnames=[*NAMES, "a.test"])
    assert (found["changed"], found["state"]["names"]) == (True, [*NAMES, "a.test"])


def test_what_the_inventory_gives_is_served(serve: Serve, tmp_path: Path) -> None:
    given = pair(tmp_path / "a", *NAMES)
    assert serve(**given)["state"]["trusted"] is False, "it vouches for itself"
    assert serve(**given)["changed"] is False
    texts = {name: Path(given[name]).read_text() for name in ("certificate", "key")}
    assert serve(source="files", **texts)["changed"] is False
    key = tmp_path / "tls/shop_dev/current/privkey.pem"
    assert key.stat().st_mode & 0o77 == 0
    assert serve()["changed"] is False, "it is self-signed, for these names"


@pytest.mark.parametrize(
    ("names", "other_key", "said"),
    [
        (["other.test"], False, "is for other.test and not for shop.example.com, www.shop."),
        (NAMES, True, "nginx_tls_key is the key of another certificate than"),
    ],
)
def test_files_that_visitors_would_not_take_are_refused_and_the_one_before_stays(
    serve: Serve, tmp_path: Path, names: list[str], other_key: bool, said: str
) -> None:
    before = serve(**pair(tmp_path / "a", *NAMES))["state"]
    given = pair(tmp_path / "b", *names)
    if other_key:
        given["key"] = str(tmp_path / "a" / "privkey.pem")
    with pytest.raises(Failed, match=said):
        serve(**given)
    assert serve(**pair(tmp_path / "c", *NAMES), dry=True)["state"] == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("none", "nginx_tls_certificate, none, cannot be read on this host: No such file"),
        ("-----BEGIN CERTIFICATE-----\nx\n", "nginx_tls_certificate is no certificate."),
    ],
)
def test_what_is_no_certificate_is_refused(
    serve: Serve, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(Failed, match=said):
        serve(**{**pair(tmp_path / "a", *NAMES), "certificate": text})


def test_a_certificate_that_has_expired_is_refused() -> None:
    with pytest.raises(Failed, match="has expired"):
        certificates.require_suitable(certificates.parse(SAID), [], now=4e9)


def test_a_certificate_that_nginx_does_not_take_is_not_left_there(
    serve: Serve, tmp_path: Path
) -> None:
    before = serve()["state"]
    (tmp_path / "nginx.refuses").touch()
    with pytest.raises(Failed, match="nginx does not take the certificate"):
        serve(hostnames=["a.test"])
    assert serve()["state"] == before
    assert len(list((tmp_path / "tls" / "shop_dev").glob("*Z-*"))) == 1


def test_what_certbot_keeps_is_taken_over_where_its_hook_was_not_heard(
    serve: Serve, tmp_path: Path
) -> None:
    live = tmp_path / "letsencrypt" / "live"
    live.mkdir(parents=True)
    shutil.copytree(Path(pair(tmp_path / "a", *NAMES)["key"]).parent, live / "shop_dev")
    (tmp_path / "letsencrypt" / "renewal").mkdir()
    conf = tmp_path / "letsencrypt" / "renewal" / "shop_dev.conf"
    conf.write_text(f"[renewalparams]\nserver = {SERVER}\n")
    found = serve(source="letsencrypt")
    assert (found["changed"], found["state"]["due"]) == (True, False)
    assert serve(source="letsencrypt")["changed"] is False
    assert serve(source="letsencrypt", server="https://other")["state"]["due"] is True


def test_a_dry_run_says_that_it_would_ask_and_asks_nobody(serve: Serve) -> None:
    serve(source="letsencrypt")
    found = serve(dry=True, source="letsencrypt", obtain=True)
    assert (found["changed"], found["problem"], found["state"]["due"]) == (True, "", True)


@pytest.mark.parametrize(
    ("unreachable", "asked", "problem"),
    [
        (
            {NAMES[0]: "it is away"},
            [],
            "it is away, so the CA was not asked. The site serves a self",
        ),
        ({}, NAMES, "the CA at ca.example.com gave no certificate: no. The site serves a self"),
    ],
)
def test_what_kept_the_ca_from_giving_one_is_told_and_no_failure(
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    unreachable: dict[str, str],
    asked: list[str],
    problem: str,
) -> None:
    words: list[str] = []
    monkeypatch.setattr(reaching, "complaints", lambda _names, _webroot: unreachable)
    monkeypatch.setattr(acme, "ask", lambda given: words.extend(given) or "no")
    serve(source="letsencrypt")
    found = serve(source="letsencrypt", obtain=True)
    assert found["changed"] is False
    assert found["problem"].startswith(problem)
    assert [name for name in words if name in NAMES] == asked
