"""nginx's configuration, taken by nginx itself; molecule/nginx asks it as visitors do."""

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.conftest import Evaluate, Render
from tests.unit.roles.nginx import MAIN, NGINX, Server

needs_nginx = pytest.mark.skipif(not NGINX, reason="nginx is not on this machine")


@pytest.fixture(scope="module")
def server(render: Render, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """An nginx that was not started."""
    directory = tmp_path_factory.mktemp("n")
    (directory / "nginx.conf").write_text(MAIN.format(directory=directory))
    (directory / "sites").mkdir()
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
        {"nginx_instance": {"name": "a_b", "socket": "/s", "static": "/st", "media": "/m"}},
    ],
    ids=str,
)
def test_nginx_takes_the_site(server: Server, given: dict[str, Any]) -> None:
    server.write("site.conf.j2", nginx_port=server.port, **given)
    server.write("default.conf.j2")
    assert server.complaint() == ""


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
    assert "alias" not in site


@pytest.mark.parametrize("template", ["site.conf.j2", "default.conf.j2"])
@pytest.mark.parametrize("said", [False, "false"], ids=["a boolean", "from the command line"])
def test_a_host_without_ipv6_is_not_asked_to_listen_on_it(
    render: Render, template: str, said: object
) -> None:
    sockets = re.findall("listen ([^; ]+)", render("nginx", template, nginx_ipv6=said))
    assert sockets == ["80"]


def test_connections_to_the_application_are_not_kept(render: Render) -> None:
    assert "keepalive" not in render("nginx", "site.conf.j2")


def test_a_site_is_checked_as_a_part_of_a_server(evaluate: Evaluate, tmp_path: Path) -> None:
    nginx = tmp_path / "nginx"
    nginx.write_text('#!/bin/sh\nfor last; do :; done; echo "$last"; cat "$last"\n')
    nginx.chmod(0o755)
    site = tmp_path / "site.conf"
    # As Ansible does: the file's name for %s, then words and no shell (AnsibleModule.run_command).
    command = evaluate("nginx", "__nginx_validate | replace('%s', site)", site=str(site))
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = subprocess.run(
        shlex.split(command), env=path, capture_output=True, text=True, check=True
    )
    wrapper, text = said.stdout.split("\n", 1)
    assert f"include {site};" in text
    assert not Path(wrapper).exists(), "the wrapper is left behind"
