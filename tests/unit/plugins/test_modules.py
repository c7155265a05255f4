"""What the modules come to that only put the parts together."""

from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import (
    arguments,
    requested,
)
from ansible_collections.slipway.django.plugins.module_utils.asking import Question
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.managing import Manage
from ansible_collections.slipway.django.plugins.module_utils.steps import (
    Failed,
    Steps,
)
from ansible_collections.slipway.django.plugins.modules import health, manage

from tests.unit.plugins.conftest import FIRST, SECOND
from tests.unit.plugins.host import Host

QUESTION = {"path": "/health/", "status": 200, "host": "shop.example.com", "scheme": "http"}
LIMITS = {"timeout": 60, "static_days": 30, "superuser": {}, "superuser_password": ""}


def named(shop: Instance, **params: object) -> dict[str, Any]:
    """The arguments that name the instance, and more."""
    return {"project": "shop", "env": "dev", "root": shop.root, **params}


def ask(host: Host, nginx_port: int | None = None) -> dict[str, Any]:
    """What module health comes to."""
    params = {**named(host.instance), **QUESTION, "nginx_port": nginx_port}
    return health.perform(params, False, Steps())


def test_a_release_that_answers_rightly_is_well(serving: Host) -> None:
    found = ask(serving)
    assert (found["changed"], found["well"]) == (False, True)
    assert found["said"].startswith("/health/ answers 200 in ")


def test_a_release_that_answers_something_else_is_not_well(host: Host) -> None:
    host.make(FIRST, health="200 503")
    host.activate(FIRST)
    found = ask(host)
    assert (found["well"], found["said"]) == (False, "/health/ answered 503 Said, not 200.")


def test_a_release_that_does_not_answer_is_not_well(shop: Instance) -> None:
    params = {**named(shop), **QUESTION, "nginx_port": None}
    assert "did not answer" in health.perform(params, False, Steps())["said"]


def test_nginx_is_asked_where_it_runs(serving: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_question: Question, port: int) -> None:
        raise Failed(f"Nobody on {port}.")

    monkeypatch.setattr(Question, "ask_nginx", refuse)
    assert ask(serving)["well"]
    assert (ask(serving, 8080)["well"], ask(serving, 8080)["said"]) == (False, "Nobody on 8080.")


def test_check_mode_runs_nothing_of_the_application(shop: Instance) -> None:
    params = named(shop, release="", steps=["migrate"], timeout=1, static_days=30)
    found = manage.perform(params, True, Steps())
    assert found == {"changed": True, "applied": [], "made": [], "copied": 0}


def test_a_release_that_was_never_built_is_refused(shop: Instance) -> None:
    params = named(shop, release=FIRST, steps=["migrate"], timeout=1, static_days=30)
    with pytest.raises(Failed, match=f"shop_dev has no release {FIRST}: `invoke releases` lists"):
        manage.perform(params, False, Steps())


@pytest.mark.parametrize("taken", [["migrate"], ["migrate", "collect"]])
def test_migrating_and_collecting_tell_what_changed(
    manage_steps: Instance, taken: list[str]
) -> None:
    steps = Steps()
    params = named(manage_steps, release=SECOND, steps=taken, **LIMITS)
    copied = 2 if "collect" in taken else 0
    found = manage.perform(params, False, steps)
    assert found == {"changed": bool(copied), "applied": [], "made": [], "copied": copied}
    assert steps.release == SECOND, "a failure would not be known to be its own"


@pytest.fixture
def manage_steps(manage: Manage, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """The instance of a release with two static files."""
    instance = manage.instance
    monkeypatch.setattr(
        "ansible_collections.slipway.django.plugins.modules.manage.instance_of",
        lambda _params: instance,
    )
    return instance


def test_the_question_is_what_a_visitor_would_ask() -> None:
    question = arguments.question_of(QUESTION)
    assert question == Question("/health/", "shop.example.com", "http", 200, 10.0)


DEFAULTS = {
    name: option.get("default")
    for name, option in {**arguments.RELEASE, **arguments.RELEASE["pyenv"]["options"]}.items()
}


def test_another_provider_of_pythons_is_another_release() -> None:
    recipes = [
        requested.recipe_of({**DEFAULTS, "python_provider": provider})
        for provider in ("uv", "auto")
    ]
    assert recipes[0].plain() != recipes[1].plain()


def test_where_pythons_come_from_is_no_part_of_a_release() -> None:
    pyenv = {"repository": "/srv/pyenv", "version": "v2", "environment": '{"MAKE_OPTS": "-j1"}'}
    given = {**DEFAULTS, "pyenv": pyenv, "python_provider": "pyenv"}
    found = requested.interpreters_of({**given, "uv_environment": '{"UV_OFFLINE": "1"}'})
    assert (found.provider, found.uv.settings) == ("pyenv", {"UV_OFFLINE": "1"})
    assert (found.pyenv.repository, found.pyenv.version) == ("/srv/pyenv", "v2")
    assert (found.pyenv.settings, found.pyenv.user) == ({"MAKE_OPTS": "-j1"}, "deploy")
    assert "/srv/pyenv" not in str(requested.recipe_of(given).plain())
