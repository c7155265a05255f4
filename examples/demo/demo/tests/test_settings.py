import os
import runpy
import subprocess
import sys
from io import StringIO
from unittest import mock

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import SimpleTestCase, TestCase, override_settings

SERVER = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghij",
    "ALLOWED_HOSTS": "demo.example.com, www.demo.example.com",
    "DATABASE_URL": "postgres:///demo_dev",
    "STATIC_ROOT": "/var/www/staticfiles_dev",
    "MEDIA_ROOT": "/var/www/mediafiles_dev",
}


def load_settings(environment: dict[str, str]) -> dict:
    with mock.patch.dict(os.environ, environment, clear=True):
        return runpy.run_path(settings.BASE_DIR / "demo" / "settings.py")


class RequiredTest(SimpleTestCase):
    def assertRequired(self, name: str) -> None:
        for environment in (SERVER | {name: ""}, {k: SERVER[k] for k in SERVER if k != name}):
            with self.assertRaisesMessage(ImproperlyConfigured, f"variable {name} is not set"):
                load_settings(environment)

    def test_a_server_needs_a_secret_key(self):
        self.assertRequired("SECRET_KEY")

    def test_a_server_needs_its_host_names(self):
        self.assertRequired("ALLOWED_HOSTS")

    def test_a_server_needs_a_database(self):
        self.assertRequired("DATABASE_URL")

    def test_a_server_needs_a_place_for_static_files(self):
        self.assertRequired("STATIC_ROOT")

    def test_a_server_needs_a_place_for_uploads(self):
        self.assertRequired("MEDIA_ROOT")

    def test_local_work_needs_nothing_but_debug(self):
        self.assertIn("sqlite3", load_settings({"DEBUG": "1"})["DATABASES"]["default"]["ENGINE"])


class ValueTest(SimpleTestCase):
    def test_a_database_connection_is_kept_for_a_minute_unless_told_otherwise(self):
        for given, seconds in (({}, 60), ({"CONN_MAX_AGE": "0"}, 0)):
            database = load_settings(SERVER | given)["DATABASES"]["default"]
            self.assertEqual(database["CONN_MAX_AGE"], seconds)

    def test_debug_is_off_by_default(self):
        self.assertIs(load_settings(SERVER)["DEBUG"], False)

    def test_a_list_is_separated_by_commas(self):
        self.assertEqual(
            load_settings(SERVER)["ALLOWED_HOSTS"], ["demo.example.com", "www.demo.example.com"]
        )

    def test_a_database_without_a_host_is_reached_over_its_socket(self):
        database = load_settings(SERVER)["DATABASES"]["default"]
        found = {key: database[key] for key in ("NAME", "HOST", "USER", "PASSWORD")}
        self.assertEqual(found, {"NAME": "demo_dev", "HOST": "", "USER": "", "PASSWORD": ""})

    def test_a_flag_that_is_neither_yes_nor_no_is_refused(self):
        with self.assertRaisesMessage(ImproperlyConfigured, "HTTPS is 'perhaps'"):
            load_settings(SERVER | {"HTTPS": "perhaps"})

    def test_a_number_that_is_none_is_refused(self):
        with self.assertRaisesMessage(ImproperlyConfigured, "HSTS_SECONDS is 'a year'"):
            load_settings(SERVER | {"HSTS_SECONDS": "a year"})

    def test_without_https_cookies_travel_over_plain_http(self):
        found = load_settings(SERVER | {"HTTPS": "0"})
        self.assertIs(found["CSRF_COOKIE_SECURE"], False)
        self.assertIs(found["SECURE_SSL_REDIRECT"], False)
        self.assertEqual(found["SECURE_HSTS_SECONDS"], 0)


class HttpsTest(TestCase):
    def setUp(self):
        self.enterContext(override_settings(SECURE_SSL_REDIRECT=True))

    def test_a_plain_request_is_sent_to_https(self):
        self.assertRedirects(
            self.client.get("/"), "https://testserver/", 301, fetch_redirect_response=False
        )

    def test_a_request_that_reached_nginx_over_https_is_answered(self):
        response = self.client.get("/", headers={"x-forwarded-proto": "https"})
        self.assertEqual(response.status_code, 200)


class ProjectTest(TestCase):
    def test_django_finds_nothing_to_warn_of_on_a_server(self):
        command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        result = subprocess.run(  # noqa: S603
            command,
            env=SERVER,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_every_change_to_a_model_has_its_migration(self):
        missing = StringIO()
        try:
            call_command("makemigrations", check=True, dry_run=True, stdout=missing)
        except SystemExit:
            self.fail(missing.getvalue())
