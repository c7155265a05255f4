"""Logs of a host: files that are renamed, a moment to begin at, and what is chosen of them."""

import gzip
import json
import os
import shutil
import subprocess
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.slipway.django.plugins.module_utils import (
    log_files,
    log_journal,
    log_reading,
)
from ansible_collections.slipway.django.plugins.module_utils.instance import (
    BadInstance,
    Instance,
    instance,
)
from ansible_collections.slipway.django.plugins.module_utils.log_files import Growing
from ansible_collections.slipway.django.plugins.module_utils.log_reading import Choice, Wanted
from ansible_collections.slipway.django.plugins.module_utils.logged import Entry
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps
from ansible_collections.slipway.django.plugins.modules import logs

MOMENT = 1_795_256_100_000_000  # 2026-11-21 10:15 UTC


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A file with two lines, and the beginning of a third."""
    path = tmp_path / "access.log"
    path.write_text("one\ntwo\nth")
    return path


def test_a_file_is_read_on_from_where_it_was(log: Path) -> None:
    growing = Growing(str(log))
    assert growing.newest() == ["one", "two"]
    with log.open("a") as file:
        file.write("ree\nfour\n")
    assert growing.more() == ["three", "four"]
    assert growing.more() == []


@pytest.mark.parametrize("way", ["renamed", "renamed and not made yet", "copied and cut"])
def test_no_line_is_lost_where_the_file_is_rotated(log: Path, way: str) -> None:
    growing = Growing(str(log))
    growing.newest()
    with log.open("a") as file:
        file.write("ree\n")
    if way == "copied and cut":
        assert growing.more() == ["three"]
        os.truncate(log, 0)
    else:
        log.rename(log.with_suffix(".log.1"))
    if way == "renamed and not made yet":
        assert growing.more() == ["three"]
    with log.open("a") as file:
        file.write("new\n")
    lines = growing.more()
    assert lines == (["three", "new"] if way == "renamed" else ["new"])


@pytest.mark.parametrize("way", ["renamed", "copied and cut"])
def test_no_line_is_lost_that_is_written_in_the_moment_of_the_rotation(
    log: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    growing = Growing(str(log))
    growing.newest()
    looks = {"stat": os.stat, "fstat": os.fstat}

    def look(name: str, *given: Any) -> os.stat_result:
        # Between the last read of the file and the look that finds another there.
        for look, plain in looks.items():
            monkeypatch.setattr(os, look, plain)
        with log.open("a") as file:
            file.write("ree\nfour\n")
        shutil.copy(log, log.with_suffix(".log.1"))
        if way == "renamed":
            log.rename(log.with_suffix(".log.1"))
        log.write_text("new\n")
        return looks[name](*given)

    for name in looks:
        monkeypatch.setattr(os, name, partial(look, name))
    assert growing.more() == ["three", "four", "new"]
    assert growing.more() == []


def test_what_is_written_to_the_renamed_file_until_the_new_one_is_opened_is_read(
    log: Path,
) -> None:
    """As nginx does, which is told after logrotate made the new file."""
    growing = Growing(str(log))
    growing.newest()
    with log.open("a") as file:
        log.rename(log.with_suffix(".log.1"))
        log.touch()
        assert growing.more() == []
        file.write("ree\n")
        file.flush()
        assert growing.more() == ["three"]
        growing.until = 0.0
        assert growing.more() == []
        assert growing.before is None, "a file that was removed would keep its place on the disk"
    log.write_text("new\n")
    assert growing.more() == ["new"]


def test_a_file_that_was_emptied_is_not_taken_for_a_copied_one(log: Path) -> None:
    log.with_suffix(".log.1").write_text("older lines\nof which there are more\n")
    growing = Growing(str(log))
    growing.newest()
    log.write_text("new\n")
    assert growing.more() == ["new"]
    with log.open("a") as file:
        file.write("a line that ends behind where the others ended\n")
    assert growing.more() == ["a line that ends behind where the others ended"]


def test_a_file_that_comes_later_is_read_from_its_beginning(tmp_path: Path) -> None:
    growing = Growing(str(tmp_path / "later.log"))
    assert (growing.newest(), growing.more()) == ([], [])
    (tmp_path / "later.log").write_text("one\n")
    assert growing.more() == ["one"]


def test_only_whole_lines_of_the_end_of_a_long_file_are_read(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "MOST_BYTES", 7)
    log.write_text("first\nsecond\nthird\n")
    assert Growing(str(log)).newest() == ["third"]


def test_older_files_are_read_the_newest_first(log: Path) -> None:
    log.with_suffix(".log.1").write_text("b\n")
    with gzip.open(log.with_suffix(".log.2.gz"), "wt") as file:
        file.write("a\n")
    assert list(log_files.rotated(str(log))) == [["b"], ["a"]]


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host whose systemd-analyze notes what it is asked, and knows `today` and time spans."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "systemd-analyze").write_text(
        f"""#!/bin/sh
echo "$3" >{programs}/asked
case $3 in
today | -* | 20*) echo "    UNIX seconds: @1795256100.0425" ;;
inf) echo never ;;
*) exit 1 ;;
esac
"""
    )
    (programs / "systemd-analyze").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return programs / "asked"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("1h", "-1h"),
        ("10 min ago", "-10min"),
        ("10min", "-10min"),
        ("2 d", "-2d"),
        ("today", "today"),
        ("2026-11-21 10:15", "2026-11-21 10:15"),
        (" today ", "today"),
    ],
)
def test_a_moment_is_systemd_s_to_understand(systemd: Path, said: str, asked: str) -> None:
    assert log_reading.moment(said) == MOMENT + 42_500
    assert systemd.read_text() == f"{asked}\n"


@pytest.mark.usefixtures("systemd")
@pytest.mark.parametrize("said", ["soon", "inf", "1 fortnight"])
def test_what_is_no_moment_gets_one_sentence(said: str) -> None:
    with pytest.raises(Failed, match=r"'10 min ago', '2026-11-21 10:15', today or 1h\.$"):
        log_reading.moment(said)


def entry(second: int, text: str, unit: str = "web@blue", **more: Any) -> Entry:
    return Entry(
        MOMENT + second * 1_000_000, unit, text=text, who=unit, **({"level": "info"} | more)
    )


ABOUT = [
    entry(1, "GET / request 3f2a", "access"),
    entry(2, "ERROR sunk (request 3f2a)", level="error"),
    entry(2, "Traceback", level="error", continues=True),
    entry(3, "ERROR other (request 9999)", level="error"),
    entry(3, "Traceback of the other", level="error", continues=True),
    entry(4, "own check", level="debug"),
]


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"level": "debug"}, [0, 1, 2, 3, 4, 5]),
        ({"level": "error"}, [1, 2, 3, 4]),
        ({"request": "3f2a"}, [0, 1, 2]),
        ({"request": "3f2a", "level": "error"}, [1, 2]),
        ({"since": MOMENT + 3_000_000}, [3, 4]),
        ({"lines": 2}, [3, 4]),
    ],
)
def test_what_is_wanted_is_chosen_with_what_belongs_to_it(
    shop: Instance, wanted: dict[str, Any], taken: list[int]
) -> None:
    asked = Wanted(shop, **wanted)
    found = log_reading.merged(asked, [ABOUT], Choice(asked))
    assert found == [ABOUT[number] for number in taken]


def test_entries_of_the_same_time_stay_as_they_were_said(shop: Instance) -> None:
    web = [entry(1, "a"), entry(2, "c"), entry(2, "b")]
    nginx = [entry(0, "d", "access"), entry(2, "e", "access")]
    wanted = Wanted(shop)
    found = log_reading.merged(wanted, [web, nginx], Choice(wanted))
    assert "".join(one.text for one in found) == "dacbe"


@pytest.fixture
def host(shop: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host with a journal and nginx's logs; one of the lines holds a secret."""
    programs = tmp_path / "programs"
    programs.mkdir(exist_ok=True)
    said = {"__CURSOR": "c", "__REALTIME_TIMESTAMP": str(MOMENT), "MESSAGE": "key is s3cr3t-value"}
    unit = {"_SYSTEMD_UNIT": "shop_dev@blue.service"}
    (programs / "journal").write_text(json.dumps({**said, **unit}) + "\n")
    (programs / "journalctl").write_text(
        f'#!/bin/sh\necho "$*" >{programs}/asked\ncat {programs}/journal\n'
    )
    (programs / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    for name in ("journalctl", "systemctl"):
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(log_reading, "NGINX", str(tmp_path))
    monkeypatch.setattr(log_reading, "POSTGRES", str(tmp_path / "none" / "*"))
    line = '1.2.3.4 - - [21/Nov/2026:10:14:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"\n'
    (tmp_path / "shop_dev.access.log").write_text(line)
    Path(shop.keys_file).parent.mkdir(parents=True, exist_ok=True)
    Path(shop.keys_file).write_text("PAYMENT_KEY=s3cr3t-value\n")
    return programs


def look(shop: Instance, **params: object) -> dict[str, Any]:
    """What the module says."""
    names = {"project": "shop", "env": "dev", "root": shop.root}
    usual = {"lines": 50, "since": "", "units": [], "level": "info", "request": ""}
    return logs.perform({**names, **usual, **params}, False, Steps())


@pytest.mark.usefixtures("host")
def test_the_module_merges_and_blots_secrets(shop: Instance) -> None:
    found = look(shop)
    assert [(one["unit"], one["text"]) for one in found["entries"]] == [
        ("access", "1.2.3.4 GET / HTTP/1.1 200, 5 B"),
        ("web@blue", "key is ********"),
    ]


def test_only_the_units_that_are_wanted_are_read(shop: Instance, host: Path) -> None:
    found = look(shop, units=["web"])
    assert [one["unit"] for one in found["entries"]] == ["web@blue"]
    units = [word for word in (host / "asked").read_text().split() if word.startswith("--unit")]
    names = ("shop_dev@blue", "shop_dev@green", "shop_dev")
    assert units == [f"--unit={name}.service" for name in names]


@pytest.mark.parametrize(
    ("params", "depth"),
    [({}, 20_000), ({"level": "debug"}, 50), ({"level": "debug", "request": "3f2a"}, 20_000)],
)
def test_what_is_left_out_hides_nothing_that_was_said_before(
    shop: Instance, host: Path, params: dict[str, str], depth: int
) -> None:
    look(shop, **params)
    assert f"--lines={depth}" in (host / "asked").read_text().split()


def test_the_newest_are_asked_for_whatever_the_moment_to_begin_at(
    shop: Instance, host: Path
) -> None:
    """With both, journalctl before systemd 254 gives the first lines after the moment."""
    said, _cursor = log_reading.journal(Wanted(shop, since=MOMENT), log_journal.Journal("shop_dev"))
    assert [one.text for one in said] == ["key is s3cr3t-value"]
    asked = (host / "asked").read_text()
    assert "--lines=20000" in asked
    assert "--since" not in asked


def test_an_entry_may_have_any_character_that_ends_a_line_elsewhere(
    shop: Instance, host: Path
) -> None:
    said = json.loads((host / "journal").read_text()) | {"MESSAGE": "a\u2028b\x85c"}
    (host / "journal").write_text(json.dumps(said, ensure_ascii=False) + "\n")
    assert look(shop, units=["web"])["entries"][0]["text"] == "a\u2028b\x85c"


@pytest.mark.usefixtures("host")
def test_a_text_with_a_nul_takes_no_place_of_another(shop: Instance) -> None:
    found = log_reading.shown(shop, [entry(1, "a\0b"), entry(2, "s3cr3t-value"), entry(3, "c")])
    assert [one["text"] for one in found] == ["a\ufffdb", "********", "c"]


@pytest.mark.usefixtures("host")
def test_workers_that_are_not_there_are_missed_where_they_are_asked_for(shop: Instance) -> None:
    assert look(shop)["remarks"] == []
    found = look(shop, units=["worker"])
    assert found["entries"] == []
    assert found["remarks"] == [
        "shop_dev has no workers on this host: no unit is called shop_dev-worker*."
    ]


JOURNALCTL = Path("/usr/bin/journalctl")
SYSTEMCTL = """#!/bin/sh
for last; do :; done
for unit in shop_dev-worker.service shop_dev-worker@.service; do
    case $unit in $last) echo "$unit enabled enabled" ;; esac
done
"""


def worker_patterns(shop: Instance, host: Path) -> list[str]:
    """The units that journalctl is asked for, on a host that has workers."""
    (host / "systemctl").write_text(SYSTEMCTL)
    assert look(shop, units=["worker"])["remarks"] == []
    words = (host / "asked").read_text().split()
    return [word.partition("=")[2] for word in words if word.startswith("--unit=")]


@pytest.mark.parametrize(
    "kind", ["worker", "worker@1", "worker@mail", "worker-mail", "worker2", "workers"]
)
def test_workers_are_the_units_that_begin_with_the_instance_and_worker(
    shop: Instance, host: Path, kind: str
) -> None:
    unit = f"shop_dev-{kind}.service"
    assert any(fnmatchcase(unit, pattern) for pattern in worker_patterns(shop, host))
    assert log_journal.unit_of(unit, "shop_dev") == kind


@pytest.mark.parametrize(
    "unit",
    [
        *("shop_dev2-worker", "shop_dev_worker-worker", "myshop_dev-worker", "shop_dev_worker2"),
        *("shop_dev_worker@blue", "shop_dev_worker2@blue", "shop_dev-worke", "shop-worker"),
        *("shop_dev", "shop_dev@blue", "shop_dev-log", "shop_dev-health"),
    ],
)
def test_no_unit_of_another_instance_or_of_another_kind_is_a_worker(
    shop: Instance, host: Path, unit: str
) -> None:
    patterns = worker_patterns(shop, host)
    assert [one for one in patterns if fnmatchcase(f"{unit}.service", one)] == []
    assert not log_journal.unit_of(f"{unit}.service", "shop_dev").startswith("worker")


@pytest.mark.parametrize(
    ("project", "env"), [("shop", "dev-worker"), ("shop_dev-worker", "x"), ("shop", "dev*")]
)
def test_no_instance_has_a_name_that_begins_as_workers_do_or_is_a_pattern(
    project: str, env: str
) -> None:
    with pytest.raises(BadInstance):
        instance(project, env, "/var/www")


@pytest.mark.skipif(not JOURNALCTL.exists(), reason="no journalctl on this machine")
def test_workers_that_said_nothing_yet_are_no_failure(
    shop: Instance, host: Path, tmp_path: Path
) -> None:
    units = [f"--unit={pattern}" for pattern in worker_patterns(shop, host)]
    (tmp_path / "empty").mkdir()
    words = [JOURNALCTL, "--quiet", f"--directory={tmp_path / 'empty'}", *units]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
