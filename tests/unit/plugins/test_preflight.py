"""What is said of an inventory before any host is touched."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.action.preflight import (
    ROLES,
    specifications,
    unknown,
    wrong,
)

from tests.unit.plugins.conftest import ROOT, Play
from tests.unit.plugins.inventories import inventory, preflight

# Host: what is wrong with its variables, and the sentence about it.
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "misspelt": (
        {"gunicorn_systemd_worker": 4},
        "gunicorn_systemd_worker is no variable of Slipway: did you mean gunicorn_systemd_workers?",
    ),
    "strange": (
        {"django_celery_beat_interval": 4},
        "django_celery_beat_interval is no variable of Slipway, and none is spelt nearly so.",
    ),
    "wrong_type": (
        {"nginx_port": "eighty"},
        "nginx_port must be of type int, not 'eighty'.",
    ),
    "strange_setting": (
        {"django_unchecked_settings": ["DEBUG", "STATIC_RUT", "media_root"]},
        "django_unchecked_settings has STATIC_RUT: did you mean STATIC_ROOT? "
        "django_unchecked_settings has media_root: did you mean MEDIA_ROOT?",
    ),
    "no_setting": (
        {"django_unchecked_settings": ["HAT"]},
        "django_unchecked_settings has HAT, which is none of DEBUG, SECRET_KEY, ALLOWED_HOSTS, "
        "SECURE_SSL_REDIRECT, SECURE_PROXY_SSL_HEADER, CSRF_TRUSTED_ORIGINS, STATIC_ROOT, "
        "STATIC_URL, MEDIA_ROOT, MEDIA_URL, DATABASES.",
    ),
    "empty": ({"nginx_port": "{{ none }}"}, "nginx_port has no value."),
    "missing": (
        {"django_repository": None},
        "django_repository must be set: git on the server fetches the application from it.",
    ),
    "bad_name": (
        {"slipway_project": "My-Shop"},
        "slipway_project is 'My-Shop': it names a system user and a database, so it must start "
        "with a lower-case letter and hold only lower-case letters, digits and underscores.",
    ),
    "locked": (
        {"django_secrets": {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n6161\n"}},
        "django_secrets is encrypted, and no password that opens it is given: "
        "let ANSIBLE_VAULT_PASSWORD_FILE name the file that holds it.",
    ),
    "undefined": (
        {"slipway_root": "/srv/{{ customer }}"},
        "slipway_root cannot be evaluated: 'customer' is undefined",
    ),
}


@pytest.mark.slow
def test_a_good_inventory_passes_although_its_host_does_not_answer(
    play: Play, tmp_path: Path
) -> None:
    hosts = inventory(tmp_path / "hosts.yml", {"nowhere.invalid": {}})
    ran = play("playbooks/preflight.yml", "-i", hosts)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def refused(
    play: Play, tmp_path_factory: pytest.TempPathFactory
) -> subprocess.CompletedProcess[str]:
    """The run for an inventory with a host for each fault, and one without."""
    faults = {host: variables for host, (variables, _sentence) in BAD.items()}
    path = inventory(tmp_path_factory.mktemp("bad") / "hosts.yml", {"good": {}, **faults})
    return play("playbooks/site.yml", "-i", path)


@pytest.mark.slow
@pytest.mark.parametrize("host", BAD)
def test_a_bad_inventory_is_refused_with_a_sentence(
    refused: subprocess.CompletedProcess[str], host: str
) -> None:
    assert refused.returncode != 0
    lines = [line for line in refused.stdout.splitlines() if line.startswith(f"FAILED  {host}: ")]
    assert [line.partition(": ")[2].partition(" (Inventory: ")[0] for line in lines] == [
        BAD[host][1]
    ], refused.stdout


@pytest.mark.slow
def test_a_refusal_names_the_inventory_and_touches_no_host(
    refused: subprocess.CompletedProcess[str],
) -> None:
    assert f"(Inventory: {refused.args[-1]})" in refused.stdout, refused.stdout
    assert "does not answer over SSH" not in refused.stdout
    assert "FAILED  good" not in refused.stdout


@pytest.mark.slow
def test_outside_ci_a_refusal_is_all_that_is_said(
    refused: subprocess.CompletedProcess[str],
) -> None:
    lines = refused.stdout.splitlines()
    assert [line for line in lines[:-1] if not line.startswith("FAILED  ")] == []
    assert lines[-1] == f"1 tasks, 0 changed, {len(BAD)} of {len(BAD) + 1} hosts failed"


@pytest.mark.slow
def test_a_refusal_tells_no_secret(refused: subprocess.CompletedProcess[str]) -> None:
    assert "s3cret" not in refused.stdout + refused.stderr


SPECIFICATIONS = specifications()
KNOWN = [name for options in SPECIFICATIONS.values() for name in options]


@pytest.mark.parametrize("name", KNOWN)
def test_a_variable_without_its_last_letter_is_told_from_the_right_one(name: str) -> None:
    (sentence,) = unknown([name[:-1]], SPECIFICATIONS)
    assert sentence == f"{name[:-1]} is no variable of Slipway: did you mean {name}?"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("slipway_hostname", "slipway_hostnames"),
        ("django_repo", "django_repository"),
        ("django_enviroment", "django_environment"),
        ("gunicorn_workers", "gunicorn_systemd_workers"),
        ("gunicorn_systemd_timeout", "gunicorn_systemd_timeout_seconds"),
        ("nginx_client_max_bodysize", "nginx_client_max_body_size"),
        ("postgres_extension", "postgres_extensions"),
    ],
)
def test_a_likely_mistake_is_told_from_the_right_name(name: str, meant: str) -> None:
    assert unknown([name], SPECIFICATIONS) == [
        f"{name} is no variable of Slipway: did you mean {meant}?"
    ]


def test_every_right_name_passes() -> None:
    assert unknown(KNOWN, SPECIFICATIONS) == []


@pytest.mark.parametrize(
    "name", ["ansible_host", "inventory_dir", "group_names", "djangoproject", "my_nginx_port"]
)
def test_variables_of_others_are_theirs(name: str) -> None:
    assert unknown([name], SPECIFICATIONS) == []


OPTIONS = {
    "port": {"type": "int", "default": 80, "description": "A port."},
    "names": {"type": "list", "elements": "str"},
    "numbers": {"type": "list", "elements": "int"},
    "scheme": {"type": "str", "choices": ["http", "https"]},
    "secrets": {"type": "dict", "no_log": True},
    "project": {"type": "str", "required": True},
}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"port": "8080"},
        {"names": ["a", "b"]},
        {"names": "a,b"},
        {"scheme": "https"},
        {"secrets": {"KEY": "s3cret"}},
        {"of_others": object()},
    ],
)
def test_a_value_of_its_type_passes(values: dict[str, Any]) -> None:
    assert wrong({"project": "shop", **values}, OPTIONS) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"port": "http"}, "port must be of type int, not 'http'."),
        ({"port": [80]}, "port must be of type int, not [80]."),
        ({"names": {"a": 1}}, "names must be of type list, not {'a': 1}."),
        ({"numbers": ["one"]}, "numbers must be a list of int, not ['one']."),
        ({"scheme": "ftp"}, "Value of scheme must be one of: http, https, got: ftp."),
        ({"secrets": "s3cret"}, "secrets must be of type dict."),
        ({"project": None}, "project has no value."),
        ({"port": None}, "port has no value."),
    ],
)
def test_a_value_of_another_type_is_refused(values: dict[str, Any], said: str) -> None:
    assert wrong({"project": "shop", **values}, OPTIONS) == [said]


def test_a_missing_value_is_refused() -> None:
    assert wrong({}, OPTIONS) == ["project must be set."]


def test_every_group_gets_roles_that_exist() -> None:
    named = {role for roles in ROLES.values() for role in roles}
    assert named <= {path.name for path in (ROOT / "roles").iterdir()}


def test_several_application_hosts_must_be_given_the_secrets_that_they_share(
    tmp_path: Path,
) -> None:
    own = {"django_secrets": {"API_KEY": "each host would make its own SECRET_KEY"}}
    both = inventory(tmp_path / "both.yml", {"one": own, "two": own})
    for host in ("one", "two"):
        assert (
            "Several application hosts must share SECRET_KEY: set it in"
            in (preflight(both, host)["msg"])
        )
    alone = inventory(tmp_path / "alone.yml", {"one": own})
    assert preflight(alone, "one") == {"changed": False}
