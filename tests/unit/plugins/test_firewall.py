"""The firewall of a host with several instances, with an nftables that only pretends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import firewalling, guarding, session
from ansible_collections.slipway.django.plugins.module_utils.session import Session
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import firewall

from tests.unit.conftest import Commands

# Keeps what it loads, and lists that; a text that only deletes leaves nothing.
NFT = """\
case $* in
    *list*) cat {loaded} 2>/dev/null;;
    *) if [ "$2" = - ]; then cat; else cat "$2"; fi >{loaded}.text
       case $(cat {loaded}.text) in *"policy drop"*) mv {loaded}.text {loaded};; *) rm -f {loaded};; esac
esac
true
"""  # noqa: E501

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def loaded(tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rules that a host's nftables has."""
    loaded, wants = tmp_path / "loaded", tmp_path / "wants"
    commands.add("nft", NFT.format(loaded=loaded))
    commands.add("ss", """echo 'tcp LISTEN 0 5 *:8080 *:* users:(("node",pid=1,fd=3))'""")
    commands.add("systemctl", f"case $* in *enable*) touch {wants}; esac")
    commands.add("systemd-run")
    monkeypatch.setattr(guarding, "HOME", str(tmp_path / "run"))
    monkeypatch.setattr(firewalling, "UNIT", str(tmp_path / "unit"))
    monkeypatch.setattr(firewalling, "WANTS", str(wants))
    here = Session("deploy", "203.0.113.9", "10.0.0.1", 2222)
    monkeypatch.setattr(session, "current", lambda: here)
    return loaded


@pytest.fixture
def phase(tmp_path: Path, loaded: Path) -> Run:
    """Run a phase of the module for an instance with ports."""
    assert loaded

    def phase(phase: str, *ports: str, instance: str = "shop_dev", **more: Any) -> dict[str, Any]:
        entries = [{"port": port, "protocol": "tcp", "from": []} for port in ports]
        params = {"instance": instance, "enabled": True, "ports": entries, "phase": phase, **more}
        steps = Steps()
        directory = str(tmp_path / "etc")
        found = firewall.perform({**params, "directory": directory}, False, steps)
        return {**found, "told": [step["detail"] for step in steps.taken]}

    return phase


@pytest.fixture
def bring(phase: Run) -> Callable[..., None]:
    """Go through the phases of a change that is proven."""

    def bring(*ports: str, **more: Any) -> None:
        for each in ("plan", "apply", "settle"):
            phase(each, *ports, **more)

    return bring


def test_a_plan_tells_what_is_open_and_what_closes(phase: Run, loaded: Path) -> None:
    found = phase("plan", "80")
    assert found["told"] == ["open: 80/tcp, 2222/tcp; CLOSED though it listens: 8080/tcp (node)"]
    assert (found["changed"], found["closed"], loaded.exists()) == (
        True,
        ["8080/tcp (node)"],
        False,
    )


def test_what_is_settled_stands(phase: Run, bring: Callable[..., None], loaded: Path) -> None:
    bring("80", "8080")
    assert "tcp dport 2222 accept" in loaded.read_text(), "the run would shut itself out"
    found = phase("plan", "80", "8080")
    assert (found["changed"], found["told"], found["closed"]) == (False, [], [])


def test_what_is_not_settled_is_taken_back(
    phase: Run, bring: Callable[..., None], loaded: Path
) -> None:
    bring("80")
    before = loaded.read_text()
    phase("apply", "81")
    assert "dport 81" in loaded.read_text()
    phase("undo", "81")
    assert "dport 81" not in loaded.read_text()
    assert "dport 80" in loaded.read_text(), before


def test_a_run_that_died_is_taken_back_by_the_next_one(phase: Run, loaded: Path) -> None:
    phase("apply", "80")
    assert phase("plan", "80")["changed"]
    assert not loaded.exists()


def test_each_instance_keeps_its_ports(
    phase: Run, bring: Callable[..., None], loaded: Path
) -> None:
    bring("81")
    bring("82", instance="shop_prod")
    assert all(f"dport {port} " in loaded.read_text() for port in (81, 82))
    bring(instance="shop_prod")
    assert "dport 82 " not in loaded.read_text()
    assert not phase("plan", "81")["changed"]


def test_rules_that_somebody_changed_are_loaded_again(
    phase: Run, bring: Callable[..., None], loaded: Path
) -> None:
    bring("80")
    loaded.write_text("policy drop, and a rule of somebody's own")
    assert phase("plan", "80")["changed"]
    bring("80")
    assert "somebody" not in loaded.read_text()


def test_there_is_a_firewall_while_one_instance_asks_for_it(
    phase: Run, bring: Callable[..., None], loaded: Path
) -> None:
    bring("80")
    bring("81", instance="shop_prod", enabled=False)
    assert "dport 81 " in loaded.read_text(), "the other would be closed by this one"
    bring("80", enabled=False)
    assert not loaded.exists()
    assert not phase("plan", "80", enabled=False)["changed"]


def test_a_declaration_that_cannot_be_read_opens_and_closes_nothing(
    phase: Run, bring: Callable[..., None], tmp_path: Path, loaded: Path
) -> None:
    bring("80")
    before = loaded.read_text()
    (tmp_path / "etc" / "firewall.d" / "other.json").write_text("{")
    with pytest.raises(Failed, match=r"other\.json cannot be read"):
        phase("plan", "81")
    assert loaded.read_text() == before


def test_rules_that_nftables_refuses_leave_the_old_ones(
    phase: Run, bring: Callable[..., None], loaded: Path, commands: Commands
) -> None:
    bring("80")
    before = loaded.read_text()
    listing = f"case $* in *list*) cat {loaded};; *draft*) echo no >&2; exit 1;; esac"
    commands.add("nft", listing)
    with pytest.raises(Failed, match="nftables does not take the rules"):
        phase("apply", "81")
    assert loaded.read_text() == before
    assert not guarding.pending("firewall")


def test_what_is_declared_is_kept_for_the_others(
    bring: Callable[..., None], tmp_path: Path
) -> None:
    bring("81")
    kept = json.loads((tmp_path / "etc" / "firewall.d" / "shop_dev.json").read_text())
    assert kept == {"enabled": True, "ports": [{"port": "81", "protocol": "tcp", "from": []}]}
