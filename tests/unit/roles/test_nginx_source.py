"""Where nginx comes from: packages, and what apt is told of nginx.org."""

from typing import Any

import pytest

from tests.unit.roles.conftest import Evaluate, Render

DEBIAN = {"ansible_facts": {"distribution": "Debian", "distribution_release": "trixie"}}


@pytest.mark.parametrize(
    ("given", "packages"),
    [
        ({}, ["nginx", "one-module"]),
        ({"nginx_source": "nginx.org"}, ["nginx=*~trixie", "one-module"]),
        (
            {"nginx_brotli": True},
            ["nginx", "one-module", "libnginx-mod-http-brotli-static", "brotli"],
        ),
        ({"nginx_brotli": True, "nginx_source": "nginx.org"}, ["nginx=*~trixie", "one-module"]),
    ],
    ids=str,
)
def test_the_packages_are_those_of_where_nginx_comes_from(
    evaluate: Evaluate, given: dict[str, Any], packages: list[str]
) -> None:
    names = ["nginx", "one-module"]
    assert (
        evaluate("nginx", "__nginx_packages", nginx_packages=names, **DEBIAN, **given) == packages
    )


@pytest.mark.parametrize(
    ("mirror", "address"),
    [("", "https://nginx.org/packages/debian"), ("file:///srv/nginx", "file:///srv/nginx")],
)
def test_apt_takes_nginx_org_s_packages_with_its_keys_alone(
    render: Render, mirror: str, address: str
) -> None:
    text = render("nginx", "sources.j2", nginx_repository=mirror, **DEBIAN)
    source = dict(line.split(": ") for line in text.splitlines() if ": " in line)
    assert (source["URIs"], source["Suites"]) == (address, "trixie")
    assert source["Signed-By"] == "/etc/apt/keyrings/nginx.asc"


def test_nginx_org_s_page_of_its_own_goes(evaluate: Evaluate) -> None:
    paths = "__nginx_places | map(attribute='path') | list"
    assert "/etc/nginx/conf.d/default.conf" in evaluate("nginx", paths, nginx_source="nginx.org")
    assert "/etc/nginx/conf.d/default.conf" not in evaluate("nginx", paths)
