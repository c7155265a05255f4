"""What nginx answers by itself, as far as it is decided without a server."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.conftest import INVENTORY, ROOT, Evaluate, Render
from tests.unit.roles.nginx import MAIN, NGINX, Server

needs_nginx = pytest.mark.skipif(not NGINX, reason="nginx is not on this machine")
LOGIN = {"path": "/accounts/login/", "rate": "5r/m", "burst": 10, "methods": ["POST"]}
WHOLE = {"path": "/", "rate": "2r/s"}
# Where Ansible looks for what a role names.
HERE = {"ansible_search_path": [str(ROOT / "roles" / "nginx")]}


@pytest.fixture
def server(render: Render, tmp_path: Path) -> Server:
    """An nginx that was not started."""
    (tmp_path / "nginx.conf").write_text(MAIN.format(directory=tmp_path))
    (tmp_path / "sites").mkdir()
    return Server(tmp_path, render)


@needs_nginx
@pytest.mark.parametrize(
    "given",
    [
        {"nginx_rate_limits": [LOGIN, WHOLE]},
        {"nginx_rate_limits": [{**LOGIN, "path": "/a.b+c (d)|e~", "methods": []}]},
        {"nginx_maintenance_allowed": ["192.0.2.7", "192.0.2.0/24", "2001:db8::/32"]},
        {"nginx_health_path": "/health/?full=1"},
        {"nginx_health_path": "/"},
        {"nginx_upstreams": ["10.0.0.5:8000"], "nginx_rate_limits": [LOGIN]},
    ],
    ids=str,
)
def test_nginx_takes_what_an_inventory_may_say(server: Server, given: dict[str, Any]) -> None:
    server.write("site.conf.j2", nginx_port=server.port, **given)
    assert server.complaint() == ""


@needs_nginx
def test_nginx_does_not_take_an_address_that_is_none(server: Server) -> None:
    server.write("site.conf.j2", nginx_port=server.port, nginx_maintenance_allowed=["the office"])
    assert "invalid" in server.complaint()


@pytest.mark.parametrize(
    ("limit", "bad"),
    [
        (LOGIN, []),
        (WHOLE, []),
        ({"path": "login", "rate": "5r/m"}, ["login"]),
        ({"path": '/"; }', "rate": "5r/m"}, ['/"; }']),
        ({"path": "/a", "rate": "5/m"}, ["5/m"]),
        ({"path": "/a", "rate": "0r/m"}, ["0r/m"]),
        ({"path": "/a", "rate": "5r/m", "methods": ["POST", "put"]}, ["put"]),
    ],
)
def test_a_limit_that_nginx_would_not_understand_is_named(
    evaluate: Evaluate, limit: dict[str, Any], bad: list[str]
) -> None:
    assert evaluate("nginx", "__nginx_bad_limits", nginx_rate_limits=[WHOLE, limit]) == bad


@pytest.mark.parametrize(
    ("rates", "seconds"), [([], 1), (["2r/s"], 1), (["60r/m"], 1), (["5r/m", "40r/m"], 12)]
)
def test_who_asked_too_often_waits_until_the_slowest_limit_lets_go(
    evaluate: Evaluate, rates: list[str], seconds: int
) -> None:
    limits = [{"path": "/a", "rate": rate} for rate in rates]
    assert evaluate("nginx", "__nginx_limit_seconds", nginx_rate_limits=limits) == seconds


def test_who_asked_too_often_is_no_error_of_the_site(render: Render) -> None:
    assert "    limit_req_log_level warn;\n" in render("nginx", "site.conf.j2")


def test_a_question_about_health_may_have_a_query(render: Render) -> None:
    assert '"~^/up$" 1;' in render("nginx", "site.conf.j2", nginx_health_path="/up?full=1")


def test_a_site_whose_health_is_asked_at_its_root_is_closed_there_all_the_same(
    render: Render,
) -> None:
    assert '"~^/health/$" 1;' in render("nginx", "site.conf.j2")
    assert '"~^/$" 1;' not in render("nginx", "site.conf.j2", nginx_health_path="/")


@pytest.mark.parametrize(
    ("variable", "file"),
    [("nginx_maintenance_page", "maintenance.html"), ("nginx_error_page", "unavailable.html")],
)
def test_a_page_of_one_s_own_is_taken_as_it_is(
    evaluate: Evaluate, tmp_path: Path, variable: str, file: str
) -> None:
    own = tmp_path / "own.html"
    own.write_text("<style>@media{#a{b:c}}</style>{{ ship }}\n")
    files = evaluate("nginx", "__nginx_answers", **HERE, **{variable: str(own)})
    (found,) = [entry["content"] for entry in files if entry["path"].endswith(file)]
    assert found == own.read_text()


@pytest.mark.parametrize("name", ["maintenance", "unavailable", "limited"])
def test_every_answer_is_a_small_page_that_needs_no_other_file_and_json(
    evaluate: Evaluate, name: str
) -> None:
    files = evaluate("nginx", "__nginx_answers", **HERE)
    texts = {Path(entry["path"]).name: entry["content"] for entry in files if "content" in entry}
    told = json.loads(texts[f"{name}.json"].replace("<!--# echo var='request_id_shown' -->", "x"))
    page = texts[f"{name}.html"]
    assert f"<p>{told['detail']}</p>" in page
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert len(page) < 1500
    assert not re.search("src=|href=|https?:|@import|<script", page), "it needs another file"


@pytest.mark.slow
def test_a_bad_limit_stops_a_provision_with_a_sentence_before_anything_is_written(
    tmp_path: Path,
) -> None:
    role = {"name": "slipway.django.nginx", "tasks_from": "configure"}
    variables = {**INVENTORY, "nginx_rate_limits": [{"path": "/a", "rate": "5/m"}]}
    variables = {name: value for name, value in variables.items() if "ansible" not in name}
    task = {"ansible.builtin.import_role": role}
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [task]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    words = [Path(sys.executable).with_name("ansible-playbook"), "--check", tmp_path / "play.yml"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    assert "nginx_rate_limits has 5/m: a path begins with /" in done.stdout, done.stdout
    assert "1 of 1 hosts failed" in done.stdout
