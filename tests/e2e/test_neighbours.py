"""dev and prod of one project on one host."""

import json

import pytest

from .site import Site


@pytest.fixture(scope="module")
def both(site: Site) -> Site:
    """The host with both environments released."""
    site.succeed("provision", "prod", "--yes")
    site.succeed("deploy", "prod", "--yes")
    return site


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_each_answers_for_its_own_name_with_its_own_release(both: Site, env: str) -> None:
    answer = both.ask("/health/", name=f"{env}.test")
    assert json.loads(answer.body)["release"] == both.release(env)


def test_a_deploy_of_one_leaves_the_other_alone(both: Site) -> None:
    before = both.release("prod")
    both.commit("For dev only")
    both.succeed("deploy", "dev")
    assert both.release("prod") == before


@pytest.mark.parametrize(
    "path", [".env", ".keys", "current/manage.py", "current/.slipway/environment", "repo.git/HEAD"]
)
def test_the_user_of_one_cannot_read_what_belongs_to_the_other(both: Site, path: str) -> None:
    both.sh(f"test -s /var/www/shop/prod/{path}")
    both.sh(f"! runuser -u shop_dev -- cat /var/www/shop/prod/{path}")


@pytest.mark.parametrize("path", [".env", ".keys", "current/.slipway/environment"])
def test_a_stranger_cannot_read_the_variables(both: Site, path: str) -> None:
    both.sh(f"test -s /var/www/shop/dev/{path}")
    both.sh(f"! runuser -u nobody -- cat /var/www/shop/dev/{path}")


def test_the_log_of_one_is_closed_to_the_other(both: Site) -> None:
    both.sh("test -s /var/www/logs/gunicorn_dev.log")
    both.sh("! runuser -u shop_prod -- cat /var/www/logs/gunicorn_dev.log")


def test_the_application_cannot_write_its_own_code(both: Site) -> None:
    both.sh("! runuser -u shop_dev -- touch /var/www/shop/dev/current/manage.py")
    both.sh("! runuser -u shop_dev -- touch /var/www/shop/dev/current/new.py")


def test_the_database_of_one_is_closed_to_the_other(both: Site) -> None:
    both.sh("! runuser -u shop_dev -- psql shop_prod -c 'SELECT 1'")


def test_nobody_but_nginx_connects_to_the_socket(both: Site) -> None:
    socket = both.sh("readlink /var/www/shop/prod/current.sock")
    ask = f"curl --silent --fail --unix-socket {socket} -H 'Host: prod.test' http://x/health/"
    both.sh(f"! runuser -u shop_dev -- {ask}")
    both.sh(f"runuser -u www-data -- {ask}")


def test_a_changed_configuration_is_taken_up_by_the_other_slot(both: Site) -> None:
    release, before = both.release(), both.sh("readlink /var/www/shop/dev/current.sock")
    main = both.inventories / "dev" / "group_vars" / "all" / "main.yml"
    main.write_text(json.dumps(json.loads(main.read_text()) | {"gunicorn_systemd_workers": 3}))
    both.succeed("provision", "dev")
    socket = both.sh("readlink /var/www/shop/dev/current.sock")
    assert socket != before
    assert both.release() == release
    slot = socket.removeprefix("/run/shop_dev-").partition("/")[0]
    workers = f"pgrep --parent $(systemctl show -P MainPID shop_dev@{slot}) | wc -l"
    assert both.sh(workers) == "3"


def test_both_answer_after_a_reboot(both: Site) -> None:
    both.reboot()
    assert both.ask("/health/", name="dev.test").status == 200
    assert both.ask("/health/", name="prod.test").status == 200
