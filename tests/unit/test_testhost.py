"""Test hosts, on an engine that only pretends."""

import json
import shlex
import stat
from collections.abc import Callable, Mapping

import pytest

from slipway import state, testhost
from slipway.errors import Problem
from slipway.testhost import container, keys
from slipway.testhost.__main__ import main
from slipway.testhost.host import container_name
from tests.unit.conftest import Docker

TAKEN = [
    "Bind for 127.0.0.1:8000 failed: port is already allocated.",
    "Error starting userland proxy: listen tcp4 127.0.0.1:8000: bind: address already in use.",
    "failed to bind host port 127.0.0.1:8000/tcp: address already in use",
]


def refusal(name: str = "web", publish: Mapping[int, int] = testhost.NOTHING) -> str:
    """Return the sentence with which `up` refuses."""
    with pytest.raises(Problem) as caught:
        testhost.up(name, publish=publish)
    return str(caught.value)


def known_keys() -> list[str]:
    """Return the lines of the checkout's known_hosts."""
    return keys.known_hosts().read_text().splitlines()


def test_ansible_reaches_a_new_host_by_its_own_key_and_nothing_else(docker: Docker) -> None:
    variables = testhost.up("web").inventory_vars()
    options = shlex.split(str(variables["ansible_ssh_common_args"]))
    assert variables["ansible_host"] == "127.0.0.1"
    assert str(variables["ansible_port"]) == (docker.files / "ssh_port").read_text()
    assert variables["ansible_user"] == "root"
    assert "StrictHostKeyChecking=yes" in options
    assert f"HostKeyAlias={container_name('web')}" in options
    assert known_keys() == [f"{container_name('web')} ssh-ed25519 KEY1"]


def test_the_checkout_has_one_key_pair_that_only_its_owner_reads(docker: Docker) -> None:
    first, second = testhost.up("web").key, testhost.up("database").key
    assert first == second == state.directory() / "id_ed25519"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert (docker.files / "authorized").read_text() == first.with_suffix(".pub").read_text()


def test_everything_is_published_on_the_loopback_address_only(docker: Docker) -> None:
    testhost.up("web", publish={8000: 80})
    (call,) = docker.commands.calls("docker run")
    words = shlex.split(call)
    published = [words[i + 1] for i, word in enumerate(words) if word == "--publish"]
    assert published == ["127.0.0.1::22", "127.0.0.1:8000:80"]


def test_a_host_is_called_as_its_owner_wants(docker: Docker) -> None:
    testhost.up("web", hostname="www.example.org", labels={"molecule": "nginx"})
    assert docker.container("hostname").read_text() == "www.example.org\n"
    assert '"molecule": "nginx"' in docker.container("labels").read_text()


def test_the_machines_proxies_reach_the_host(
    docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    testhost.up("web")
    assert "http_proxy=http://proxy:3128" in docker.container("env").read_text().splitlines()


def test_up_keeps_the_host_that_runs(docker: Docker) -> None:
    assert testhost.up("web") == testhost.up("web")
    assert len(docker.commands.calls("docker run")) == 1


def test_up_starts_the_host_that_stopped(docker: Docker) -> None:
    testhost.up("web")
    docker.container("running").write_text("false")
    assert testhost.up("web").running
    assert len(docker.commands.calls("docker run")) == 1


def test_up_keeps_a_host_whose_image_is_outdated_and_says_so(
    docker: Docker, capsys: pytest.CaptureFixture[str]
) -> None:
    testhost.up("web")
    docker.container("image").write_text("old")
    testhost.up("web")
    assert "The test host web runs an outdated image" in capsys.readouterr().err
    assert len(docker.commands.calls("docker run")) == 1


def test_a_host_of_another_distribution_is_neither_taken_nor_replaced(docker: Docker) -> None:
    testhost.up("web", "debian12")
    assert refusal() == (
        "The test host web runs debian12, not debian13: "
        "`python -m slipway.testhost down web` first."
    )


def test_a_host_that_lacks_a_port_is_neither_taken_nor_replaced(docker: Docker) -> None:
    testhost.up("web", publish={8000: 80})
    testhost.up("web", publish={8000: 80})
    assert refusal(publish={8443: 443}) == (
        "The test host web has no port 8443:443: `python -m slipway.testhost down web` first."
    )


@pytest.mark.parametrize("words", TAKEN, ids=["another container", "a program", "Docker 28"])
def test_a_port_that_is_taken_is_named_and_no_host_remains(docker: Docker, words: str) -> None:
    (docker.files / "refuses" / "run").write_text(words)
    assert refusal(publish={8000: 80}) == (
        "Port 8000 of this machine is taken: free it or publish another one."
    )
    assert docker.names("containers") == []


def test_a_host_that_does_not_boot_says_what_it_waits_for_and_is_gone(
    docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "BOOT_SECONDS", 0.2)
    (docker.files / "systemd").write_text("starting")
    (docker.files / "jobs").write_text("12 slow.service start running")
    assert refusal().endswith("12 slow.service start running")
    assert docker.names("containers") == []


@pytest.mark.usefixtures("docker")
@pytest.mark.parametrize("name", ["", "Web", "web_1", "-web", "a/b"])
def test_a_name_that_cannot_be_a_hostname_is_refused(name: str) -> None:
    assert "use lower-case letters, digits and -" in refusal(name)


def test_a_host_made_anew_is_known_by_its_new_key_alone(docker: Docker) -> None:
    testhost.up("web")
    assert testhost.down("web")
    assert known_keys() == []
    testhost.up("web")
    assert known_keys() == [f"{container_name('web')} ssh-ed25519 KEY2"]


def test_who_reads_the_known_keys_meanwhile_finds_all_of_them(docker: Docker) -> None:
    testhost.up("web")
    with keys.known_hosts().open() as reader:
        testhost.up("database")
        assert reader.read().splitlines() == [f"{container_name('web')} ssh-ed25519 KEY1"]


def test_a_rebooted_host_is_found_at_its_new_port(docker: Docker) -> None:
    before = testhost.up("web")
    docker.container("port").write_text("1")
    after = testhost.reboot("web")
    assert docker.commands.calls("docker restart")
    assert after.ssh_port == before.ssh_port


def test_down_twice_is_no_error(docker: Docker) -> None:
    testhost.up("web")
    assert [testhost.down("web"), testhost.down("web")] == [True, False]
    assert docker.names("containers") == []


@pytest.mark.usefixtures("docker")
@pytest.mark.parametrize("act", [testhost.reboot, lambda name: testhost.exec_(name, ["true"])])
def test_a_host_that_is_not_there_is_named(act: Callable[[str], object]) -> None:
    with pytest.raises(Problem, match="There is no test host nowhere"):
        act("nowhere")


def test_the_hosts_of_this_checkout_are_listed(docker: Docker) -> None:
    testhost.up("web")
    testhost.up("database")
    assert [host.name for host in testhost.listing()] == ["database", "web"]
    assert (
        f"--filter label=slipway.checkout={state.CHECKOUT}" in docker.commands.calls("docker ps")[0]
    )


@pytest.mark.usefixtures("commands")
def test_without_an_engine_there_are_no_hosts_and_none_is_installed() -> None:
    assert (testhost.listing(), testhost.down("web")) == ([], False)


def test_programs_read_json_and_people_an_ssh_command(
    docker: Docker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", "web", "--publish", "8000:80", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert str(told["inventory_vars"]["ansible_port"]) == (docker.files / "ssh_port").read_text()
    assert main(["up", "web"]) == 0
    assert shlex.split(capsys.readouterr().out)[-1] == "root@127.0.0.1"


@pytest.mark.usefixtures("docker")
def test_a_problem_ends_the_command_with_its_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["up", "web", "--distro", "debian31"]) == 1
    said = capsys.readouterr()
    assert said.err == "There is no test host image for debian31. Did you mean debian13?\n"
    assert said.out == ""
