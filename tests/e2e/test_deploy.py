"""A person deploys, goes back and looks, on a server that runs systemd."""

import concurrent.futures
import json
import re
import time

import pytest

from slipway import demo

from .faults import until
from .site import CSRF, Site

BROKEN = "raise RuntimeError('this release cannot be imported')\n"


def test_the_page_is_rendered_from_a_row_in_postgresql(site: Site) -> None:
    site.sh(
        "runuser -u shop_dev -- psql shop_dev -qc "
        '"INSERT INTO notes_note (title, body, author, created_at) '
        "VALUES ('Ahoy 7319', 'b', 'c', now())\""
    )
    answer = site.ask("/")
    assert answer.status == 200, answer.body
    assert "Ahoy 7319" in answer.body


def test_css_is_served_by_nginx_to_be_kept_for_ever(site: Site) -> None:
    page = site.ask("/").body
    path = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert path, page
    site.sh("systemctl stop shop_dev")
    try:
        answer = site.ask(path[1])
    finally:
        site.sh("systemctl start shop_dev")
    assert answer.status == 200, answer.body
    assert "immutable" in ", ".join(answer.headers.get_all("Cache-Control", []))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_upload_is_kept_across_a_release_and_served_by_nginx(site: Site) -> None:
    page = site.ask("/")
    token = CSRF.search(page.body)
    cookie = page.headers["Set-Cookie"].split(";")[0]
    assert token, page.body
    fields = {"csrfmiddlewaretoken": token[1], "title": "With a file", "body": "b", "author": "a"}
    form = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    form += (
        '--x\r\nContent-Disposition: form-data; name="attachment"; filename="chart.txt"\r\n'
        "Content-Type: text/plain\r\n\r\nhere be dragons\r\n--x--\r\n"
    )
    kind = "multipart/form-data; boundary=x"
    posted = site.ask("/", body=form, Content_Type=kind, Cookie=cookie)
    assert posted.status == 302, posted.body
    site.succeed("deploy", "dev", "--force")
    link = re.search(r'href="(/media/[^"]+\.txt)"', site.ask(posted.headers["Location"]).body)
    assert link
    assert site.ask(link[1]).body == "here be dragons"


def test_an_unknown_name_gets_no_answer(site: Site) -> None:
    with pytest.raises(ConnectionError):
        site.ask("/", name="stranger.test")


def test_provisioning_again_changes_nothing_and_says_so(site: Site) -> None:
    before = site.state()
    said = site.succeed("provision", "dev")
    assert " 0 changed" in said.splitlines()[-1], said
    assert site.state() == before


def test_a_dry_run_of_provisioning_promises_nothing_where_nothing_is_to_do(site: Site) -> None:
    before = site.state()
    said = site.succeed("provision", "dev", "--check")
    assert " 0 changed" in said.splitlines()[-1], said
    assert site.state() == before


def test_deploying_what_is_live_changes_nothing_and_says_so(site: Site) -> None:
    before = site.state()
    said = site.succeed("deploy", "dev")
    assert "Nothing changed: shop_dev runs" in said, said
    assert " 0 changed" in said.splitlines()[-1], said
    assert site.state() == before


def test_a_deploy_says_its_command_its_steps_where_it_answers_and_how_to_undo(site: Site) -> None:
    before = site.release()
    site.commit("A release to read about")
    said = site.succeed("deploy", "dev")
    assert re.search(r"^\+ ansible-playbook -i \S+ playbooks/deploy.yml$", said, re.MULTILINE), said
    steps = re.findall(r"^  (\w[\w ]*?) +\d+\.\d s\b", said, re.MULTILINE)
    assert steps[steps.index("fetch") :] == [
        *("fetch", "variables", "check out", "packages", "compile", "check", "settings"),
        *("plan", "collect"),
        *("start", "ask", "switch", "ask nginx", "prune", "drain"),
    ], said
    assert "A release to read about" in said
    assert "It answers at http://dev.test/" in said
    assert "Undo with: invoke rollback dev" in said
    assert json.loads(site.ask("/health/").body)["release"] == site.release() > before


def test_a_dry_run_tells_what_a_deploy_then_does_and_changes_nothing(site: Site) -> None:
    commit = site.commit("Looked at before it is done")
    before = site.state()
    said = site.succeed("deploy", "dev", "--check")
    assert f"Would make {commit[:7]}" in said, said
    assert site.state() == before
    site.succeed("deploy", "dev")
    assert site.release().endswith(commit[:7])
    said = site.succeed("deploy", "dev", "--check")
    assert "Nothing changed" in said, said


@pytest.mark.parametrize("kind", ["branch", "tag", "commit"])
def test_a_branch_a_tag_or_a_commit_is_released(site: Site, kind: str) -> None:
    commit = site.commit(f"Released by its {kind}")
    name = {"branch": "release-1", "tag": "v1.0", "commit": commit[:10]}[kind]
    if kind != "commit":
        demo.git(site.repository, kind, name)
    site.commit("Not released")
    flag = {"branch": "--branch", "tag": "-b", "commit": "--branch"}[kind]
    site.succeed("deploy", "dev", flag, name)
    assert site.release().endswith(commit[:7])


def test_force_redoes_every_step(site: Site) -> None:
    site.succeed("deploy", "dev")
    before = site.release()
    venv = site.sh(f"readlink /var/www/shop/dev/releases/{before}/.venv")
    site.succeed("deploy", "dev", "--force")
    assert site.release() > before
    assert site.sh("readlink /var/www/shop/dev/current/.venv") != venv


def test_a_rollback_brings_the_release_before_and_says_how_to_go_forward(site: Site) -> None:
    site.commit("The one before")
    site.succeed("deploy", "dev")
    old = site.release()
    site.commit("The one to undo")
    site.succeed("deploy", "dev")
    new = site.release()
    # Neither the repository nor a package index is needed.
    site.sh("mv /srv/shop.bundle /srv/away && mv /usr/local/bin/uv /usr/local/bin/uv.away")
    try:
        said = site.succeed("rollback", "dev")
    finally:
        site.sh("mv /srv/away /srv/shop.bundle && mv /usr/local/bin/uv.away /usr/local/bin/uv")
    assert site.release() == old
    assert json.loads(site.ask("/health/").body)["release"] == old
    assert f"invoke rollback dev --to {new}" in said, said
    site.succeed("rollback", "dev", "--to", new)
    assert site.release() == new


def test_rolling_back_to_what_never_was_names_what_there_is(site: Site) -> None:
    done = site.invoke("rollback", "dev", "--to", "19990101T000000Z-0000000")
    assert done.returncode == 1
    assert "shop_dev has no release 19990101T000000Z-0000000" in done.stdout
    assert site.release() in done.stdout


def test_a_release_that_cannot_be_imported_never_takes_traffic(site: Site) -> None:
    before, units = site.release(), site.sh("systemctl list-units --plain 'shop_dev@*' | head -1")
    good = (site.repository / "demo/wsgi.py").read_text()
    site.commit("Broken", demo__wsgi_py=BROKEN)
    done = site.invoke("deploy", "dev")
    site.commit("Mended", demo__wsgi_py=good)
    assert done.returncode == 1, done.stdout
    assert "this release cannot be imported" in done.stdout, done.stdout
    assert f"{before} serves on" in done.stdout
    assert site.release() == before
    assert site.sh("systemctl list-units --plain 'shop_dev@*' | head -1") == units
    assert site.ask("/health/").status == 200


def test_status_shows_the_release_and_logs_show_the_requests(site: Site) -> None:
    said = site.succeed("status", "dev")
    assert re.search(r"health +well: /health/ answers 200 in \d+ ms", said), said
    assert re.search(rf"release +{site.release()}  \w", said), said
    assert re.search(r"active for \d+:\d\d:\d\d, 0 restarts, [1-9]\d* MB of memory", said), said
    assert re.search(rf"(deploy|rollback) {site.release()} by \S+@\S+: live in \d+\.\d s", said), (
        said
    )
    site.ask("/health/?seen=in-the-log")
    assert "seen=in-the-log" in site.succeed("logs", "dev")
    assert "seen=in-the-log" in site.sh("cat /var/www/logs/gunicorn_dev.log")


def test_releases_are_listed_with_what_each_is(site: Site) -> None:
    live = site.release()
    said = site.succeed("releases", "dev")
    assert re.search(rf"^  {live} +live +\S+Z +\d+ MB  \S+@\S+  \w", said, re.MULTILINE), said
    assert len(re.findall(r"^  \S+Z-\w{7} +previous ", said, re.MULTILINE)) == 1, said


def processes(site: Site) -> tuple[str, set[str]]:
    """The master of the live slot, and its workers."""
    slot = site.sh("basename $(dirname $(readlink /var/www/shop/dev/current.sock))")
    unit = slot.replace("shop_dev-", "shop_dev@")
    master = site.sh(f"systemctl show -P MainPID {unit}")
    return master, set(site.sh(f"pgrep --parent {master}").split())


def test_systemctl_restart_starts_the_live_slot_anew(site: Site) -> None:
    before, _workers = processes(site)
    site.sh("systemctl restart shop_dev")
    assert processes(site)[0] != before
    assert json.loads(site.ask("/health/").body)["release"] == site.release()


def test_systemctl_reload_replaces_the_workers_under_a_request_that_runs(site: Site) -> None:
    master, before = processes(site)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        slow = pool.submit(site.ask, "/slow/?seconds=3")
        time.sleep(1)
        site.sh("systemctl reload shop_dev")
        assert slow.result().status == 200
    # A worker that answers ends after its answer.
    until(lambda: not processes(site)[1] & before, "the workers of before have ended")
    assert processes(site)[0] == master


def test_systemctl_stops_and_starts_the_live_slot(site: Site) -> None:
    site.sh("systemctl stop shop_dev")
    stopped = site.ask("/health/").status
    site.sh("systemctl start shop_dev")
    assert stopped == 502
    assert site.ask("/health/").status == 200


def test_a_restarted_slot_names_the_static_files_of_its_own_release(site: Site) -> None:
    style = site.repository / "notes/static/notes/board.css"
    wsgi = (site.repository / "demo/wsgi.py").read_text()
    before = re.search(r"board\.\w+\.css", site.ask("/").body)
    assert before
    # Its static files are collected, and then it does not start.
    site.commit(
        "Another style, and broken",
        demo__wsgi_py=BROKEN,
        **{"notes__static__notes__board.css": style.read_text() + "\n/* another */\n"},
    )
    assert site.invoke("deploy", "dev").returncode == 1
    site.commit("Mended", demo__wsgi_py=wsgi)
    site.sh("systemctl restart shop_dev")
    page = site.ask("/")
    assert page.status == 200, page.body
    assert before[0] in page.body, page.body
    assert site.ask(f"/static/notes/{before[0]}").status == 200
