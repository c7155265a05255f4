"""What the tasks say of bad input: one sentence that names what to change, and exit status 1."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from slipway import playbook, state
from tests.unit.calling import failed, invoke, said

ON_SERVERS = ("deploy", "provision", "rollback", "maintenance", "releases", "status", "logs")
VARIABLES = "group_vars/all/main.yml"
EXAMPLE = (state.CHECKOUT / "inventories" / "dev" / VARIABLES).read_text()
GOOD = {"hosts.yml": "all: {children: {app: {hosts: {server: }}}}\n", VARIABLES: EXAMPLE}
# What Ansible would not start with: the files that differ, and the sentence.
UNREADABLE: dict[str, tuple[dict[str, str], str]] = {
    "hosts are no YAML": (
        {"hosts.yml": "all:\n  children: [\n"},
        "{}/hosts.yml is not YAML: expected the node content, but found '<stream end>' in line 3.",
    ),
    "variables are no YAML": (
        {VARIABLES: "slipway_env: dev\nslipway_project: shop: dev\n"},
        "{}/group_vars/all/main.yml is not YAML: mapping values are not allowed here in line 2.",
    ),
    "variables without an ending": (
        {"host_vars/server": "- nginx_port: 80\n"},
        "{}/host_vars/server must hold names with their values, as `name: value`.",
    ),
    "no password of a vault": (
        {"group_vars/all/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n6161\n"},
        "{}/group_vars/all/vault.yml is encrypted, and nothing says where its password is: "
        "put it into {root}/.vault-password, or let ANSIBLE_VAULT_PASSWORD_FILE name the file.",
    ),
    "no hosts.yml": ({"hosts.yml": ""}, "{} names no host: write a hosts.yml into it."),
}
# What only preflight finds.
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "no host": (
        {"hosts.yml": "all: {children: {app: {hosts: }}}\n"},
        "FAILED  localhost: The inventory has no host in its group app: name one in its hosts.yml.",
    ),
    "wrong type": (
        {"group_vars/app.yml": "nginx_port: eighty\n"},
        "FAILED  server: nginx_port must be of type int, not 'eighty'.",
    ),
}

Inventory = Callable[[dict[str, str]], Path]


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inventory:
    """Write the inventory of environment `dev`: a good one but for these files, empty for none."""
    monkeypatch.setenv("SLIPWAY_INVENTORIES", str(tmp_path))
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)

    def write(files: dict[str, str]) -> Path:
        place = tmp_path / "dev"
        for name, text in (GOOD | files).items():
            if text:
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_text(text)
        return place

    return write


@pytest.mark.parametrize("task", ON_SERVERS)
def test_an_unknown_environment_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str], task: str
) -> None:
    known = state.CHECKOUT / "inventories"
    assert said(capsys, f"{task} prdo") == (
        f"invoke: There is no environment 'prdo' in {known}. Did you mean prod?\n"
    )


def test_a_person_sees_the_sentence_and_nothing_else() -> None:
    done = invoke("deploy", "prdo")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr


@pytest.mark.parametrize("number", ["many", "-1", "1.5"])
@pytest.mark.parametrize("option", ["deploy dev --wait", "logs dev --lines"])
def test_a_number_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], option: str, number: str
) -> None:
    name = option.partition("--")[2]
    assert said(capsys, f"{option}={number}") == f"--{name} takes a number, not '{number}'.\n"


@pytest.mark.parametrize("word", ["of", "ON", "30m", "stop"])
def test_maintenance_is_on_or_off(capsys: pytest.CaptureFixture[str], word: str) -> None:
    told = f"invoke: Maintenance is switched on or off, not {word!r}.\n"
    assert said(capsys, f"maintenance dev {word}") == told


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("depoly dev", "depoly"),
        ("deploy dev --brnach main", "--brnach"),
        ("deploy", "environment"),
        ("sandbox.down now", "now"),
    ],
)
def test_a_word_that_is_wrong_or_missing_is_named(
    capsys: pytest.CaptureFixture[str], words: str, named: str
) -> None:
    sentence = said(capsys, words)
    assert f"'{named}'" in sentence
    assert sentence.count("\n") == 1, sentence


@pytest.mark.parametrize("task", [f"{task} dev" for task in ON_SERVERS] + ["check", "test --fast"])
@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_file_that_ansible_cannot_read_is_named(
    capsys: pytest.CaptureFixture[str], inventory: Inventory, task: str, fault: str
) -> None:
    files, sentence = UNREADABLE[fault]
    place = inventory(files)
    assert said(capsys, task) == f"invoke: {sentence.format(place, root=place.parent)}\n"


def test_a_password_file_that_is_missing_is_named(
    capsys: pytest.CaptureFixture[str], inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory(UNREADABLE["no password of a vault"][0])
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", "/nowhere/password")
    assert said(capsys, "status dev") == (
        "invoke: ANSIBLE_VAULT_PASSWORD_FILE names /nowhere/password, which is not there.\n"
    )


def test_inventories_that_are_nowhere_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_INVENTORIES", "/nowhere")
    for task in ("deploy dev", "check"):
        assert "There is no directory /nowhere: SLIPWAY_INVENTORIES names" in said(capsys, task)


@pytest.mark.slow
@pytest.mark.parametrize("fault", REFUSED)
def test_what_an_inventory_lacks_is_said_without_a_warning_of_ansible(
    capfd: pytest.CaptureFixture[str],
    inventory: Inventory,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    files, sentence = REFUSED[fault]
    inventory(files)
    monkeypatch.delenv("CI", raising=False)
    out, err = failed(capfd, "status dev")
    said, counted = out.splitlines()
    assert said.startswith(f"{sentence} (Inventory: "), out
    assert counted == "0 tasks, 0 changed, 1 of 1 hosts failed"
    assert [line for line in err.splitlines() if not line.startswith("+ ")] == []


@pytest.mark.parametrize("task", ON_SERVERS)
def test_every_task_asks_preflight_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(playbook, "run", lambda words, **_options: asked.append(words) or 1)
    assert said(capsys, f"{task} dev") == ""
    (book,) = [word for word in asked[0] if word.startswith("playbooks/")]
    first, *_others = yaml.safe_load((state.CHECKOUT / book).read_text())
    assert first["ansible.builtin.import_playbook"] == "preflight.yml"
