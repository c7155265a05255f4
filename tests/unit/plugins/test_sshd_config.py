"""What sshd is asked before a setting stands."""

from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.module_utils import sshd_config
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

OURS = "00-slipway.conf"


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A directory of sshd's, as Debian has it, with the image's own drop-in."""
    etc = tmp_path / "ssh"
    (etc / "sshd_config.d").mkdir(parents=True)
    (etc / "sshd_config").write_text(f"# Debian\nInclude {etc}/sshd_config.d/*.conf\nUsePAM yes\n")
    (etc / "sshd_config.d" / "50-cloud-init.conf").write_text("PasswordAuthentication yes\n")
    return etc


def draft(etc: Path, text: str) -> Path:
    """The draft with our text."""
    scratch = etc.with_name("scratch")
    scratch.mkdir()
    return Path(sshd_config.draft(str(etc), OURS, text, str(scratch)))


def test_the_draft_is_the_whole_configuration_with_our_part(etc: Path) -> None:
    config = draft(etc, "MaxAuthTries 3\n")
    drop_ins = config.parent / "sshd_config.d"
    assert f"Include {drop_ins}/*.conf" in config.read_text()
    assert (drop_ins / OURS).read_text() == "MaxAuthTries 3\n"
    assert (drop_ins / "50-cloud-init.conf").exists()
    assert not (etc / "sshd_config.d" / OURS).exists()


def test_without_a_text_the_draft_has_no_part_of_ours(etc: Path) -> None:
    (etc / "sshd_config.d" / OURS).write_text("MaxAuthTries 3\n")
    assert not (draft(etc, "").parent / "sshd_config.d" / OURS).exists()


@pytest.mark.parametrize("main", ["UsePAM yes\n", "#Include {}/*.conf\n", "Include /etc/other\n"])
def test_a_configuration_that_reads_no_drop_ins_is_refused(etc: Path, main: str) -> None:
    (etc / "sshd_config").write_text(main.format(etc / "sshd_config.d"))
    with pytest.raises(Failed, match="reads no drop-ins: put the line `Include "):
        draft(etc, "MaxAuthTries 3\n")


def test_of_a_keyword_the_first_value_counts() -> None:
    found = sshd_config.pairs("# c\nPort 22\nport 23\n\nPermitRootLogin without-password\n")
    assert found == {"port": "22", "permitrootlogin": "prohibit-password"}


@pytest.mark.parametrize(
    ("real", "lost"),
    [
        ({"passwordauthentication": "no", "x11forwarding": "yes"}, []),
        ({"passwordauthentication": "yes", "x11forwarding": "no"}, ["passwordauthentication"]),
    ],
)
def test_what_decides_who_gets_in_must_have_its_effect(
    real: dict[str, str], lost: list[str]
) -> None:
    wanted = {"passwordauthentication": "no", "x11forwarding": "no"}
    assert sshd_config.overruled(wanted, real) == lost


def test_sshd_tells_every_port() -> None:
    assert sshd_config.ports("port 2222\nport 22\naddressfamily any\ngatewayports no\n") == [
        22,
        2222,
    ]
