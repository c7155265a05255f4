"""Secrets out of what is shown, in whatever form an application printed them."""

import json
import pprint

import pytest
from ansible_collections.slipway.django.plugins.module_utils import blotting

PEM = "-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END KEY-----\n"
URL = "postgres://shop:p%27ss%2Fword@10.0.0.2/shop"
NASTY = "pa\\ss\"wörd'\t1"


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (PEM, PEM),
        (PEM, repr({"KEY": PEM})),
        (PEM, json.dumps({"KEY": PEM})),
        (PEM, "\n".join(PEM.splitlines()[1:])),
        (PEM, pprint.pformat({"KEY": PEM})),
        (NASTY, repr([NASTY])),
        (NASTY, json.dumps([NASTY])),
        (URL, repr({"HOST": "db", "PASSWORD": "p'ss/word"})),
        (URL, "password p%27ss%2Fword refused"),
    ],
)
def test_a_secret_is_hidden_in_every_form_that_python_prints(secret: str, said: str) -> None:
    shown = blotting.blotted(said, {secret})
    assert blotting.BLOT in shown
    for part in ("MIIE", "Bgkq", "BEGIN", "pa\\", "rd'", "p'ss", "p%27", "ss/word"):
        assert part not in shown


@pytest.mark.parametrize("secret", ["12", "https://[half", "1\n22\n333", ""])
def test_what_is_too_short_or_no_address_hides_nothing_else(secret: str) -> None:
    assert blotting.blotted("12 of 333 boats", {secret}) == "12 of 333 boats"


@pytest.mark.parametrize(
    "params",
    [
        {"superuser_password": "s3cret-of-ours"},
        {"password": "s3cret-of-ours"},
        {"repository_token": "s3cret-of-ours"},
        {"deploy_key": "-----BEGIN-----\ns3cret-of-ours\n"},
        {"value": "s3cret-of-ours"},
        {"doppler": {"token": "s3cret-of-ours"}},
        {"secrets": '{"A": "s3cret-of-ours"}', "doppler": None},
        {"default_secrets": '{"DATABASE_URL": "postgres://shop:s3cret-of-ours@db/shop"}'},
    ],
)
def test_secrets_among_the_arguments_are_known(params: dict[str, object]) -> None:
    shown = blotting.blotted("It said s3cret-of-ours.", blotting.given(params))
    assert shown == "It said ********."


def test_arguments_that_are_none_are_no_secrets() -> None:
    assert blotting.given({"secrets": "[1]", "default_secrets": "{"}) == {""}
