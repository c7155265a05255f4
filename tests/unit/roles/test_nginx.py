"""nginx's configuration, taken by nginx itself; molecule/nginx asks it as visitors do."""

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import certificates
from ansible_collections.slipway.django.plugins.module_utils.nginx import says, version_of

from tests.unit.roles.conftest import Evaluate, Render
from tests.unit.roles.nginx import MAIN, NGINX, Server

PLACES = ("socket", "static", "media", "site")
needs_nginx = pytest.mark.skipif(not NGINX, reason="nginx is not on this machine")


@pytest.fixture(scope="module")
def server(render: Render, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """An nginx that was not started."""
    directory = tmp_path_factory.mktemp("n")
    (directory / "nginx.conf").write_text(MAIN.format(directory=directory))
    (directory / "sites").mkdir()
    certificates.sign(["dev.example.com"], "shop", str(directory))
    return Server(directory, render)


@needs_nginx
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"nginx_ipv6": False},
        {"nginx_upstreams": ["10.0.0.5:8000", "10.0.0.6:8000"]},
        {"nginx_hostnames": ["*.example.com", "xn--bcher-kva.example"]},
        {"nginx_security_headers": {}},
        {"nginx_security_headers": {"Content-Security-Policy": "default-src 'self'; img-src *"}},
        {"nginx_static_url": "/assets/", "nginx_media_url": "/files/"},
        {"nginx_client_max_body_size": "2g", "nginx_proxy_timeout_seconds": 600},
        {"nginx_site_options": ["auth_basic closed;", "location = /robots.txt { return 404; }"]},
        {
            "nginx_instance": {
                "name": "a_b",
                "socket": "/s",
                "static": "/st",
                "media": "/m",
                "site": "/p",
            }
        },
        {"nginx_trusted_proxies": ["10.0.0.5", "192.0.2.0/24", "2001:db8::/32", "127.0.0.1"]},
        {"nginx_log_format": "combined"},
        {"nginx_log_query": True},
        {"nginx_log_format": "combined", "nginx_log_query": "true"},
        {"nginx_upstream_keepalive": 16, "nginx_request_buffering": False},
        {"nginx_immutable_pattern": "(-[A-Za-z0-9_-]{8}|\\.[0-9a-f]{12})\\.\\w+$"},
        {"nginx_internal_files": {"/protected/": "/srv/protected/"}},
    ],
    ids=str,
)
def test_nginx_takes_the_site(server: Server, given: dict[str, Any]) -> None:
    server.write("site.conf.j2", nginx_port=server.port, **given)
    server.write("default.conf.j2")
    assert server.complaint() == ""


@needs_nginx
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"nginx_tls": "letsencrypt", "nginx_hsts_seconds": 60, "nginx_https_port": 8443},
        {"nginx_redirect_hostnames": ["www.dev.example.com"], "nginx_ipv6": False},
        {"nginx_tls": "files", "nginx_upstreams": ["10.0.0.5:8000"]},
        {"nginx_tls": "none", "nginx_redirect_hostnames": ["www.dev.example.com"]},
    ],
    ids=str,
)
def test_nginx_takes_the_site_over_tls_without_a_warning(
    server: Server, given: dict[str, Any]
) -> None:
    asked = {"nginx_tls": "selfsigned", **STATE, **given}
    server.write("site.conf.j2", nginx_port=server.port, **asked)
    for template in ("default.conf.j2", "default_tls.conf.j2"):
        server.write(template, **asked)
    assert server.complaint() == ""


# What this machine's nginx is, as far as it decides the words.
STATE = {"__nginx_certificate": {"state": {"version": ".".join(map(str, version_of(says())))}}}


def state(**found: object) -> dict[str, Any]:
    """What module certificate found."""
    return {"nginx_tls": "letsencrypt", "__nginx_certificate": {"state": found}}


@pytest.mark.parametrize(
    ("version", "two", "strangers"),
    [
        ("1.18.0", "listen 443 ssl http2", "return 444;"),
        ("1.22.1", "listen 443 ssl http2", "ssl_reject_handshake on;"),
        ("1.26.3", "http2 on;", "ssl_reject_handshake on;"),
    ],
)
def test_each_nginx_is_told_of_http_2_and_of_strangers_in_its_own_words(
    render: Render, version: str, two: str, strangers: str
) -> None:
    given = state(version=version)
    for template in ("site.conf.j2", "default_tls.conf.j2"):
        text = render("nginx", template, **given)
        assert two in text
        assert ("http2 on;" in text) is (two == "http2 on;")
    assert strangers in text


def test_what_browsers_keep_is_said_once_they_can_trust_the_certificate(render: Render) -> None:
    for trusted, status in ((False, 302), (True, 301)):
        given = {**state(trusted=trusted), "nginx_hsts_seconds": 60}
        text = render("nginx", "site.conf.j2", **given)
        assert f"return {status} https://$host$request_uri;" in text
        assert ('"max-age=60"' in text) is trusted
    # What was found after the CA was asked counts.
    obtained = {**state(trusted=False), "__nginx_obtained": {"state": {"trusted": True}}}
    assert "return 301 " in render("nginx", "site.conf.j2", **obtained)
    skipped = {**state(trusted=True), "__nginx_obtained": {"skipped": True}}
    assert "return 301 " in render("nginx", "site.conf.j2", **skipped)


def test_only_a_site_with_a_ca_serves_what_that_looks_for(render: Render) -> None:
    texts = {
        source: render("nginx", "site.conf.j2", nginx_tls=source)
        for source in ("none", "selfsigned", "files", "letsencrypt")
    }
    found = [source for source, text in texts.items() if "acme-challenge" in text]
    assert found == ["letsencrypt"]


@pytest.mark.parametrize("ocsp", [True, False])
def test_a_certificate_is_stapled_where_it_names_a_responder(render: Render, ocsp: bool) -> None:
    text = render("nginx", "site.conf.j2", **state(ocsp=ocsp, resolvers=["192.0.2.53", "[::1]"]))
    assert ("ssl_stapling on;" in text) is ocsp
    assert ("resolver 192.0.2.53 [::1];" in text) is ocsp


@pytest.mark.parametrize(("able", "asked"), [(True, False), (False, True), (True, True)])
def test_http_3_is_spoken_where_it_is_asked_for_and_nginx_can(
    render: Render, evaluate: Evaluate, able: bool, asked: bool
) -> None:
    given = {**state(http3=able), "nginx_http3": asked}
    text = render("nginx", "site.conf.j2", **given)
    assert ("listen 443 quic;" in text) is (able and asked)
    assert ("Host $host;" in text) is (able and asked)
    defaults = evaluate("nginx", "__nginx_defaults | map(attribute='path') | list", **given)
    assert any(path.endswith("default-443-quic") for path in defaults) is (able and asked)


@needs_nginx
def test_nginx_does_not_take_a_broken_site(server: Server) -> None:
    server.write("site.conf.j2", nginx_port=server.port, nginx_site_options=["no such words;"])
    assert 'unknown directive "no"' in server.complaint()


@needs_nginx
def test_nginx_takes_the_servers_own_configuration(render: Render, tmp_path: Path) -> None:
    text = render("nginx", "nginx.conf.j2").replace("/etc/nginx/modules-enabled", "/nowhere")
    for place in ("/var/log/nginx", "/run", "/etc/nginx/conf.d", "/etc/nginx/sites-enabled"):
        assert place in text
        (tmp_path / Path(place).name).mkdir()
        text = text.replace(place, str(tmp_path / Path(place).name))
    (tmp_path / "nginx.conf").write_text(text)
    command = [str(NGINX), "-e", f"{tmp_path}/log", "-t", "-q", "-c", f"{tmp_path}/nginx.conf"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    # Who is not root is warned that the directive "user" means nothing.
    assert [line for line in said.stderr.splitlines() if "[warn]" not in line] == []


@pytest.mark.parametrize("connections", [1024, "1024"], ids=["a number", "from the command line"])
def test_files_suffice_for_the_connections(render: Render, connections: object) -> None:
    given = {"nginx_worker_connections": connections}
    main, limits = (render("nginx", name, **given) for name in ("nginx.conf.j2", "limits.conf.j2"))
    assert "worker_connections 1024;" in main
    assert "worker_rlimit_nofile 4096;" in main
    assert "LimitNOFILE=4096\n" in limits


@pytest.mark.parametrize(
    ("port", "sites"), [(80, ["default"]), ("80", ["default"]), (8080, ["default", "default-8080"])]
)
def test_a_name_that_nobody_serves_is_closed_at_every_port(
    render: Render, evaluate: Evaluate, port: object, sites: list[str]
) -> None:
    found = evaluate("nginx", "__nginx_defaults | map(attribute='path') | list", nginx_port=port)
    places = ("/etc/nginx/sites-available", "/etc/nginx/sites-enabled")
    assert found == [f"{place}/{site}" for site in sites for place in places]
    text = render("nginx", "default.conf.j2", nginx_port=port)
    assert set(re.findall(r"listen \S*?(\d+) default_server", text)) == {str(port)}


def test_a_host_without_the_application_serves_no_files_of_it(render: Render) -> None:
    site = render("nginx", "site.conf.j2", nginx_upstreams=["10.0.0.5:8000"])
    assert "server 10.0.0.5:8000 fail_timeout=0;" in site
    assert "alias /var/www" not in site


@pytest.mark.parametrize("template", ["site.conf.j2", "default.conf.j2"])
@pytest.mark.parametrize("said", [False, "false"], ids=["a boolean", "from the command line"])
def test_a_host_without_ipv6_is_not_asked_to_listen_on_it(
    render: Render, template: str, said: object
) -> None:
    sockets = re.findall("listen ([^; ]+)", render("nginx", template, nginx_ipv6=said))
    assert sockets == ["80"]


@pytest.mark.parametrize(("kept", "default"), [(0, "close"), ("0", "close"), (16, '""')])
def test_connections_to_the_application_are_kept_only_where_that_was_said(
    render: Render, kept: object, default: str
) -> None:
    site = render("nginx", "site.conf.j2", nginx_upstream_keepalive=kept)
    assert ("keepalive 16;" in site) == (kept == 16)
    (connection,) = re.findall(r"map \$http_upgrade \$shop_dev_connection {(.*?)}", site, re.DOTALL)
    assert f"default {default};" in connection


@pytest.mark.parametrize("said", [True, "true"], ids=["a boolean", "from the command line"])
def test_query_strings_are_logged_only_where_that_was_said(render: Render, said: object) -> None:
    def log_format(**given: object) -> str:
        return render("nginx", "site.conf.j2", **given).partition("log_format")[2].partition(";")[0]

    assert "$request_uri" in log_format(nginx_log_query=said)
    assert "$http_referer" in log_format(nginx_log_query=said)
    for unsafe in ("$request_uri", "$request ", "$args", "$http_referer"):
        assert unsafe not in log_format()
        assert unsafe not in log_format(nginx_log_format="combined")


@pytest.mark.parametrize(
    ("options", "sooner"),
    [
        ([], True),
        (["location /reports/ { proxy_pass http://shop_dev; }"], True),
        (['if ($http_x_secret != "x") { return 403; }'], False),
        (["set $kind shop;"], False),
    ],
)
def test_static_files_are_sent_sooner_where_no_line_of_the_inventory_is_left_out(
    render: Render, options: list[str], sooner: bool
) -> None:
    site = render("nginx", "site.conf.j2", nginx_site_options=options)
    assert ("break;" in site) is sooner, site


def test_two_sites_share_no_name(render: Render) -> None:
    named = [render("nginx", "site.conf.j2", slipway_env=env) for env in ("dev", "prod")]
    kinds = r"^(?:map|geo) \S+ (\S+) {|^(?:log_format|upstream) (\w+)|\(\?<(\w+)>"
    dev, prod = (
        {"".join(found) for found in re.findall(kinds, site, re.MULTILINE)} for site in named
    )
    assert len(dev) == len(prod) > 8
    assert not dev & prod


def test_a_site_is_checked_as_a_part_of_a_server(evaluate: Evaluate, tmp_path: Path) -> None:
    nginx = tmp_path / "nginx"
    nginx.write_text('#!/bin/sh\nfor last; do :; done; echo "$last"; cat "$last"\n')
    nginx.chmod(0o755)
    site, server = tmp_path / "site.conf", tmp_path / "nginx.conf"
    server.write_text("http { include /etc/nginx/sites-enabled/*; }")
    # As Ansible does: the file's name for %s, then words and no shell (AnsibleModule.run_command).
    command = evaluate("nginx", "__nginx_validate | replace('%s', site)", site=str(site))
    command = command.replace("/etc/nginx/nginx.conf", str(server))
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = subprocess.run(
        shlex.split(command), env=path, capture_output=True, text=True, check=True
    )
    wrapper, text = said.stdout.split("\n", 1)
    assert f"include {site};" in text
    assert not Path(wrapper).exists(), "the wrapper is left behind"
