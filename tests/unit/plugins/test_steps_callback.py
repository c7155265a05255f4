"""What a person sees of a run: real runs of a small playbook on this machine."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.slipway.django.plugins.callback.steps import unreachable

from tests.unit.plugins.conftest import Play

pytestmark = pytest.mark.slow

# An action that comes to what its arguments say, without a module's start on the host.
COME_TO = """\
from ansible.plugins.action import ActionBase
class ActionModule(ActionBase):
    _requires_connection = False
    def run(self, tmp=None, task_vars=None):
        return {"changed": False, **self._task.args}
"""
ROLE = """\
- name: greet | Write a greeting
  come_to: {changed: true}
- name: greet | Look
  come_to:
"""
PLAYBOOK = """\
- name: One host
  hosts: walker
  gather_facts: false
  roles: [greet]
  vars:
    steps:
      - {name: fetch, seconds: 1.25, detail: 3f2a1c9 Sell boats}
      - {name: check, seconds: 0.0}
  tasks:
    - name: Walk
      come_to: {changed: true, steps: "{{ steps }}"}
    - name: Keep a secret
      come_to: {changed: true, stdout: s3cret}
      no_log: true
    - name: Say a word
      ansible.builtin.debug: {msg: It answers.}
    - name: Say two lines
      ansible.builtin.debug: {msg: [It runs., It answers at /.]}
    - name: Try
      come_to: {failed: true, msg: forgiven}
      ignore_errors: true

- name: Many hosts
  hosts: all
  gather_facts: false
  vars:
    ends:
      walker: {changed: true, steps: [{name: fetch, seconds: 1.25, detail: 3f2a1c9}]}
      sick:
        failed: true
        msg: It was not well.
        evidence: ["database: down"]
        steps: [{name: check, seconds: 0.0}]
      program: {failed: true, msg: non-zero return code, stdout: out, stderr: err}
  tasks:
    - name: Come to an end
      come_to:
      args: "{{ ends[inventory_hostname] | default({}) }}"
    - name: Run several
      come_to: {failed: "{{ item == 'two' }}", msg: "{{ item }} failed", stderr: "err {{ item }}"}
      loop: [one, two, three]
      when: inventory_hostname == 'looped'
    - name: Fail in secret
      come_to: {failed: true, msg: non-zero return code, stdout: s3cret}
      no_log: true
      when: inventory_hostname == 'secret'
    - name: Reach the host
      ansible.builtin.raw: "true"
      when: inventory_hostname == 'closed'
"""
HOSTS: dict[str, dict[str, object] | None] = {
    **dict.fromkeys(("walker", "sick", "program", "looped", "secret")),
    "closed": {"ansible_host": "127.0.0.1", "ansible_port": 1},
}
WAYS: dict[str, tuple[list[str], dict[str, str]]] = {
    "CI": ([], {"CI": "true"}),
    "verbose": (["-v"], {}),
}
STREAM = "Ansible's own stream:\n"

Runs = dict[str, subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def runs(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The playbook's run in each way."""
    path = tmp_path_factory.mktemp("walk")
    files = {
        "action_plugins/come_to.py": COME_TO,
        "roles/greet/tasks/main.yml": ROLE,
        "play.yml": PLAYBOOK,
        "hosts.yml": json.dumps({"all": {"hosts": HOSTS}}),
    }
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)

    def run(way: str) -> subprocess.CompletedProcess[str]:
        words, environment = WAYS[way]
        stdout = {"ANSIBLE_STDOUT_CALLBACK": "slipway.django.steps", **environment}
        stdout["SLIPWAY_CHANGES"] = str(path / f"{way}.changes")
        return play(path / "play.yml", "-i", path / "hosts.yml", *words, **stdout)

    with ThreadPoolExecutor() as pool:
        return dict(zip(WAYS, pool.map(run, WAYS), strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_tasks_that_change_something_are_kept_for_who_asked(runs: Runs, way: str) -> None:
    path = Path(runs[way].args[1]).with_name(f"{way}.changes")
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(one["host"], one["task"].rpartition(" : ")[2]) for one in kept] == [
        ("walker", "greet | Write a greeting"),
        ("walker", "Walk"),
        ("walker", "Keep a secret"),
        ("walker", "Come to an end"),
    ]


@pytest.fixture
def quiet(runs: Runs) -> str:
    """What is seen where no more words were asked for."""
    short, _line, stream = runs["CI"].stdout.partition(STREAM)
    return short + stream.splitlines(keepends=True)[-1]


@pytest.mark.parametrize(
    "line",
    [
        r"  fetch +1\.2 s  3f2a1c9 Sell boats",
        r"  check +0\.0 s",
        r"  greet \| Write a greeting +\d+\.\d s  changed",
        r"  role greet +\d+\.\d s  1 changed",
        r"  Keep a secret +\d+\.\d s  changed",
        r"It answers\.",
        r"It runs\.\nIt answers at /\.",
        r"  walker: fetch +1\.2 s  3f2a1c9",
        r"11 tasks, 4 changed, 5 of 6 hosts failed",
    ],
)
def test_a_step_is_a_line_with_its_seconds(quiet: str, line: str) -> None:
    assert re.search(f"^{line}$", quiet, re.MULTILINE), quiet


@pytest.mark.parametrize(
    "lines",
    [
        "FAILED  sick: It was not well.\n    database: down\n",
        "FAILED  program: non-zero return code\n    out\n    err\n",
        "FAILED  looped: two failed\n    err two\n",
        "FAILED  closed does not answer over SSH: check its address (slipway_server or "
        "ansible_host), that it is up, and that your key lets you in.\n",
    ],
)
def test_a_failure_shows_its_sentence_and_why(quiet: str, lines: str) -> None:
    assert lines in quiet


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("deploy@shop: Permission denied (publickey).", "does not let you in: a new server must"),
        ("ssh: connect to host shop port 22: Connection refused", "does not answer over SSH"),
    ],
)
def test_a_host_that_does_not_know_the_login_is_told_from_one_that_is_away(
    said: str, advice: str
) -> None:
    assert unreachable(said).startswith(advice)


def test_the_steps_of_a_failed_task_are_shown_before_it(quiet: str) -> None:
    assert re.search(r"^  sick: check +0\.0 s\nFAILED  sick: ", quiet, re.MULTILINE), quiet


def test_a_failure_in_secret_says_that_it_is_one(quiet: str) -> None:
    assert "FAILED  secret: the output has been hidden" in quiet, quiet


@pytest.mark.parametrize(
    "noise", ["TASK [", "PLAY", "Look", "Say a word", "forgiven", "skipping", "\033", "\r"]
)
def test_nothing_else_is_seen(quiet: str, noise: str) -> None:
    assert noise not in quiet, quiet


def test_a_run_that_failed_says_so_by_its_exit_status(runs: Runs) -> None:
    assert [run.returncode for run in runs.values()] == [4, 4]


def test_more_words_are_ansibles_own(runs: Runs) -> None:
    seen = runs["verbose"].stdout
    wanted = ["PLAY [One host]", "TASK [Come to an end]", "fatal: [sick]: FAILED!", "PLAY RECAP"]
    assert [words for words in wanted if words not in seen] == [], seen
    assert "FAILED  " not in seen


def test_in_ci_a_failure_is_followed_by_ansibles_own_stream(runs: Runs) -> None:
    short, _line, stream = runs["CI"].stdout.partition(STREAM)
    assert "FAILED  sick: It was not well." in short
    assert "TASK [Come to an end]" in stream, runs["CI"].stdout
    assert re.search(r"failed: \[program\] => .*\"stderr\": \"err\"", stream, re.DOTALL), stream


@pytest.mark.parametrize("way", WAYS)
def test_no_task_without_log_is_logged(runs: Runs, way: str) -> None:
    assert "s3cret" not in runs[way].stdout + runs[way].stderr


@pytest.mark.parametrize("way", WAYS)
def test_ansible_has_nothing_to_complain_about(runs: Runs, way: str) -> None:
    assert "WARNING" not in runs[way].stderr, runs[way].stderr
