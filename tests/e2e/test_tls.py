"""Sites over TLS, with certificates of a CA on the host: given, renewed, revoked, refused."""

import http.client
import json
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from slipway import state
from tests.load import report
from tests.load.client import Load
from tests.load.kinds import KINDS

from . import ca, faults
from .site import Answer, Site, write_environment

NAMES = ["tls.test", "www.tls.test"]
HOME = "/etc/slipway/tls/shop_tls"
TLS = {
    "slipway_hostnames": NAMES[:1],
    "nginx_redirect_hostnames": NAMES[1:],
    "nginx_tls": "letsencrypt",
    "nginx_acme_server": ca.DIRECTORY,
    "nginx_acme_email": "ada@example.com",
    "nginx_hsts_seconds": 63072000,
    "nginx_http3": True,
    "django_environment": {"HTTPS": "1", "HSTS_SECONDS": "63072000", "DEMO_LAB": "1"},
}
SELF_SIGNED = (
    "The site serves a self-signed certificate, at which browsers warn: "
    "mend it and provision again."
)
# Kept connections are closed by a reload of nginx, as they are after a while by any server.
FRESH = [kind for kind in KINDS if not kind.keep]
# What testssl says without a finding.
MANY = 50


@dataclass
class Secure:
    """The site over TLS, and the visitors who know its CA."""

    site: Site
    roots: str = ""

    def configure(self, **variables: object) -> None:
        """Let the inventory say more, or something else."""
        main = self.site.inventories / "tls" / "group_vars" / "all" / "main.yml"
        main.write_text(json.dumps(json.loads(main.read_text()) | variables))

    def provision(self) -> str:
        """Let role nginx do its part, which takes half as long; what was said."""
        words = [".venv/bin/ansible-playbook", "-i", str(self.site.inventories / "tls")]
        done = subprocess.run(
            [*words, "playbooks/site.yml", "--tags", "nginx"],
            cwd=state.CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shake_hands(self, name: str = NAMES[0]) -> ssl.SSLSocket:
        """Connect as a visitor of a name who trusts nobody but the CA."""
        plain = socket.create_connection((self.site.host.address, 443), timeout=15)
        return ca.trusting(self.roots).wrap_socket(plain, server_hostname=name)

    def ask(self, path: str = "/health/", name: str = NAMES[0]) -> Answer:
        """Ask for a path as such a visitor."""
        connection = http.client.HTTPConnection(name)
        connection.sock = self.shake_hands(name)
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return Answer(answer.status, answer.headers, text)

    def serial(self) -> str:
        """The number of the certificate that visitors get."""
        with self.shake_hands() as connection:
            return str((connection.getpeercert() or {})["serialNumber"])


@pytest.fixture(scope="module")
def secure(site: Site) -> Iterator[Secure]:
    """The host with a CA, and an environment over TLS of which nothing was provisioned yet."""
    vouches = ca.install(site)
    write_environment(site.inventories, "tls", site.host, **TLS, nginx_acme_ca_bundle=vouches)
    ca.start(site)
    yield Secure(site)


def warning(said: str) -> str:
    """The one warning of a run, which people are to see."""
    (found,) = re.findall(r"^WARNING  server: (.*)$", said, re.MULTILINE)
    return str(found)


def test_a_new_site_whose_name_leads_nowhere_comes_up_and_says_so(secure: Secure) -> None:
    said = secure.site.succeed("provision", "tls")
    assert warning(said) == (
        "tls.test does not resolve; www.tls.test does not resolve, so the CA was not asked. "
        f"{SELF_SIGNED}"
    )
    answer = secure.site.ask("/x", name=NAMES[0])
    assert (answer.status, answer.headers["Location"]) == (302, "https://tls.test/x")
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        secure.ask()


def test_then_it_gets_a_certificate_and_the_next_run_changes_nothing(secure: Secure) -> None:
    secure.site.sh(f"echo 127.0.0.1 {' '.join(NAMES)} >>/etc/hosts")
    said = secure.provision()
    assert "WARNING" not in said, said
    secure.roots = ca.root(secure.site)
    with secure.shake_hands() as connection:
        assert connection.version() == "TLSv1.3"
        named = (connection.getpeercert() or {})["subjectAltName"]
    assert sorted(named) == [("DNS", name) for name in NAMES]
    assert ", 0 changed, " in secure.provision()


def test_a_deploy_asks_the_site_over_tls(secure: Secure) -> None:
    said = secure.site.succeed("deploy", "tls")
    assert "It answers at https://tls.test/" in said
    asked = """grep '"uri":"/health/".*"status":200' /var/log/nginx/shop_tls.access.log || true"""
    # nginx writes its log once a second.
    faults.until(lambda: secure.site.sh(asked), "the log of the site over TLS has the question")
    assert secure.ask().status == 200


@pytest.mark.parametrize("name", NAMES)
def test_http_is_sent_on_to_https_for_good(secure: Secure, name: str) -> None:
    answer = secure.site.ask("/a?b=c", name=name)
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{name}/a?b=c")


def test_another_name_is_sent_on_to_the_site_s_own(secure: Secure) -> None:
    answer = secure.ask("/a?b=c", name=NAMES[1])
    assert (answer.status, answer.headers["Location"]) == (301, "https://tls.test/a?b=c")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"


def test_a_name_that_nobody_serves_gets_no_certificate(secure: Secure) -> None:
    with pytest.raises(ssl.SSLError, match="unrecognized name"):
        secure.shake_hands("strange.test")


@pytest.mark.parametrize("version", ["--http2", "--http3-only"])
def test_a_visitor_may_speak_a_newer_http(secure: Secure, version: str) -> None:
    found = "--output /dev/null --write-out '%{http_version} %{http_code}'"
    ask = f"curl --silent --insecure {version} {found} https://tls.test/health/"
    assert secure.site.sh(ask) == f"{re.sub('[^0-9]', '', version)} 200"


def test_nginx_has_nothing_to_warn_of(secure: Secure) -> None:
    assert "ssl_stapling on;" in secure.site.sh("cat /etc/nginx/sites-enabled/shop_tls.conf")
    assert "warn" not in secure.site.sh("nginx -t 2>&1")


def test_a_neighbour_without_tls_is_left_as_it_was(secure: Secure) -> None:
    assert secure.site.ask("/health/", name="dev.test").status == 200


def test_the_timer_renews_it_and_no_request_is_lost(secure: Secure) -> None:
    before = secure.serial()
    load = Load(secure.site.host.address, NAMES[0], port=443, kinds=FRESH)
    load.context = ca.trusting(secure.roots)
    assert secure.site.sh("systemctl is-enabled certbot.timer") == "enabled"
    file = "/etc/letsencrypt/renewal/shop_tls.conf"
    due = "s/.*renew_before_expiry.*/renew_before_expiry = 100 days/"
    with load, load.during("renewal"):
        for _time in range(2):
            secure.site.sh(f"sed -i '{due}' {file} && systemctl start certbot.service")
    assert not load.failures, report.failures(load)
    assert secure.serial() != before
    secure.site.sh(f"sed -i '/renew_before_expiry/d' {file}")


def test_no_finding_of_testssl_is_above_low(secure: Secure) -> None:
    secure.site.sh(f"cat >{ca.PLACE}/root.pem <<'END'\n{secure.roots}\nEND")
    words = f"--quiet --color 0 --add-ca {ca.PLACE}/root.pem --overwrite --jsonfile /tmp/found.json"
    # Not all of them: what is left asks for ciphers of TLS 1.1 and older, one by one.
    checks = "--protocols --std --server-defaults --headers --breach --compression --renegotiation"
    secure.site.sh(
        f"testssl {checks} {words} --ip 127.0.0.1 https://tls.test >/tmp/testssl || true"
    )
    found = json.loads(secure.site.sh("cat /tmp/found.json"))
    assert len(found) > MANY, secure.site.sh("cat /tmp/testssl")
    grave = [one for one in found if one["severity"] in ("MEDIUM", "HIGH", "CRITICAL")]
    assert not grave, grave


def test_one_that_was_revoked_is_replaced_and_the_site_serves_meanwhile(secure: Secure) -> None:
    before = secure.serial()
    revoke = "certbot revoke --non-interactive --cert-name shop_tls --reason superseded"
    secure.site.sh(f"REQUESTS_CA_BUNDLE={ca.PLACE}/cert.pem {revoke} --delete-after-revoke")
    secure.site.sh("systemctl restart nginx")
    assert secure.serial() == before
    secure.provision()
    assert secure.serial() != before


def test_a_name_that_does_not_resolve_is_left_out(secure: Secure) -> None:
    before = secure.serial()
    secure.configure(slipway_hostnames=[NAMES[0], "gone.test"])
    assert warning(secure.provision()) == (
        "gone.test does not resolve, so the certificate leaves that out: "
        "mend it and provision again."
    )
    assert secure.serial() == before
    secure.site.sh("echo 127.0.0.1 gone.test >>/etc/hosts")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (False, "gave no certificate: it does not answer (Connection refused)."),
        (True, "too many certificates (5) already issued for this exact set of domains."),
    ],
    ids=["away", "too many requests"],
)
def test_what_a_ca_refuses_leaves_the_certificate_before(
    secure: Secure, answers: bool, expected: str
) -> None:
    before = secure.serial()
    ca.stop(secure.site)
    if answers:
        ca.start_stingy(secure.site)
    said = warning(secure.provision())
    assert said.startswith("the CA at localhost:14000 gave no certificate: "), said
    assert f"{expected} The certificate before serves on, for 8" in said, said
    assert secure.serial() == before
    assert secure.ask().status == 200
