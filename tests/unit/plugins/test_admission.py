"""What a login that may only deploy may ask of the modules that run as root."""

import io
import json
import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import admission, entry, release_code
from ansible_collections.slipway.django.plugins.module_utils.programs import acting_as
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

SHOP = {"project": "shop", "env": "dev", "root": "/var/www"}
OWNED = {("shop", "dev", "/var/www")}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")


def require(module: str = "build", **params: Any) -> dict[str, Any]:
    """Ask as deploy on a host that has the shop; the arguments as they are let."""
    return admission.admitted(module, {**SHOP, **params}, "deploy", OWNED)


@pytest.mark.parametrize("module", admission.MODULES)
def test_what_a_deploy_needs_is_let(module: str) -> None:
    since = "1h" if module == "logs" else "20261121T101500Z-3f2a1c9"
    require(module, builder="deploy", release="20261121T101500Z-3f2a1c9", since=since)


def test_logs_are_read_where_there_is_no_application_and_no_file_of_the_login_s_choice() -> None:
    assert require("logs")["root"] == "/var/www"
    assert require("logs", env="prod")["root"] == admission.NOWHERE


@pytest.mark.parametrize(
    ("module", "params", "sentence"),
    [
        ("files", {}, "deploy may not run the module files"),
        ("claim", {}, "deploy may not run the module claim"),
        ("build", {"env": "prod"}, "shop prod in /var/www was not provisioned on this host"),
        ("build", {"root": "/srv"}, "shop dev in /srv was not provisioned on this host"),
        ("build", {"project": None}, "None dev in /var/www was not provisioned"),
        ("build", {"builder": "root"}, "deploy may not build as root"),
        ("activate", {"release": "../../tmp"}, "'../../tmp' is no release"),
        ("activate", {"release": "live/../x"}, "'live/../x' is no release"),
        ("handoff_info", {"since": "20261121T101500Z-3f2a1c9/.."}, "is no release"),
    ],
)
def test_what_it_does_not_need_is_refused(
    module: str, params: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Failed, match=sentence.replace(".", r"\.")):
        require(module, **params)


def test_an_instance_is_one_that_the_register_names_for_the_login(tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text(json.dumps({**SHOP, "login": "deploy"}))
    (tmp_path / "other.json").write_text(json.dumps({**SHOP, "env": "prod", "login": "ada"}))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "old.json").write_text("[]")
    assert admission.registered("deploy", str(tmp_path)) == OWNED
    assert admission.registered("deploy", str(tmp_path / "none")) == set()


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the program prints for whom sudo calls deploy, asked for a module that reads."""
    request = json.dumps({"module": "instance_info", "params": {**SHOP, "root": "/x"}, "dry": True})
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(f"{request}\n".encode())))
    monkeypatch.setenv("SUDO_USER", "deploy")
    entry.main(limited=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_refusal_is_told_before_anything_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "registered", lambda _login: OWNED)
    monkeypatch.setattr(entry, "outcome", lambda *_: pytest.fail("it was carried out"))
    found = said(capsys, monkeypatch)
    assert found["failed"]
    assert found["refused"]


def test_what_is_let_is_carried_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "registered", lambda _login: {("shop", "dev", "/x")})
    monkeypatch.setattr(entry, "outcome", lambda _perform, params, dry: [params["root"], dry])
    assert said(capsys, monkeypatch) == ["/x", True]


@as_root
def test_root_that_acts_as_a_user_follows_no_link_further_than_the_user_could(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o755)
    kept = tmp_path / "kept"
    kept.write_text("root's")
    with pytest.raises(PermissionError), acting_as("nobody"):
        kept.write_text("nobody's")
    assert kept.read_text() == "root's"
    kept.write_text("root's again")


@as_root
def test_a_sealed_release_is_root_s_and_what_is_in_it_the_builder_s(tmp_path: Path) -> None:
    release = tmp_path / "release"
    release_code.give(str(release), "nobody")
    assert release.owner() == "nobody"
    release.chmod(0o777)
    release_code.seal(str(release))
    assert (release.owner(), (release / ".slipway").owner()) == ("root", "root")
    assert stat.S_IMODE(release.stat().st_mode) == 0o2750


def test_a_release_in_which_the_build_made_the_record_s_place_is_not_sealed(tmp_path: Path) -> None:
    (tmp_path / ".slipway").symlink_to("/etc")
    with pytest.raises(Failed, match=r"A build command made \.slipway"):
        release_code.seal(str(tmp_path))
