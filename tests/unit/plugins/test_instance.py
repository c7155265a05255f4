"""Where everything of an instance lives, and which names cannot be one."""

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.slipway.django.plugins.filter.instance import layout
from ansible_collections.slipway.django.plugins.module_utils import arguments
from ansible_collections.slipway.django.plugins.module_utils.instance import (
    BadInstance,
    instance,
)
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

STANDARD = {
    "name": "shop_dev",
    "user": "shop_dev",
    "group": "shop_dev",
    "web_group": "shop_dev_web",
    "database": "shop_dev",
    "unit": "shop_dev.service",
    "home": "/var/www/shop/dev",
    "releases": "/var/www/shop/dev/releases",
    "venvs": "/var/www/shop/dev/venvs",
    "slots": "/var/www/shop/dev/slots",
    "current": "/var/www/shop/dev/current",
    "socket": "/var/www/shop/dev/current.sock",
    "repo": "/var/www/shop/dev/repo.git",
    "env_file": "/var/www/shop/dev/.env",
    "keys_file": "/var/www/shop/dev/.keys",
    "doppler": "/var/www/shop/dev/.doppler",
    "history": "/var/www/shop/dev/deploys.jsonl",
    "static": "/var/www/staticfiles_dev",
    "media": "/var/www/mediafiles_dev",
    "logs": "/var/www/logs",
    "log_file": "/var/www/logs/gunicorn_dev.log",
    "site": "/etc/slipway/sites/shop_dev",
}
NAMES = (
    "it names a system user and a database, so it must start with a lower-case letter and hold "
    "only lower-case letters, digits and underscores."
)


@pytest.mark.parametrize(("field", "value"), STANDARD.items(), ids=list(STANDARD))
def test_an_instance_is_laid_out_as_the_standard_says(field: str, value: str) -> None:
    assert layout("shop", "dev")[field] == value


def test_every_path_moves_with_the_root() -> None:
    here, there = (instance("shop", "dev", root).as_dict() for root in ("/var/www", "/srv"))
    moved = {field: value.replace("/var/www", "/srv") for field, value in here.items()}
    assert there == moved


def test_releases_and_slots_have_their_own_paths_and_names() -> None:
    shop = instance("shop", "dev")
    assert shop.release("x") == "/var/www/shop/dev/releases/x"
    assert shop.record("x", "activated") == "/var/www/shop/dev/releases/x/.slipway/activated"
    assert shop.slot("blue") == "/var/www/shop/dev/slots/blue"
    assert shop.slot_socket("blue") == "/run/shop_dev-blue/gunicorn.sock"
    assert shop.slot_unit("blue") == "shop_dev@blue.service"


@pytest.mark.parametrize(
    ("variable", "names"),
    [
        ("slipway_project", ("Shop", "dev")),
        ("slipway_project", ("my-shop", "dev")),
        ("slipway_project", ("1shop", "dev")),
        ("slipway_project", ("shop\n", "dev")),
        ("slipway_project", ("../shop", "dev")),
        ("slipway_project", (None, "dev")),
        ("slipway_env", ("shop", "")),
        ("slipway_env", ("shop", "dev env")),
        ("slipway_env", ("shop", 1)),
    ],
)
def test_a_name_that_no_user_can_bear_is_refused(variable: str, names: tuple[str, str]) -> None:
    bad = names[0] if variable == "slipway_project" else names[1]
    with pytest.raises(BadInstance) as caught:
        instance(*names)
    assert str(caught.value) == f"{variable} is {bad!r}: {NAMES}"


def test_the_longest_name_leaves_room_for_the_web_group() -> None:
    assert len(instance("s" * 24, "dev").web_group) == 32


def test_a_longer_name_is_refused_with_its_length() -> None:
    with pytest.raises(BadInstance) as caught:
        instance("s" * 25, "dev")
    assert str(caught.value) == (
        f"slipway_project and slipway_env make '{'s' * 25}_dev', 29 characters long: system users "
        "bear that name, so shorten one to 28 characters in all."
    )


@pytest.mark.parametrize("root", ["www", "", "/var/www/", "/var/../www", "~/www", None])
def test_a_root_that_is_no_plain_absolute_path_is_refused(root: str) -> None:
    with pytest.raises(BadInstance) as caught:
        instance("shop", "dev", root)
    assert str(caught.value) == (
        f"slipway_root is {root!r}: it must be an absolute path such as /var/www."
    )


def test_the_filter_refuses_with_the_same_sentence() -> None:
    with pytest.raises(AnsibleFilterError, match="slipway_project is 'Shop'"):
        layout("Shop", "dev")


def test_a_module_refuses_with_the_same_sentence() -> None:
    with pytest.raises(Failed, match="slipway_env is 'Dev'"):
        arguments.instance_of({"project": "shop", "env": "Dev", "root": "/var/www"})


def test_a_host_without_the_instance_is_told_how_to_get_it(tmp_path: object) -> None:
    with pytest.raises(Failed) as caught:
        arguments.require_provisioned(instance("shop", "dev", str(tmp_path)))
    assert str(caught.value).startswith(
        "shop_dev is not set up on this host: run `invoke provision dev`"
    )
