"""Who owns which name on a host: real registers, the module run as Ansible runs it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.modules import claim

SHOP = {"project": "shop", "env": "dev", "root": "/var/www", "hostnames": ["dev.example.com"]}
CLAIMS = {
    "paths": [
        "/var/www/shop/dev",
        "/var/www/staticfiles_dev",
        "/var/www/mediafiles_dev",
        "/var/www/logs/gunicorn_dev.log",
    ],
    "names": ["shop_dev", "shop_dev_web"],
    "hostnames": ["dev.example.com"],
}

Claim = Callable[..., dict[str, Any]]


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """The register of a host that has none yet."""
    return tmp_path / "slipway" / "instances"


@pytest.fixture
def claimed(register: Path) -> Claim:
    """Claim the names of the shop, or of an instance that differs from it."""

    def perform(dry: bool = False, **differences: object) -> dict[str, Any]:
        return claim.perform(
            {**SHOP, "login": "ada", "register": str(register), **differences}, dry, Steps()
        )

    return perform


def entries(register: Path) -> dict[str, str]:
    """The files of the register."""
    return {path.name: path.read_text() for path in register.glob("*")}


def test_a_claim_is_written_down(claimed: Claim, register: Path) -> None:
    assert claimed() == {"changed": True, "claims": CLAIMS}
    (entry,) = entries(register).values()
    assert json.loads(entry)["claims"] == CLAIMS


def test_claiming_twice_changes_nothing(claimed: Claim, register: Path) -> None:
    claimed()
    before = entries(register)
    assert claimed() == {"changed": False, "claims": CLAIMS}
    assert entries(register) == before


def test_an_instance_may_change_its_mind_about_its_host_names(claimed: Claim) -> None:
    claimed()
    assert claimed(hostnames=["new.example.com"])["changed"]
    assert claimed(env="prod", hostnames=["dev.example.com"])["changed"], "the name is free again"


def test_check_mode_tells_and_writes_nothing(claimed: Claim, register: Path) -> None:
    assert claimed(dry=True)["changed"]
    assert not register.exists()


@pytest.mark.parametrize(
    "differences",
    [
        {"env": "prod", "hostnames": ["example.com"]},
        {"project": "blog", "root": "/srv/blog", "hostnames": ["blog.example.com"]},
        {"env": "prod", "hostnames": []},
    ],
    ids=["another environment", "another project elsewhere", "one without host names"],
)
def test_instances_that_share_nothing_stand_side_by_side(
    claimed: Claim, register: Path, differences: dict[str, object]
) -> None:
    claimed()
    claimed(**differences)
    assert len(entries(register)) == 2


@pytest.mark.parametrize("dry", [False, True], ids=["for real", "in check mode"])
@pytest.mark.parametrize(
    ("differences", "sentence"),
    [
        (
            {"project": "blog", "hostnames": []},
            "shop dev in /var/www on this host owns /var/www/logs/gunicorn_dev.log, "
            "/var/www/mediafiles_dev, /var/www/staticfiles_dev already: "
            "set another slipway_root.",
        ),
        (
            {"root": "/srv", "hostnames": []},
            "shop dev in /var/www on this host owns shop_dev, shop_dev_web already: "
            "set another slipway_project.",
        ),
        (
            {"env": "prod"},
            "shop dev in /var/www on this host owns dev.example.com already: "
            "set another slipway_hostnames.",
        ),
        (
            {"env": "prod", "hostnames": ["example.com", "DEV.example.com"]},
            "shop dev in /var/www on this host owns dev.example.com already: "
            "set another slipway_hostnames.",
        ),
        (
            {"env": "dev_web", "hostnames": []},
            "shop dev in /var/www on this host owns shop_dev_web already: "
            "set another slipway_project.",
        ),
    ],
    ids=["path", "name", "hostname", "hostname in capitals", "the web group"],
)
def test_what_another_instance_owns_is_refused_with_the_variable_to_set(
    claimed: Claim, register: Path, dry: bool, differences: dict[str, object], sentence: str
) -> None:
    claimed()
    before = entries(register)
    with pytest.raises(Failed) as caught:
        claimed(dry, **differences)
    assert str(caught.value) == sentence
    assert entries(register) == before


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", '{"project": "blog"}', "null"])
def test_a_register_that_cannot_be_read_stops_the_claim(
    claimed: Claim, register: Path, content: str
) -> None:
    claimed()
    broken = register / "blog_dev@srv.json"
    broken.write_text(content)
    with pytest.raises(Failed) as caught:
        claimed()
    assert str(caught.value).startswith(f"{broken} cannot be read (")
    assert str(caught.value).endswith("): mend or remove it.")


def test_a_name_that_cannot_be_one_is_refused(claimed: Claim) -> None:
    with pytest.raises(Failed, match="slipway_project is 'Shop'"):
        claimed(project="Shop")


def outcome(capsys: pytest.CaptureFixture[str], **arguments: object) -> tuple[int, dict[str, Any]]:
    """What Ansible gets of the module: its exit status and its result."""
    with patch_module_args(arguments), pytest.raises(SystemExit) as caught:
        claim.main()
    return int(caught.value.code or 0), json.loads(capsys.readouterr().out)


def test_ansible_gets_the_result(register: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, result = outcome(capsys, **SHOP, register=str(register))
    assert (status, result["changed"], result["claims"]) == (0, True, CLAIMS)


def test_ansible_gets_the_sentence_of_a_failure(
    claimed: Claim, register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claimed()
    status, result = outcome(capsys, **{**SHOP, "env": "prod"}, register=str(register))
    assert (status, result["failed"]) == (1, True)
    assert result["msg"].startswith("shop dev in /var/www on this host owns dev.example.com")


def test_check_mode_of_ansible_writes_nothing(
    register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome(capsys, **SHOP, register=str(register), _ansible_check_mode=True)
    assert not register.exists()
