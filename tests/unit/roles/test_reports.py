"""What people read: the report of a deploy, the status and the releases."""

from typing import Any

import pytest

from tests.unit.roles.conftest import Evaluate, Render

OLD, NEW = (
    {"id": f"2026112{day}T101500Z-3f2a1c9", "commit": "3f2a1c9" + "0" * 33, "subject": "Sell boats"}
    for day in (1, 2)
)
LIVES = f"shop_dev runs 3f2a1c9 Sell boats (release {NEW['id']}"
ANSWERS = "It answers at http://dev.example.com/"


def activation(
    release: dict[str, str],
    before: str,
    previous: str = "",
    changed: bool = True,
    unknown: list[str] | None = None,
) -> dict[str, Any]:
    """What module activate came to."""
    names = {"before": before, "previous": previous, "unknown_migrations": unknown or []}
    return {"changed": changed, "switched": changed, "release": release, **names}


@pytest.mark.parametrize(
    ("done", "report"),
    [
        (
            activation(NEW, before=""),
            [
                f"{LIVES}).",
                ANSWERS,
                "This is its first release, so there is nothing to go back to yet.",
            ],
        ),
        (
            activation(NEW, before=OLD["id"], previous=OLD["id"]),
            [
                f"{LIVES}, before: {OLD['id']}).",
                ANSWERS,
                "Undo with: invoke rollback dev",
            ],
        ),
        (
            activation(OLD, before=NEW["id"]),
            [
                f"shop_dev runs 3f2a1c9 Sell boats (release {OLD['id']}, before: {NEW['id']}).",
                ANSWERS,
                f"Undo with: invoke rollback dev --to {NEW['id']}",
            ],
        ),
        (
            activation(OLD, before=NEW["id"], unknown=["shop.0002", "shop.0003"]),
            [
                f"shop_dev runs 3f2a1c9 Sell boats (release {OLD['id']}, before: {NEW['id']}).",
                ANSWERS,
                "Its code does not know these migrations, which stay applied: shop.0002, shop.0003",
                f"Undo with: invoke rollback dev --to {NEW['id']}",
            ],
        ),
        (
            {"changed": False, "skipped": True},
            [
                f"Nothing changed: shop_dev runs 3f2a1c9 Sell boats already (release {NEW['id']}).",
                ANSWERS,
            ],
        ),
    ],
    ids=["first", "next", "rollback", "rollback below migrations", "nothing"],
)
def test_a_deploy_ends_with_what_changed_and_how_to_undo_it(
    render: Render, done: dict[str, Any], report: list[str]
) -> None:
    text = render(
        "django",
        "report.j2",
        __gunicorn_systemd_activation=done,
        __django_build={"release": NEW},
    )
    assert text.splitlines() == report


def test_what_django_warns_of_is_told_once_it_is_live(render: Render) -> None:
    warnings = ["security.W004 You have not set it.", "shop.W001 Mind the gap."]
    text = render(
        "django",
        "report.j2",
        __gunicorn_systemd_activation=activation(NEW, before=OLD["id"], previous=OLD["id"]),
        __django_build={"release": NEW, "check_warnings": warnings},
    )
    assert text.splitlines()[1:] == [
        ANSWERS,
        "Django warns (manage.py check --deploy):",
        *(f"  {line}" for line in warnings),
        "Undo with: invoke rollback dev",
    ]


@pytest.mark.parametrize(
    ("release", "wanted"),
    [
        ({**NEW, "id": ""}, "3f2a1c9 Sell boats"),
        ({"id": "", "commit": "", "subject": ""}, "main"),
    ],
    ids=["a commit", "on a server that is not provisioned yet"],
)
def test_check_mode_promises_and_tells_no_undo(
    render: Render, release: dict[str, str], wanted: str
) -> None:
    text = render(
        "django",
        "report.j2",
        ansible_check_mode=True,
        __gunicorn_systemd_activation=activation({}, before=OLD["id"]),
        __django_build={"release": release},
    )
    assert text.splitlines() == [
        f"Would make {wanted} the release that answers for shop_dev; nothing was changed."
    ]


EVENTS = [
    {
        "time": "2026-11-21T10:15:04Z",
        "action": "deploy",
        "release": OLD["id"],
        "who": "bob",
        "result": "failed",
        "seconds": 12.5,
        "step": "ask",
    },
    {
        "time": "2026-11-22T10:15:04Z",
        "action": "deploy",
        "release": NEW["id"],
        "who": "ada",
        "result": "live",
        "seconds": 3.0,
    },
    {"time": "2026-11-22T10:20:00Z", "release": NEW["id"], "result": "live"},
]
BUILT = {"built": "2026-11-22T10:15:02Z", "megabytes": 12, "who": "ada", "why": None}
STATUS: dict[str, Any] = {
    "live": NEW["id"],
    "slot": "green",
    "unit": {"state": "active", "uptime": "1:02:05", "restarts": 0, "memory": 73},
    "disk_free_bytes": 10 * 2**30,
    "health": {"told": "well for 3 days (asked every 60 s)", "webhook": ""},
    "releases": [
        {**OLD, **BUILT, "mark": "failed", "why": {"step": "ask", "reason": "It was slow."}},
        {**NEW, **BUILT, "mark": "live", "who": ""},
    ],
    "handoffs": [],
    "maintenance": {},
    "lease": {},
    "events": EVENTS,
}
WELL = {"well": True, "said": "/health/ answers 200 in 4 ms"}


def status(render: Render, answer: dict[str, Any] = WELL, **differences: object) -> list[str]:
    """The lines of the status."""
    said = {**STATUS, **differences}
    given = {"__django_status": said, "__gunicorn_systemd_answer": answer}
    return render("django", "status.j2", **given).splitlines()


def test_the_status_shows_whether_it_is_well_what_runs_and_who_did_what(render: Render) -> None:
    assert status(render) == [
        "shop_dev on server, http://dev.example.com/",
        "  health    well: /health/ answers 200 in 4 ms",
        "  watched   well for 3 days (asked every 60 s)",
        f"  release   {NEW['id']}  Sell boats",
        "  slot      green, active for 1:02:05, 0 restarts, 73 MB of memory",
        "  disk      10.00 GB free",
        "  hand-off  no lines pending from main as last fetched",
        "  events",
        f"    2026-11-22T10:20:00Z  ? {NEW['id']} by ?: live",
        f"    2026-11-22T10:15:04Z  deploy {NEW['id']} by ada: live in 3.0 s",
        f"    2026-11-21T10:15:04Z  deploy {OLD['id']} by bob: failed in 12.5 s at ask",
    ]


def test_a_release_that_is_not_well_catches_the_eye(render: Render) -> None:
    lines = status(render, {"well": False, "said": "/health/ answered 503."})
    assert lines[1] == "  health    NOT WELL: /health/ answered 503."


SINCE = {"since": "2026-11-22T10:30:00Z", "who": "ada"}
CLOSED = "to visitors since 2026-11-22T10:30:00Z by ada: open it with invoke maintenance dev off"
NO_ONE_SIGNED = {"since": "", "who": ""}


def test_the_status_shows_that_the_site_is_closed(render: Render) -> None:
    assert status(render, maintenance=SINCE)[2] == f"  closed    {CLOSED}"
    by_hand = "  closed    to visitors: open it with invoke maintenance dev off"
    assert status(render, maintenance=NO_ONE_SIGNED)[2] == by_hand


@pytest.mark.parametrize(
    ("done", "build"),
    [
        ({**activation(NEW, OLD["id"]), "maintenance": SINCE}, {"release": NEW}),
        ({"changed": False, "skipped": True}, {"release": NEW, "maintenance": SINCE}),
    ],
    ids=["a deploy or a rollback", "nothing to deploy"],
)
def test_a_report_ends_with_a_word_about_a_site_that_is_closed(
    render: Render, done: dict[str, Any], build: dict[str, Any]
) -> None:
    given = {"__gunicorn_systemd_activation": done, "__django_build": build}
    assert render("django", "report.j2", **given).splitlines()[-1] == f"The site is closed {CLOSED}"


@pytest.mark.parametrize(
    ("health", "lines"),
    [
        ({}, ["  watched   by no timer: gunicorn_systemd_health_interval_seconds is 0"]),
        (
            {"told": "NOT WELL since 10:15", "webhook": "HTTP Error 404"},
            [
                "  watched   NOT WELL since 10:15",
                f"{'':12}the webhook was not told: HTTP Error 404",
            ],
        ),
    ],
)
def test_the_status_shows_what_the_timer_found(
    render: Render, health: dict[str, str], lines: list[str]
) -> None:
    assert status(render, health=health)[2 : 2 + len(lines)] == lines


def test_the_status_shows_the_hand_off_lines_that_wait(render: Render) -> None:
    lines = status(render, handoffs=[f"- [ ] Line {number}" for number in range(7)])
    assert lines[6] == "  hand-off  7 lines pending from main as last fetched"
    assert lines[7:13] == [*(f"    - [ ] Line {number}" for number in range(5)), "  events"]


@pytest.mark.parametrize(("step", "shown"), [("migrate", "migrate"), ("", "between two modules")])
def test_the_status_shows_who_changes_the_instance_just_now(
    render: Render, step: str, shown: str
) -> None:
    lease = {"who": "ada", "action": "deploy", "since": "2026-11-22T10:30:00Z", "step": step}
    lines = status(render, lease=lease)
    assert f"  lease     ada runs deploy since 2026-11-22T10:30:00Z, step {shown}" in lines


def test_the_status_of_a_live_release_whose_record_is_lost_is_shown(render: Render) -> None:
    assert status(render, releases=[])[3] == f"  release   {NEW['id']}  "


def test_the_status_of_a_host_without_a_release_says_what_to_do(render: Render) -> None:
    assert status(render, live="") == ["shop_dev on server has no release yet: invoke deploy dev"]


def test_the_releases_are_listed_with_what_became_of_them(render: Render) -> None:
    assert render("django", "releases.j2", __django_status=STATUS).splitlines() == [
        "shop_dev on server",
        f"  {NEW['id']}  live            2026-11-22T10:15:02Z    12 MB  ?  Sell boats",
        f"  {OLD['id']}  failed          2026-11-22T10:15:02Z    12 MB  ada  Sell boats "
        "(at ask: It was slow.)",
    ]


def test_a_host_without_releases_says_what_to_do(render: Render) -> None:
    text = render("django", "releases.j2", __django_status={**STATUS, "releases": []})
    assert text.splitlines()[1:] == ["  no release yet: invoke deploy dev"]


@pytest.mark.parametrize(("given", "shown"), [({}, "status"), ({"slipway_show": "releases"}, None)])
def test_the_status_is_shown_where_nothing_else_is_asked_for(
    evaluate: Evaluate, given: dict[str, str], shown: str | None
) -> None:
    assert evaluate("django", "__django_show", **given) == (shown or given["slipway_show"])


def part(words: str, kept: bool | None = None, said: str = "") -> dict[str, Any]:
    """A line of an entry, as modules have it."""
    return {"words": words, "kind": "x", "done": False, "kept": kept, "said": said}


ENTRY = {
    **{"title": "2026-11-22 Cargo", "author": "Ada", "commit": "3f2a1c9" + "0" * 33},
    "notes": "claude/DEV_HANDOFF.md",
    "parts": [
        part("- [ ] env: PORT_KEY", kept=True, said="set"),
        part("- [ ] packages: boats", kept=False, said="boats is missing"),
        part("- [ ] manual: open the port"),
        part("Cargo comes by sea."),
    ],
}


def told(missing: str) -> list[str]:
    """The lines about the entry."""
    return [
        "  2026-11-22 Cargo, by Ada in 3f2a1c9",
        "    is so    - [ ] env: PORT_KEY",
        f"    {missing:<8} - [ ] packages: boats: boats is missing",
        "             - [ ] manual: open the port",
        "             Cargo comes by sea.",
    ]


def test_a_deploy_tells_which_promises_of_its_hand_off_it_kept(render: Render) -> None:
    text = render(
        "django",
        "report.j2",
        __gunicorn_systemd_activation=activation(NEW, before=OLD["id"], previous=OLD["id"]),
        __django_build={"release": NEW, "handoffs": [ENTRY]},
        __django_handed={"handoffs": [ENTRY], "broken": ["packages"]},
    )
    assert text.splitlines()[2:] == [
        "It brought what these hand-off notes say, but not all of it:",
        *told("NOT SO"),
        "Undo with: invoke rollback dev",
    ]


def test_a_dry_run_tells_the_hand_off_that_a_deploy_would_bring(render: Render) -> None:
    entry = {**ENTRY, "parts": [part("- [ ] env: PORT_KEY")]}
    text = render(
        "django",
        "report.j2",
        ansible_check_mode=True,
        __gunicorn_systemd_activation=activation({}, before=OLD["id"]),
        __django_build={"release": {**NEW, "id": ""}, "handoffs": [entry]},
        __django_handed={"skipped": True, "changed": False},
    )
    assert text.splitlines()[1:] == [
        "It brings what these hand-off notes say:",
        "  2026-11-22 Cargo, by Ada in 3f2a1c9",
        "             - [ ] env: PORT_KEY",
    ]


@pytest.mark.parametrize("found", [[ENTRY], []])
def test_what_is_pending_is_told_with_what_is_so(
    render: Render, found: list[dict[str, Any]]
) -> None:
    found_here = {"live": OLD["id"], "next": NEW, "handoffs": found}
    first, *others = render("django", "handoff.j2", __django_variables=found_here).splitlines()
    assert first == f"shop_dev on server: {OLD['id']}, next 3f2a1c9 Sell boats"
    nothing = "  No hand-off is pending: the live release has all of the next one's notes."
    assert others == (told("not yet") if found else [nothing])


@pytest.mark.parametrize(
    ("items", "line"),
    [
        (
            [{"kind": "issue", "what": "unit certbot.service failed", "how": "`journalctl`"}],
            "  issue: unit certbot.service failed, `journalctl`",
        ),
        (
            [],
            "  There is nothing to say: no failed unit, no error, no security update.",
        ),
    ],
)
def test_what_people_should_know_of_a_server_is_told(
    render: Render, items: list[dict[str, str]], line: str
) -> None:
    observed = {"release": OLD["id"], "items": items}
    assert render("django", "observed.j2", __django_observed=observed).splitlines() == [
        f"shop_dev on server, release {OLD['id']}",
        line,
    ]
